import { DEFAULT_LIMITS, LIMIT_SENTENCES } from '@syncline/core';
import {
  addressSetting,
  checked,
  cursorKeySettings,
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
  type SettingsOf,
  tracingSettings,
} from '@syncline/service-kit';
import { LOG_LEVELS } from '@syncline/telemetry';
import { DEFAULT_DELTA_SETTINGS, DELTA_SENTENCES } from './delta-settings';

export const DELTA_SETTINGS = {
  grpcAddress: addressSetting('GRPC_ADDRESS', {
    sentence: 'Where gateways connect.',
    default: '127.0.0.1:7420',
  }),
  ...opsSettings('127.0.0.1:7421'),
  ...postgresSettings,
  ...natsSettings,
  ...cursorKeySettings,
  ...internalTlsSettings,
  ...logSettings(LOG_LEVELS, 'info'),
  ...tracingSettings,
  ...drainSettings(10_000, 'At the end, reads that are under way have so long to end.'),
  ...numberSettings('DELTA', DEFAULT_DELTA_SETTINGS, DELTA_SENTENCES),
  ...numberSettings('LIMIT', DEFAULT_LIMITS, LIMIT_SENTENCES),
};

export type DeltaAppSettings = SettingsOf<typeof DELTA_SETTINGS>;

export function readConfig(environment: Environment = process.env) {
  return checked(readSettings(DELTA_SETTINGS, environment), internalTlsProblems);
}
