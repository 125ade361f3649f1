import { DEFAULT_LIMITS, LIMIT_SENTENCES, type Limits } from '@syncline/core';
import {
  addressSetting,
  choiceSetting,
  customSetting,
  fileSetting,
  keyRingSetting,
  numberSetting,
  numberSettings,
  optional,
  type Parsed,
  readSettings,
  secret,
  type SettingsOf,
  targetSetting,
  textSetting,
  urlListSetting,
  urlSetting,
} from '@syncline/service-kit';
import { LOG_LEVELS } from '@syncline/telemetry';

export const GATEWAY_SETTINGS = {
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
  redisUrl: secret(
    urlSetting('REDIS_URL', {
      sentence: 'Where sessions, rates and presence are shared between gateways.',
      protocols: ['redis:', 'rediss:'],
      default: 'redis://127.0.0.1:6379',
    }),
  ),
  mergeTarget: targetSetting('MERGE_ADDRESS', {
    sentence: 'The merge service; a name with several addresses stands for several instances.',
    default: 'ipv4:127.0.0.1:7410',
  }),
  deltaTarget: targetSetting('DELTA_ADDRESS', {
    sentence: 'The delta service; a name with several addresses stands for several instances.',
    default: 'ipv4:127.0.0.1:7420',
  }),
  tokenSecret: optional(
    secret(
      textSetting('TOKEN_SECRET', {
        sentence: 'Tokens signed by HS256 with this secret, 32 bytes or more, are accepted. For development.',
      }),
    ),
  ),
  jwksUrl: optional(
    urlSetting('TOKEN_JWKS_URL', {
      sentence: 'Where the issuer of tokens publishes its keys.',
      protocols: ['https:', 'http:'],
    }),
  ),
  issuer: optional(textSetting('TOKEN_ISSUER', { sentence: 'What the claim `iss` of a token must be.' })),
  audience: optional(
    textSetting('TOKEN_AUDIENCE', { sentence: 'What the claim `aud` of a token must be or hold.' }),
  ),
  cursorKeys: secret(
    keyRingSetting('CURSOR_KEYS', {
      sentence: 'What cursors are signed with; the first key signs, the others are still believed.',
    }),
  ),
  certFile: optional(
    fileSetting('TLS_CERT_FILE', {
      sentence: 'The certificate that devices are shown, as PEM; unset, no TLS is spoken.',
    }),
  ),
  keyFile: optional(
    fileSetting('TLS_KEY_FILE', { sentence: 'The private key of that certificate, as PEM.' }),
  ),
  internalCertFile: optional(
    fileSetting('INTERNAL_TLS_CERT_FILE', {
      sentence:
        'The certificate that this service shows to merge and delta, as PEM; unset, no TLS is spoken.',
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
  origins: customSetting('ALLOWED_ORIGINS', 'origins such as `https://app.example.org`, or `*`', originsIn, {
    sentence: 'Whose pages may connect from a browser, besides those of this very host.',
    default: [],
  }),
  behindProxy: choiceSetting('BEHIND_PROXY', ['yes', 'no'], {
    sentence: 'Devices come through a proxy, so that the address they come from says nothing.',
    default: 'no',
  }),
  tenantsDeclaredOnly: choiceSetting('TENANTS_DECLARED_ONLY', ['yes', 'no'], {
    sentence: 'Users of tenants that no operator has created are turned away.',
    default: 'no',
  }),
  logLevel: choiceSetting('LOG_LEVEL', LOG_LEVELS, {
    sentence: 'The least that is logged.',
    default: 'info',
  }),
  drainMs: numberSetting('DRAIN_MS', {
    sentence: 'At the end, devices have so long to move elsewhere.',
    default: 10_000,
    max: 600_000,
  }),
  ...numberSettings('LIMIT', DEFAULT_LIMITS, LIMIT_SENTENCES),
};

export type GatewaySettings = SettingsOf<typeof GATEWAY_SETTINGS>;

type Read =
  | { readonly ok: true; readonly settings: GatewaySettings }
  | { readonly ok: false; readonly problems: readonly string[] };

export function readConfig(environment: Readonly<Record<string, string | undefined>> = process.env): Read {
  const read = readSettings(GATEWAY_SETTINGS, environment);
  if (!read.ok) return read;
  const problems = inconsistencies(read.settings);
  return problems.length === 0 ? read : { ok: false, problems };
}

export function limitsIn(settings: GatewaySettings): Limits {
  const names = Object.keys(DEFAULT_LIMITS) as (keyof Limits)[];
  return Object.fromEntries(names.map((name) => [name, settings[name]])) as unknown as Limits;
}

const SECRET_BYTES_MIN = 32;

function inconsistencies(settings: GatewaySettings): string[] {
  const { tokenSecret, jwksUrl, issuer, audience } = settings;
  return [
    ...(tokenSecret === null && jwksUrl === null
      ? ['one of SYNCLINE_TOKEN_SECRET and SYNCLINE_TOKEN_JWKS_URL has to be set: nobody could come in']
      : []),
    ...(tokenSecret !== null && Buffer.byteLength(tokenSecret) < SECRET_BYTES_MIN
      ? [`SYNCLINE_TOKEN_SECRET is shorter than ${SECRET_BYTES_MIN} bytes`]
      : []),
    ...(jwksUrl !== null && (issuer === null || audience === null)
      ? [
          'SYNCLINE_TOKEN_JWKS_URL needs SYNCLINE_TOKEN_ISSUER and SYNCLINE_TOKEN_AUDIENCE: the keys of an issuer also ' +
            'sign tokens that are meant for others',
        ]
      : []),
    ...together('TLS_CERT_FILE', settings.certFile, 'TLS_KEY_FILE', settings.keyFile),
    ...together(
      'INTERNAL_TLS_CERT_FILE',
      settings.internalCertFile,
      'INTERNAL_TLS_KEY_FILE',
      settings.internalKeyFile,
    ),
    ...together(
      'INTERNAL_TLS_CERT_FILE',
      settings.internalCertFile,
      'INTERNAL_TLS_CA_FILE',
      settings.internalCaFile,
    ),
  ];
}

function together(oneName: string, one: string | null, otherName: string, other: string | null): string[] {
  if ((one === null) === (other === null)) return [];
  return [`SYNCLINE_${oneName} and SYNCLINE_${otherName} are needed both, or none`];
}

function originsIn(text: string): Parsed<readonly string[]> {
  const origins = text.split(',').map((origin) => origin.trim());
  const wrong = origins.find((origin) => origin !== '*' && !isOrigin(origin));
  return wrong === undefined
    ? { ok: true, value: origins }
    : { ok: false, problem: `holds ${wrong}, which is no origin` };
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}
