import {
  CONFLICTS,
  CORE_POLICIES,
  decodeLedger,
  type MergePlan,
  type SpaceKey,
  tenantOf,
} from '@syncline/core';
import type { SpacePush } from '@syncline/flows';
import { boundedNames, type Metrics, type OperatedMetrics, operatedMetrics } from '@syncline/telemetry';
import type { Decided } from './decided';
import { resolverMetrics, type ResolverMetrics } from './resolvers/resolver-metrics';

/** What a merge counts. Labels hold only what there are few of. */
export interface MergeMetrics extends OperatedMetrics {
  /** How much waits, asked for whenever somebody looks. */
  waiting(gauges: { readonly pushes: () => number; readonly bytes: () => number }): void;
  /** So much waited that a push was refused, by the limit that it met. */
  full(limit: string): void;
  /** A push of this trace, or of none, was answered so long after it had come. */
  answered(decided: Decided, tookMs: number, traceparent: string): void;
  /** A push waited so long until its commit began. */
  gathered(waitedMs: number): void;
  committed(batch: readonly SpacePush[], plans: readonly MergePlan[], tookMs: number): void;
  /** A push failed alone and was refused. */
  poisoned(): void;
  /** A policy threw at a change, which was rejected. */
  policyFailed(policy: string): void;
  announced(how: 'done' | 'failed' | 'dropped'): void;
  readonly resolvers: ResolverMetrics;
}

/** So many tenants are told apart in metrics; all others are one. */
const TENANTS_MAX = 100;

export function mergeMetrics(metrics: Metrics): MergeMetrics {
  return {
    ...operatedMetrics(metrics),
    ...waitingMetrics(metrics),
    ...answerMetrics(metrics),
    committed: commitMetrics(metrics),
    ...faultMetrics(metrics),
    resolvers: resolverMetrics(metrics),
  };
}

function waitingMetrics(metrics: Metrics): Pick<MergeMetrics, 'waiting' | 'full' | 'gathered'> {
  const waitingPushes = metrics.watched({
    name: 'merge_pushes_waiting',
    help: 'Pushes that wait for a commit',
  });
  const waitingBytes = metrics.watched({
    name: 'merge_waiting_bytes',
    help: 'Bytes of the pushes that wait for a commit',
  });
  const refused = metrics.counter({
    name: 'merge_queue_refusals_total',
    help: 'Pushes refused because too much waited, by the limit',
    labels: ['limit'],
  });
  const waited = metrics
    .histogram({
      name: 'merge_wait',
      unit: 'seconds',
      help: 'Group commit: from the arrival of a push to the beginning of its commit',
    })
    .kept({});
  for (const limit of ['waiting_pushes_max', 'waiting_bytes_max']) refused.add({ limit }, 0);
  return {
    waiting({ pushes, bytes }) {
      waitingPushes.by(pushes);
      waitingBytes.by(bytes);
    },
    full: (limit) => refused.add({ limit }),
    gathered: (waitedMs) => waited.observe(waitedMs / 1_000),
  };
}

function answerMetrics(metrics: Metrics): Pick<MergeMetrics, 'answered'> {
  const answers = metrics.counter({
    name: 'merge_pushes_total',
    help: 'Pushes answered, by what became of them: outcomes, or the reason of the refusal',
    labels: ['result'],
  });
  const answeredWell = answers.kept({ result: 'outcomes' });
  const outcomes = metrics.counter({
    name: 'merge_outcomes_total',
    help: 'Changes answered, by the status of their outcome',
    labels: ['status'],
  });
  const took = metrics
    .histogram({ name: 'merge_push', unit: 'seconds', help: 'From the arrival of a push to its answer' })
    .kept({});
  return {
    answered({ result }, tookMs, traceparent) {
      took.observe(tookMs / 1_000, traceparent);
      if (result.kind === 'refused') return answers.add({ result: result.refusal.reason });
      answeredWell.add();
      for (const [status, count] of countsOf(result.outcomes)) outcomes.add({ status }, count);
    },
  };
}

function commitMetrics(metrics: Metrics): MergeMetrics['committed'] {
  const took = metrics
    .histogram({ name: 'merge_commit', unit: 'seconds', help: 'How long commits took' })
    .kept({});
  const pushes = metrics
    .histogram({ name: 'merge_commit', unit: 'pushes', help: 'Group commit: pushes in a commit' })
    .kept({});
  const changes = metrics
    .histogram({ name: 'merge_commit', unit: 'changes', help: 'Group commit: changes in a commit' })
    .kept({});
  const spaces = metrics
    .histogram({ name: 'merge_commit', unit: 'spaces', help: 'Group commit: spaces in a commit' })
    .kept({});
  const countConflicts = conflictMetrics(metrics);
  return (batch, plans, tookMs) => {
    took.observe(tookMs / 1_000);
    pushes.observe(batch.length);
    changes.observe(batch.reduce((sum, { push }) => sum + push.changes.length, 0));
    spaces.observe(plans.length);
    for (const plan of plans) countConflicts(plan);
  };
}

/** Counted by what the ledger says of them, which is there for good. */
function conflictMetrics(metrics: Metrics): (plan: MergePlan) => void {
  const conflicts = metrics.counter({
    name: 'merge_conflicts_total',
    help: 'Conflicts by the policy that met them, their kind, and which side stands: incoming, stored, merged or none',
    labels: ['policy', 'kind', 'resolution'],
  });
  const ofTenants = metrics.counter({
    name: 'tenant_conflicts_total',
    help: 'Conflicts by tenant; those beyond the first hundred are one',
    labels: ['tenant'],
    combinationsMax: TENANTS_MAX + 1,
  });
  const named = boundedNames(TENANTS_MAX);
  const count = (space: SpaceKey, payload: Uint8Array): void => {
    const entry = decodeLedger(payload);
    if (entry === null) return;
    const { policy, kind, resolution } = entry;
    conflicts.add({ policy, kind, resolution });
    ofTenants.add({ tenant: named(tenantOf(space)) });
  };
  return ({ before: { space, head }, records }) => {
    for (const { collection, createdVersion, payload } of records)
      if (collection === CONFLICTS && createdVersion > head && payload !== null) count(space, payload);
  };
}

function faultMetrics(metrics: Metrics): Pick<MergeMetrics, 'poisoned' | 'policyFailed' | 'announced'> {
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
    help: 'Commits announced (done), failed to be announced, or dropped for the repair because too many waited',
    labels: ['how'],
  });
  for (const policy of Object.keys(CORE_POLICIES)) failed.add({ policy }, 0);
  for (const how of ['done', 'failed', 'dropped']) announced.add({ how }, 0);
  return {
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
