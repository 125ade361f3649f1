import type { Reason } from '@syncline/core';
import type { Kept } from '@syncline/flows';
import type { Metrics } from '@syncline/telemetry';

export type DeltaCall = 'read' | 'plan' | 'compare';

/** What a delta service counts. Labels hold only what there are few of. */
export interface DeltaMetrics {
  answered(call: DeltaCall, reason: Reason | 'OK', tookMs: number): void;
  page(records: number): void;
  /** Someone was given rows that were read for another as well. */
  shared(): void;
  /** Asked for whenever somebody looks. */
  watch(gauges: { readonly running: () => number; readonly waiting: () => number }): void;
  /** So many spaces had a commit that nobody had announced. */
  repaired(spaces: number): void;
  kept(kept: Kept): void;
  /** So many uploads of artifacts were forgotten because nobody went on with them. */
  uploadsForgotten(uploads: number): void;
  /** A walk over all spaces has ended: how long it took, and how far floors are behind heads at the most. */
  walked(spaces: number, tookMs: number, floorBehindMax: number): void;
  failed(task: 'repair' | 'keep'): void;
}

export function deltaMetrics(metrics: Metrics): DeltaMetrics {
  const took = metrics.histogram({
    name: 'delta_call',
    unit: 'seconds',
    help: 'From a call to its answer',
    labels: ['call'],
  });
  const answers = metrics.counter({
    name: 'delta_calls_total',
    help: 'Calls answered, by the reason of the refusal where there is one',
    labels: ['call', 'reason'],
  });
  const pages = metrics.histogram({ name: 'delta_page', unit: 'records', help: 'Entries in a page' });
  const shared = metrics.counter({
    name: 'delta_shared_reads_total',
    help: 'Reads that were answered with rows read for another as well',
  });
  const repaired = metrics.counter({
    name: 'delta_repaired_spaces_total',
    help: 'Spaces with commits that had to be announced anew',
  });
  const pruned = metrics.counter({
    name: 'delta_pruned_total',
    help: 'What was forgotten because nobody can ask for it any more',
    labels: ['what'],
  });
  const failed = metrics.counter({
    name: 'delta_upkeep_failures_total',
    help: 'Looks for unannounced commits, and spaces, that could not be finished',
    labels: ['task'],
  });
  const walks = walkMetrics(metrics);
  return {
    answered(call, reason, tookMs) {
      took.observe({ call }, tookMs / 1_000);
      answers.add({ call, reason });
    },
    page: (records) => pages.observe({}, records),
    shared: () => shared.add({}),
    watch({ running, waiting }) {
      metrics.watched({ name: 'delta_reads_running', help: 'Reads under way' }, running);
      metrics.watched({ name: 'delta_reads_waiting', help: 'Reads that wait for their turn' }, waiting);
    },
    repaired: (spaces) => repaired.add({}, spaces),
    kept({ tombstones, history, receipts }) {
      pruned.add({ what: 'tombstones' }, tombstones);
      pruned.add({ what: 'history' }, history);
      pruned.add({ what: 'receipts' }, receipts);
    },
    uploadsForgotten: (uploads) => pruned.add({ what: 'uploads' }, uploads),
    walked: walks,
    failed: (task) => failed.add({ task }),
  };
}

function walkMetrics(metrics: Metrics): DeltaMetrics['walked'] {
  const spaces = metrics.gauge({
    name: 'delta_walk_spaces',
    help: 'Spaces seen by the last walk over all spaces',
  });
  const seconds = metrics.gauge({ name: 'delta_walk_seconds', help: 'How long the last walk took' });
  const behind = metrics.gauge({
    name: 'delta_floor_behind_versions',
    help: 'How many versions the floor of a space is below its head, at the most, as of the last walk',
  });
  return (count, tookMs, floorBehindMax) => {
    spaces.set({}, count);
    seconds.set({}, tookMs / 1_000);
    behind.set({}, floorBehindMax);
  };
}
