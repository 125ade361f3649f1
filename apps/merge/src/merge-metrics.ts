import type { MergePlan } from '@syncline/core';
import type { SpacePush } from '@syncline/flows';
import type { Metrics } from '@syncline/telemetry';
import type { Decided } from './decided';

/** What a merge counts. Labels hold only what there are few of. */
export interface MergeMetrics {
  /** How many pushes wait, asked for whenever somebody looks. */
  waiting(pushes: () => number): void;
  answered(decided: Decided, waitedMs: number): void;
  committed(batch: readonly SpacePush[], plans: readonly MergePlan[], tookMs: number): void;
  /** A push failed alone and was refused. */
  poisoned(): void;
  /** A policy threw at a change, which was rejected. */
  policyFailed(policy: string): void;
  announced(how: 'done' | 'failed' | 'dropped'): void;
}

export function mergeMetrics(metrics: Metrics): MergeMetrics {
  const answers = metrics.counter({
    name: 'merge_pushes_total',
    help: 'Pushes answered, by what became of them: outcomes, or the reason of the refusal',
    labels: ['result'],
  });
  const outcomes = metrics.counter({
    name: 'merge_outcomes_total',
    help: 'Changes answered, by the status of their outcome',
    labels: ['status'],
  });
  const waited = metrics.histogram({
    name: 'merge_push',
    unit: 'seconds',
    help: 'From the arrival of a push to its answer',
  });
  const took = metrics.histogram({ name: 'merge_commit', unit: 'seconds', help: 'How long commits took' });
  const pushes = metrics.histogram({ name: 'merge_commit', unit: 'pushes', help: 'Pushes in a commit' });
  const changes = metrics.histogram({ name: 'merge_commit', unit: 'changes', help: 'Changes in a commit' });
  const spaces = metrics.histogram({ name: 'merge_commit', unit: 'spaces', help: 'Spaces in a commit' });
  const poisoned = metrics.counter({
    name: 'merge_poisoned_pushes_total',
    help: 'Pushes that failed alone and were refused',
  });
  const failed = metrics.counter({
    name: 'merge_policy_failures_total',
    help: 'Changes that were rejected because their policy threw',
    labels: ['policy'],
  });
  const announced = metrics.counter({
    name: 'merge_announcements_total',
    help: 'Commits announced, failed to be announced, or left to the repair because too many waited',
    labels: ['how'],
  });
  return {
    waiting: (count) =>
      metrics.watched({ name: 'merge_pushes_waiting', help: 'Pushes that wait for a commit' }, count),
    answered({ result }, waitedMs) {
      answers.add({ result: result.kind === 'outcomes' ? 'outcomes' : result.refusal.reason });
      waited.observe({}, waitedMs / 1_000);
      if (result.kind === 'refused') return;
      for (const [status, count] of countsOf(result.outcomes)) outcomes.add({ status }, count);
    },
    committed(batch, plans, tookMs) {
      took.observe({}, tookMs / 1_000);
      pushes.observe({}, batch.length);
      changes.observe(
        {},
        batch.reduce((sum, { push }) => sum + push.changes.length, 0),
      );
      spaces.observe({}, plans.length);
    },
    poisoned: () => poisoned.add({}),
    policyFailed: (policy) => failed.add({ policy }),
    announced: (how) => announced.add({ how }),
  };
}

function countsOf(outcomes: readonly { readonly status: string }[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { status } of outcomes) counts.set(status, (counts.get(status) ?? 0) + 1);
  return counts;
}
