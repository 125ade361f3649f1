import { DEFAULT_LIMITS, LIMIT_SENTENCES, type Limits } from '@syncline/core';
import {
  addressSetting,
  choiceSetting,
  fileSetting,
  keyRingSetting,
  numberSetting,
  numberSettings,
  optional,
  readSettings,
  secret,
  type SettingsOf,
  urlListSetting,
  urlSetting,
} from '@syncline/service-kit';
import { LOG_LEVELS } from '@syncline/telemetry';
import { DEFAULT_DELTA_SETTINGS, DELTA_SENTENCES, type DeltaSettings } from './delta-settings';

export const DELTA_SETTINGS = {
  grpcAddress: addressSetting('GRPC_ADDRESS', {
    sentence: 'Where gateways connect.',
    default: '127.0.0.1:7420',
  }),
  opsAddress: addressSetting('OPS_ADDRESS', {
    sentence: 'Where operators find metrics, health and readiness.',
    default: '127.0.0.1:7421',
  }),
  postgresUrl: secret(
    urlSetting('POSTGRES_URL', {
      sentence: 'The database that merge and delta use as well.',
      protocols: ['postgres:', 'postgresql:'],
    }),
  ),
  postgresConnectionsMax: numberSetting('POSTGRES_CONNECTIONS_MAX', {
    sentence: 'Connections to the database at once.',
    default: 10,
    min: 1,
  }),
  natsUrls: secret(
    urlListSetting('NATS_URL', {
      sentence: 'The NATS servers that carry news between the services.',
      protocols: ['nats:', 'tls:'],
      default: ['nats://127.0.0.1:4222'],
    }),
  ),
  cursorKeys: secret(
    keyRingSetting('CURSOR_KEYS', {
      sentence: 'What cursors are signed with; the first key signs, the others are still believed.',
    }),
  ),
  internalCertFile: optional(
    fileSetting('INTERNAL_TLS_CERT_FILE', {
      sentence: 'The certificate that this service shows to gateways, as PEM; unset, no TLS is spoken.',
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
  logLevel: choiceSetting('LOG_LEVEL', LOG_LEVELS, {
    sentence: 'The least that is logged.',
    default: 'info',
  }),
  drainMs: numberSetting('DRAIN_MS', {
    sentence: 'At the end, reads that are under way have so long to end.',
    default: 10_000,
    max: 600_000,
  }),
  ...numberSettings('DELTA', DEFAULT_DELTA_SETTINGS, DELTA_SENTENCES),
  ...numberSettings('LIMIT', DEFAULT_LIMITS, LIMIT_SENTENCES),
};

export type DeltaAppSettings = SettingsOf<typeof DELTA_SETTINGS>;

type Read =
  | { readonly ok: true; readonly settings: DeltaAppSettings }
  | { readonly ok: false; readonly problems: readonly string[] };

export function readConfig(environment: Readonly<Record<string, string | undefined>> = process.env): Read {
  const read = readSettings(DELTA_SETTINGS, environment);
  if (!read.ok) return read;
  const { internalCertFile, internalKeyFile, internalCaFile } = read.settings;
  const files = [internalCertFile, internalKeyFile, internalCaFile];
  const all = files.every((file) => file !== null) || files.every((file) => file === null);
  if (all) return read;
  return {
    ok: false,
    problems: ['SYNCLINE_INTERNAL_TLS_CERT_FILE, _KEY_FILE and _CA_FILE are needed all, or none'],
  };
}

export function limitsIn(settings: DeltaAppSettings): Limits {
  return chosen(DEFAULT_LIMITS, settings);
}

export function deltaSettingsIn(settings: DeltaAppSettings): DeltaSettings {
  return chosen(DEFAULT_DELTA_SETTINGS, settings);
}

function chosen<Numbers extends object>(
  defaults: Numbers,
  settings: Readonly<Record<string, unknown>>,
): Numbers {
  return Object.fromEntries(Object.keys(defaults).map((name) => [name, settings[name]])) as Numbers;
}
