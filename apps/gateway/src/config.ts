import { DEFAULT_LIMITS, LIMIT_SENTENCES } from '@syncline/core';
import {
  checked,
  cursorKeySettings,
  customSetting,
  drainSettings,
  type Environment,
  internalTlsProblems,
  internalTlsSettings,
  logSettings,
  natsSettings,
  numberSetting,
  numberSettings,
  optional,
  type Parsed,
  postgresSettings,
  readSettings,
  resolverHostSettings,
  secret,
  type SettingsOf,
  signingKeySetting,
  tracingSettings,
  targetSetting,
  textSetting,
  urlSetting,
  yesNoSetting,
} from '@syncline/service-kit';
import { LOG_LEVELS } from '@syncline/telemetry';
import { deviceSideProblems, deviceSideSettings } from './device-side-settings';
import { DEFAULT_TIMING } from './gateway-timing';

export const GATEWAY_SETTINGS = {
  ...deviceSideSettings,
  ...postgresSettings,
  ...natsSettings,
  redisUrl: secret(
    urlSetting('REDIS_URL', {
      sentence: 'Where sessions, rates and presence are shared between gateways.',
      protocols: ['redis:', 'rediss:'],
      default: 'redis://127.0.0.1:6379',
    }),
  ),
  redisCluster: yesNoSetting('REDIS_CLUSTER', {
    sentence: 'Redis is a cluster, and the address one of its servers: the others are found by asking it.',
    default: false,
  }),
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
  ...cursorKeySettings,
  auditKey: optional(
    secret(
      signingKeySetting('AUDIT_KEY', {
        sentence:
          'Signs the hash chains of spaces, as Ed25519 with these bytes as its seed; unset, no audit trail is told.',
      }),
    ),
  ),
  ...internalTlsSettings,
  ...resolverHostSettings,
  origins: customSetting('ALLOWED_ORIGINS', 'origins such as `https://app.example.org`, or `*`', originsIn, {
    sentence: 'Whose pages may connect from a browser, besides those of this very host.',
    default: [],
  }),
  behindProxy: yesNoSetting('BEHIND_PROXY', {
    sentence: 'Devices come through a proxy, so that the address they come from says nothing.',
    default: false,
  }),
  tenantsDeclaredOnly: yesNoSetting('TENANTS_DECLARED_ONLY', {
    sentence: 'Users of tenants that no operator has created are turned away.',
    default: false,
  }),
  ...logSettings(LOG_LEVELS, 'info'),
  ...tracingSettings,
  ...drainSettings(10_000, 'At the end, devices have so long to move elsewhere.'),
  syncQuietMs: numberSetting('SYNC_QUIET_MS', {
    sentence: 'A sync of a device is over, and written down, when nothing went either way for so long.',
    default: DEFAULT_TIMING.syncQuietMs,
    max: 600_000,
  }),
  ...numberSettings('LIMIT', DEFAULT_LIMITS, LIMIT_SENTENCES),
};

export type GatewaySettings = SettingsOf<typeof GATEWAY_SETTINGS>;

export function readConfig(environment: Environment = process.env) {
  const read = readSettings(GATEWAY_SETTINGS, environment);
  return checked(read, tokenProblems, deviceSideProblems, internalTlsProblems);
}

const SECRET_BYTES_MIN = 32;

function tokenProblems({ tokenSecret, jwksUrl }: GatewaySettings): string[] {
  if (tokenSecret === null && jwksUrl === null)
    return ['one of SYNCLINE_TOKEN_SECRET and SYNCLINE_TOKEN_JWKS_URL has to be set: nobody could come in'];
  if (tokenSecret !== null && Buffer.byteLength(tokenSecret) < SECRET_BYTES_MIN)
    return [`SYNCLINE_TOKEN_SECRET is shorter than ${SECRET_BYTES_MIN} bytes`];
  return [];
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
