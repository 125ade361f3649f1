export { createDelta, type Delta, type DeltaDeps } from './delta';
export { type DeltaMetrics, deltaMetrics } from './delta-metrics';
export { deltaService, type DeltaServiceDeps } from './delta-service';
export { DEFAULT_DELTA_SETTINGS, type DeltaSettings } from './delta-settings';
