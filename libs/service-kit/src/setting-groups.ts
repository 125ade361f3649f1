import type { CertificatePaths } from './certificate-files';
import { keyRingSetting } from './key-ring-setting';
import {
  addressSetting,
  choiceSetting,
  fileSetting,
  numberSetting,
  optional,
  secret,
  urlListSetting,
  urlSetting,
} from './setting-kinds';
import { SETTING_PREFIX, type SettingsOf } from './settings';

// Settings that several programs have, so that they mean the same in each of them.

export const postgresSettings = {
  postgresUrl: secret(
    urlSetting('POSTGRES_URL', {
      sentence: 'The database of all services; merge brings its schema up to date, the others wait for that.',
      protocols: ['postgres:', 'postgresql:'],
    }),
  ),
  postgresConnectionsMax: numberSetting('POSTGRES_CONNECTIONS_MAX', {
    sentence: 'Connections to the database at once.',
    default: 10,
    min: 1,
  }),
};

export const natsSettings = {
  natsUrls: secret(
    urlListSetting('NATS_URL', {
      sentence: 'The NATS servers that carry news between the services.',
      protocols: ['nats:', 'tls:'],
      default: ['nats://127.0.0.1:4222'],
    }),
  ),
  natsReplicas: numberSetting('NATS_REPLICAS', {
    sentence: 'NATS servers that keep a copy each of what was announced, the same number for all services.',
    default: 1,
    min: 1,
    max: 5,
  }),
};

export const cursorKeySettings = {
  cursorKeys: secret(
    keyRingSetting('CURSOR_KEYS', {
      sentence: 'What cursors are signed with; the first key signs, the others are still believed.',
    }),
  ),
};

export function opsSettings(defaultAddress: string) {
  return {
    opsAddress: addressSetting('OPS_ADDRESS', {
      sentence: 'Where operators find metrics, health and readiness.',
      default: defaultAddress,
    }),
  };
}

export function logSettings<Level extends string>(levels: readonly Level[], defaultLevel: NoInfer<Level>) {
  return {
    logLevel: choiceSetting('LOG_LEVEL', levels, {
      sentence: 'The least that is logged.',
      default: defaultLevel,
    }),
  };
}

export const tracingSettings = {
  otlpUrl: optional(
    urlSetting('OTLP_URL', {
      sentence:
        'The OpenTelemetry collector that takes traces by OTLP over HTTP, as `http://127.0.0.1:4318`.',
      protocols: ['http:', 'https:'],
    }),
  ),
  traceSampledPercent: numberSetting('TRACE_SAMPLED_PERCENT', {
    sentence: 'Of the pushes that no device asked to trace, this share is traced.',
    default: 1,
    max: 100,
  }),
};

export function drainSettings(defaultMs: number, sentence: string) {
  return { drainMs: numberSetting('DRAIN_MS', { sentence, default: defaultMs, max: 600_000 }) };
}

/** For mutual TLS between services. */
export const internalTlsSettings = {
  internalCertFile: optional(
    fileSetting('INTERNAL_TLS_CERT_FILE', {
      sentence: 'The certificate that this service shows to the others, as PEM; unset, no TLS is spoken.',
    }),
  ),
  internalKeyFile: optional(
    fileSetting('INTERNAL_TLS_KEY_FILE', { sentence: 'The private key of that certificate, as PEM.' }),
  ),
  internalCaFile: optional(
    fileSetting('INTERNAL_TLS_CA_FILE', {
      sentence: 'The authority that the certificates of all services are of, as PEM.',
    }),
  ),
};
type InternalTls = SettingsOf<typeof internalTlsSettings>;

export function internalTlsProblems(settings: InternalTls): string[] {
  return allOrNone({
    INTERNAL_TLS_CERT_FILE: settings.internalCertFile,
    INTERNAL_TLS_KEY_FILE: settings.internalKeyFile,
    INTERNAL_TLS_CA_FILE: settings.internalCaFile,
  });
}

/** Null where no TLS is spoken between services. */
export function internalTlsPaths({
  internalCertFile: cert,
  internalKeyFile: key,
  internalCaFile: ca,
}: InternalTls): CertificatePaths | null {
  return cert === null || key === null || ca === null ? null : { cert, key, ca };
}

/** What devices are shown. */
export const publicTlsSettings = {
  certFile: optional(
    fileSetting('TLS_CERT_FILE', {
      sentence: 'The certificate that devices are shown, as PEM; unset, no TLS is spoken.',
    }),
  ),
  keyFile: optional(
    fileSetting('TLS_KEY_FILE', { sentence: 'The private key of that certificate, as PEM.' }),
  ),
};
type PublicTls = SettingsOf<typeof publicTlsSettings>;

export function publicTlsProblems({ certFile, keyFile }: PublicTls): string[] {
  return allOrNone({ TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile });
}

export function publicTlsPaths({ certFile: cert, keyFile: key }: PublicTls): CertificatePaths | null {
  return cert === null || key === null ? null : { cert, key };
}

/** By the names of the settings. */
function allOrNone(values: Readonly<Record<string, unknown>>): string[] {
  const names = Object.keys(values).map((name) => `${SETTING_PREFIX}${name}`);
  const set = Object.values(values).filter((value) => value !== null);
  if (set.length === 0 || set.length === names.length) return [];
  return [`${names.slice(0, -1).join(', ')} and ${names.at(-1)} are needed together, or none of them`];
}
