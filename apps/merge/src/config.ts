import { DEFAULT_LIMITS, LIMIT_SENTENCES } from '@syncline/core';
import {
  addressSetting,
  checked,
  drainSettings,
  type Environment,
  internalTlsProblems,
  internalTlsSettings,
  logSettings,
  natsSettings,
  numberSettings,
  opsSettings,
  postgresSettings,
  readSettings,
  resolverAskingSettings,
  resolverHostSettings,
  type SettingsOf,
  tracingSettings,
} from '@syncline/service-kit';
import { LOG_LEVELS } from '@syncline/telemetry';
import { DEFAULT_MERGE_SETTINGS, MERGE_SENTENCES } from './merge-settings';
import { DEFAULT_RESOLVER_SETTINGS, RESOLVER_SENTENCES } from './resolvers/resolver-settings';

export const MERGE_SETTINGS = {
  grpcAddress: addressSetting('GRPC_ADDRESS', {
    sentence: 'Where gateways connect.',
    default: '127.0.0.1:7410',
  }),
  ...opsSettings('127.0.0.1:7411'),
  ...postgresSettings,
  ...natsSettings,
  ...internalTlsSettings,
  ...logSettings(LOG_LEVELS, 'info'),
  ...tracingSettings,
  ...drainSettings(10_000, 'At the end, what was taken has so long to be committed and answered.'),
  ...resolverHostSettings,
  ...resolverAskingSettings,
  ...numberSettings('RESOLVER', DEFAULT_RESOLVER_SETTINGS, RESOLVER_SENTENCES),
  ...numberSettings('MERGE', DEFAULT_MERGE_SETTINGS, MERGE_SENTENCES),
  ...numberSettings('LIMIT', DEFAULT_LIMITS, LIMIT_SENTENCES),
};

export type MergeAppSettings = SettingsOf<typeof MERGE_SETTINGS>;

export function readConfig(environment: Environment = process.env) {
  return checked(readSettings(MERGE_SETTINGS, environment), internalTlsProblems);
}
