export { createMerge, type Merge, type MergeDeps, type PushTerms } from './merge';
export type { Decided } from './decided';
export { type MergeMetrics, mergeMetrics } from './merge-metrics';
export { mergeService, type MergeService, type MergeServiceDeps, type StreamSettings } from './merge-service';
export { DEFAULT_MERGE_SETTINGS, type MergeSettings } from './merge-settings';
export { startResolving } from './resolvers/start-resolving';
