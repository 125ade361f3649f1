import type { Metrics } from '@syncline/telemetry';

export interface SyncMetrics {
  /** What these syncs were is written down. */
  syncsWritten(count: number): void;
  /** It is not, and will not be. */
  syncsLost(count: number): void;
}

export function syncMetrics(metrics: Metrics): SyncMetrics {
  const entries = metrics.counter<'result'>({
    name: 'gateway_sync_entries_total',
    help: 'Syncs that were written down, or lost because too many waited for that.',
    labels: ['result'],
  });
  entries.add({ result: 'written' }, 0);
  entries.add({ result: 'lost' }, 0);
  return {
    syncsWritten: (count) => entries.add({ result: 'written' }, count),
    syncsLost: (count) => entries.add({ result: 'lost' }, count),
  };
}
