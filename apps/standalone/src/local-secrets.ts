import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Secrets } from '@syncline/ports';
import { writePrivate } from './private-file';

/** What this installation signs with, made at its first start and kept beside its data. */
export interface LocalSecrets {
  readonly tokenSecret: string;
  readonly cursorSecret: Uint8Array;
  /** Signs the hash chains of spaces. */
  readonly auditSecret: Uint8Array;
}

const FILE = 'secrets.json';
const SECRET_BYTES = 32;

export function keptSecrets(folder: string, secrets: Secrets): LocalSecrets {
  const file = path.join(folder, FILE);
  const made = () => Buffer.from(secrets.bytes(SECRET_BYTES)).toString('base64url');
  const write = (kept: object): void => writePrivate(file, `${JSON.stringify(kept)}\n`);
  if (!existsSync(file)) write({ tokenSecret: made(), cursorSecret: made(), auditSecret: made() });
  const kept = parsed(readFileSync(file, 'utf8'));
  // An installation may be older than its audit trail.
  const complete = kept['auditSecret'] === undefined ? { ...kept, auditSecret: made() } : kept;
  const found = read(complete);
  if (found === null) {
    throw new Error(
      `${file} does not hold the secrets of this installation; put it back, or remove it for new ones`,
    );
  }
  if (complete !== kept) write(complete);
  return found;
}

function read({
  tokenSecret,
  cursorSecret,
  auditSecret,
}: Readonly<Record<string, unknown>>): LocalSecrets | null {
  if (typeof tokenSecret !== 'string' || tokenSecret.length < SECRET_BYTES) return null;
  const cursor = bytesIn(cursorSecret);
  const audit = bytesIn(auditSecret);
  if (cursor === null || audit?.length !== SECRET_BYTES) return null;
  return { tokenSecret, cursorSecret: cursor, auditSecret: audit };
}

function bytesIn(text: unknown): Uint8Array | null {
  if (typeof text !== 'string') return null;
  const bytes = Buffer.from(text, 'base64url');
  return bytes.length >= SECRET_BYTES ? new Uint8Array(bytes) : null;
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
