import type { Reason } from '@syncline/core';
import type { Kept } from '@syncline/flows';
import { type Metrics, type OperatedMetrics, operatedMetrics } from '@syncline/telemetry';

export type DeltaCall = 'read' | 'plan' | 'compare';

/** What a delta service counts. Labels hold only what there are few of. */
export interface DeltaMetrics extends OperatedMetrics {
  answered(call: DeltaCall, reason: Reason | 'OK', tookMs: number): void;
  /** So many waited that a call was refused. */
  full(): void;
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
  walked(walk: EndedWalk): void;
  failed(task: 'repair' | 'keep'): void;
}

/** A walk over all spaces has ended. */
export interface EndedWalk {
  readonly spaces: number;
  /** Those of them that could not be kept in order. */
  readonly failed: number;
  readonly tookMs: number;
  readonly endedAtMs: number;
  /** How many versions floors are behind heads, at the most. */
  readonly behindMax: number;
  /** How old the oldest write above a floor is. */
  readonly ageMsMax: number;
}

export function deltaMetrics(metrics: Metrics): DeltaMetrics {
  return { ...operatedMetrics(metrics), ...readMetrics(metrics), ...upkeepMetrics(metrics) };
}

function readMetrics(
  metrics: Metrics,
): Pick<DeltaMetrics, 'answered' | 'full' | 'page' | 'shared' | 'watch'> {
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
  const refused = metrics.counter({
    name: 'delta_queue_refusals_total',
    help: 'Calls refused because too many waited, by the limit',
    labels: ['limit'],
  });
  const waiting = { limit: 'waiting_reads_max' };
  refused.add(waiting, 0);
  const pages = metrics
    .histogram({ name: 'delta_page', unit: 'records', help: 'Entries in a page' })
    .kept({});
  const shared = metrics.counter({
    name: 'delta_shared_reads_total',
    help: 'Reads that were answered with rows read for another as well',
  });
  const readsRunning = metrics.watched({ name: 'delta_reads_running', help: 'Reads under way' });
  const readsWaiting = metrics.watched({
    name: 'delta_reads_waiting',
    help: 'Reads that wait for their turn',
  });
  return {
    answered(call, reason, tookMs) {
      took.observe({ call }, tookMs / 1_000);
      answers.add({ call, reason });
    },
    full: () => refused.add(waiting),
    page: (records) => pages.observe(records),
    shared: () => shared.add({}),
    watch({ running, waiting }) {
      readsRunning.by(running);
      readsWaiting.by(waiting);
    },
  };
}

function upkeepMetrics(
  metrics: Metrics,
): Pick<DeltaMetrics, 'repaired' | 'kept' | 'uploadsForgotten' | 'walked' | 'failed'> {
  const repaired = metrics.counter({
    name: 'delta_repaired_spaces_total',
    help: 'Spaces with commits that had to be announced anew',
  });
  const pruned = metrics.counter({
    name: 'delta_pruned_total',
    help: 'What was forgotten because nobody can ask for it any more',
    labels: ['what'],
  });
  const chained = metrics.counter({
    name: 'delta_chained_versions_total',
    help: 'Versions that were added to the hash chains of their spaces',
  });
  chained.add({}, 0);
  const failed = metrics.counter({
    name: 'delta_upkeep_failures_total',
    help: 'Looks for unannounced commits, and spaces, that could not be finished',
    labels: ['task'],
  });
  for (const what of ['tombstones', 'history', 'receipts', 'uploads', 'syncs']) pruned.add({ what }, 0);
  for (const task of ['repair', 'keep']) failed.add({ task }, 0);
  return {
    repaired: (spaces) => repaired.add({}, spaces),
    kept({ tombstones, history, receipts, syncs, chained: versions }) {
      chained.add({}, versions);
      pruned.add({ what: 'tombstones' }, tombstones);
      pruned.add({ what: 'history' }, history);
      pruned.add({ what: 'receipts' }, receipts);
      pruned.add({ what: 'syncs' }, syncs);
    },
    uploadsForgotten: (uploads) => pruned.add({ what: 'uploads' }, uploads),
    walked: walkMetrics(metrics),
    failed: (task) => failed.add({ task }),
  };
}

function walkMetrics(metrics: Metrics): DeltaMetrics['walked'] {
  const spaces = metrics.gauge({
    name: 'delta_walk_spaces',
    help: 'Spaces seen by the last walk over all spaces',
  });
  const failed = metrics.gauge({
    name: 'delta_walk_failed_spaces',
    help: 'Spaces that the last walk could not keep in order',
  });
  const seconds = metrics.gauge({ name: 'delta_walk_seconds', help: 'How long the last walk took' });
  const ended = metrics.gauge({
    name: 'delta_walk_ended_timestamp_seconds',
    help: 'When the last walk of this instance ended, in seconds since 1970; only one instance at a time walks',
  });
  const behind = metrics.gauge({
    name: 'delta_floor_behind_versions',
    help: 'How many versions the floor of a space is below its head, at the most, as of the last walk',
  });
  const age = metrics.gauge({
    name: 'delta_floor_age_seconds',
    help: 'How old the oldest write above the floor of any space is, as of the last walk',
  });
  return (walk) => {
    spaces.set({}, walk.spaces);
    failed.set({}, walk.failed);
    seconds.set({}, walk.tookMs / 1_000);
    ended.set({}, walk.endedAtMs / 1_000);
    behind.set({}, walk.behindMax);
    age.set({}, walk.ageMsMax / 1_000);
  };
}
