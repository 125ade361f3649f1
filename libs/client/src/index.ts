export * from './client-limits';
export { type DataTypes, NO_DATA_TYPES } from './content';
export * from './effects';
export { step } from './engine';
export * from './errors';
export * from './inputs';
export { type RefusalAction, REFUSAL_ACTIONS, retryDelayMs } from './retry';
export {
  createEngine,
  defaultConfig,
  ENGINE_CAPABILITIES,
  type EngineConfig,
  type EngineState,
} from './state';
export * from './store';
export * from './sync-state';
export * from './view';
export { copyRecord, copyRecords, type Copy } from './copy';
export type { Space } from './state';
