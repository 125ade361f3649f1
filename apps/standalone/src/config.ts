import { DEFAULT_LIMITS, LIMIT_SENTENCES } from '@syncline/core';
import { deviceSideProblems, deviceSideSettings } from '@syncline/gateway';
import {
  checked,
  choiceSetting,
  drainSettings,
  type Environment,
  folderSetting,
  isLoopback,
  numberSettings,
  optional,
  readSettings,
  resolverAskingSettings,
  resolverHostSettings,
  type SettingsOf,
  tracingSettings,
} from '@syncline/service-kit';
import { LOG_LEVELS } from '@syncline/telemetry';

export const STANDALONE_SETTINGS = {
  dataFolder: folderSetting('DATA_FOLDER', {
    sentence: 'Everything is kept here: the database, the secrets, and how to connect.',
    default: './syncline-data',
  }),
  ...deviceSideSettings,
  jwksUrl: {
    ...deviceSideSettings.jwksUrl,
    sentence: 'Where the issuer of tokens publishes its keys; set, no development token is made or accepted.',
  },
  logLevel: optional(
    choiceSetting('LOG_LEVEL', LOG_LEVELS, {
      sentence: 'The least that is logged; unset, `info`, and `warn` in a terminal.',
    }),
  ),
  ...resolverHostSettings,
  ...resolverAskingSettings,
  ...tracingSettings,
  ...drainSettings(2_000, 'At the end, devices have so long to move elsewhere.'),
  ...numberSettings('LIMIT', DEFAULT_LIMITS, LIMIT_SENTENCES),
};

export type StandaloneSettings = SettingsOf<typeof STANDALONE_SETTINGS>;

export function readConfig(environment: Environment = process.env) {
  return checked(readSettings(STANDALONE_SETTINGS, environment), deviceSideProblems, exposures);
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
