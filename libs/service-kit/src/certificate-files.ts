import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { KitLog } from './kit-log';
import type { Lifecycle } from './lifecycle';

/** Paths of PEM files. With `ca`, the other side has to show a certificate of that authority. */
export interface CertificatePaths {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string;
}

export interface Certificates {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca: Buffer | null;
}

/** Certificates that are read again while the program runs, so that new ones need no restart. */
export interface CertificateFiles {
  current(): Certificates;
  /** Called with what has changed. */
  onChange(listener: (certificates: Certificates) => void): () => void;
  /** Looks now; true when something had changed. */
  refresh(): boolean;
  close(): void;
}

export interface CertificateFilesOptions {
  readonly paths: CertificatePaths;
  readonly log: KitLog;
  readonly everyMs?: number;
  /** For the expiry that the log warns of. */
  readonly clock: { nowMs(): number };
}

const WARN_BEFORE_MS = 7 * 24 * 60 * 60 * 1000;

/** Throws when the files are not usable now; later, unusable files are logged and the certificates stay as they are. */
export function certificateFiles(options: CertificateFilesOptions): CertificateFiles {
  const { paths, log, everyMs = 10_000, clock } = options;
  const listeners = new Set<(certificates: Certificates) => void>();
  let current = read(paths);
  let told = '';
  warnOfExpiry(current, paths, clock.nowMs(), log);

  const refresh = (): boolean => {
    try {
      const next = read(paths);
      told = '';
      if (isSame(next, current)) return false;
      current = next;
      log.info('certificates were read again', { file: paths.cert });
      warnOfExpiry(current, paths, clock.nowMs(), log);
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      if (problem !== told) log.error('certificates cannot be read again; the earlier ones stay', { error });
      told = problem;
      return false;
    }
    for (const listener of [...listeners]) listener(current);
    return true;
  };
  const timer = setInterval(refresh, everyMs);
  timer.unref();

  return {
    current: () => current,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    refresh,
    close: () => clearInterval(timer),
  };
}

/** Followed until the program ends; null where no TLS is spoken. */
export function certificatesAt(
  paths: CertificatePaths | null,
  { parts, ...deps }: Omit<CertificateFilesOptions, 'paths'> & { readonly parts: Lifecycle },
): CertificateFiles | null {
  return paths === null ? null : parts.add('certificates', certificateFiles({ ...deps, paths }));
}

/** While files are being exchanged, certificate and key may belong to different generations; such a pair throws. */
function read(paths: CertificatePaths): Certificates {
  const cert = readFileSync(paths.cert);
  const key = readFileSync(paths.key);
  const ca = paths.ca === undefined ? null : readFileSync(paths.ca);
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) {
    throw new Error(`the key of ${paths.key} does not belong to the certificate of ${paths.cert}`);
  }
  if (ca !== null) new X509Certificate(ca);
  createSecureContext({ cert, key, ...(ca === null ? {} : { ca }) });
  return { cert, key, ca };
}

function isSame(a: Certificates, b: Certificates): boolean {
  const sameCa = a.ca === null ? b.ca === null : b.ca !== null && a.ca.equals(b.ca);
  return a.cert.equals(b.cert) && a.key.equals(b.key) && sameCa;
}

function warnOfExpiry({ cert }: Certificates, paths: CertificatePaths, nowMs: number, log: KitLog): void {
  const { validTo } = new X509Certificate(cert);
  if (Date.parse(validTo) - nowMs < WARN_BEFORE_MS) {
    log.warn('a certificate ends soon or has ended', { file: paths.cert, validTo });
  }
}
