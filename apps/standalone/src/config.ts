import { DEFAULT_LIMITS, LIMIT_SENTENCES, type Limits } from '@syncline/core';
import {
  addressSetting,
  choiceSetting,
  fileSetting,
  folderSetting,
  isLoopback,
  numberSetting,
  numberSettings,
  optional,
  readSettings,
  type SettingsOf,
  textSetting,
  urlSetting,
} from '@syncline/service-kit';
import { LOG_LEVELS } from '@syncline/telemetry';

export const STANDALONE_SETTINGS = {
  dataFolder: folderSetting('DATA_FOLDER', {
    sentence: 'Everything is kept here: the database, the secrets, and how to connect.',
    default: './syncline-data',
  }),
  grpcAddress: addressSetting('GRPC_ADDRESS', {
    sentence: 'Where devices connect by gRPC.',
    default: '127.0.0.1:7400',
  }),
  httpAddress: addressSetting('HTTP_ADDRESS', {
    sentence: 'Where devices connect by WebSocket, and calls are made as JSON.',
    default: '127.0.0.1:7401',
  }),
  opsAddress: addressSetting('OPS_ADDRESS', {
    sentence: 'Where operators find metrics, health and readiness.',
    default: '127.0.0.1:7402',
  }),
  jwksUrl: optional(
    urlSetting('TOKEN_JWKS_URL', {
      sentence:
        'Where the issuer of tokens publishes its keys; set, no development token is made or accepted.',
      protocols: ['https:', 'http:'],
    }),
  ),
  issuer: optional(textSetting('TOKEN_ISSUER', { sentence: 'What the claim `iss` of a token must be.' })),
  audience: optional(
    textSetting('TOKEN_AUDIENCE', { sentence: 'What the claim `aud` of a token must be or hold.' }),
  ),
  certFile: optional(
    fileSetting('TLS_CERT_FILE', {
      sentence: 'The certificate that devices are shown, as PEM; unset, no TLS is spoken.',
    }),
  ),
  keyFile: optional(
    fileSetting('TLS_KEY_FILE', { sentence: 'The private key of that certificate, as PEM.' }),
  ),
  logLevel: optional(
    choiceSetting('LOG_LEVEL', LOG_LEVELS, {
      sentence: 'The least that is logged; unset, `info`, and `warn` in a terminal.',
    }),
  ),
  drainMs: numberSetting('DRAIN_MS', {
    sentence: 'At the end, devices have so long to move elsewhere.',
    default: 2_000,
    max: 600_000,
  }),
  ...numberSettings('LIMIT', DEFAULT_LIMITS, LIMIT_SENTENCES),
};

export type StandaloneSettings = SettingsOf<typeof STANDALONE_SETTINGS>;

type Read =
  | { readonly ok: true; readonly settings: StandaloneSettings }
  | { readonly ok: false; readonly problems: readonly string[] };

export function readConfig(environment: Readonly<Record<string, string | undefined>> = process.env): Read {
  const read = readSettings(STANDALONE_SETTINGS, environment);
  if (!read.ok) return read;
  const problems = [...inconsistencies(read.settings), ...exposures(read.settings)];
  return problems.length === 0 ? read : { ok: false, problems };
}

export function limitsIn(settings: StandaloneSettings): Limits {
  const names = Object.keys(DEFAULT_LIMITS) as (keyof Limits)[];
  return Object.fromEntries(names.map((name) => [name, settings[name]])) as unknown as Limits;
}

function inconsistencies({ jwksUrl, issuer, audience, certFile, keyFile }: StandaloneSettings): string[] {
  const needsBoth = 'SYNCLINE_TOKEN_JWKS_URL needs SYNCLINE_TOKEN_ISSUER and SYNCLINE_TOKEN_AUDIENCE';
  return [
    ...(jwksUrl !== null && (issuer === null || audience === null)
      ? [`${needsBoth}: the keys of an issuer also sign tokens that are meant for others`]
      : []),
    ...((certFile === null) === (keyFile === null)
      ? []
      : ['SYNCLINE_TLS_CERT_FILE and SYNCLINE_TLS_KEY_FILE are needed both, or none']),
  ];
}

/** Whoever reads the data folder can sign tokens with the development secret, and nobody looks after it. */
function exposures({ jwksUrl, grpcAddress, httpAddress }: StandaloneSettings): string[] {
  if (jwksUrl !== null) return [];
  const exposed = [
    ...(isLoopback(grpcAddress) ? [] : ['SYNCLINE_GRPC_ADDRESS']),
    ...(isLoopback(httpAddress) ? [] : ['SYNCLINE_HTTP_ADDRESS']),
  ];
  return exposed.map(
    (name) =>
      `${name} can be reached from other machines, and tokens are signed with the development secret: listen on ` +
      '127.0.0.1, or set SYNCLINE_TOKEN_JWKS_URL to accept real tokens only',
  );
}
