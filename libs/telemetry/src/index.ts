export { boundedNames } from './bounded-labels';
export type { KeptHistogram } from './histogram';
export * from './log';
export * from './metrics';
export { recordedTraces, type RecordedTraces } from './recorded-traces';
export { type OperatedMetrics, operatedMetrics, type PoolUse, type WatchedServers } from './operated-metrics';
export {
  type Begun,
  isTraced,
  noTraces,
  type Span,
  type SpanFacts,
  traceContextOf,
  traceFacts,
  type Traces,
} from './traces';
export { startTracing, type Tracing } from './tracing';
