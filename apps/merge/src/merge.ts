import {
  type Limits,
  type MergePlan,
  namedLimits,
  payloadBytes,
  type PolicyRegistry,
  type PushResult,
} from '@syncline/core';
import { type Pushed, pushChanges, type SpacePush } from '@syncline/flows';
import type { Announcements, Clock, MergeStore, Timer, UpkeepStore } from '@syncline/ports';
import type { Log, Traces } from '@syncline/telemetry';
import { announcing } from './announcing';
import { commitBatch, type CommitEvents } from './commit';
import { commitQueue } from './commit-queue';
import { type Decided, refusedPush } from './decided';
import { failureFacts } from './failure-facts';
import type { MergeMetrics } from './merge-metrics';
import { DEFAULT_MERGE_SETTINGS, type MergeSettings } from './merge-settings';
import {
  afterwards,
  arrived,
  type CommitTimes,
  pushAnswered,
  traceCommit,
  type TracedPush,
  tracesToAnnounce,
} from './push-traces';
import type { WaitingPush } from './waiting-pushes';
import { watchedPolicies } from './watched-policies';
import { withTrace } from './with-trace';

export interface MergeDeps {
  readonly store: MergeStore & Pick<UpkeepStore, 'markAnnounced'>;
  readonly announcements: Announcements;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly policies: PolicyRegistry;
  readonly limits: Limits;
  readonly metrics: MergeMetrics;
  readonly traces: Traces;
  readonly log: Log;
  readonly settings?: Partial<MergeSettings>;
  /** Told of what was committed, once its pushes are answered. */
  readonly committed?: (plans: readonly MergePlan[]) => void;
}

export interface PushTerms {
  /** A push that has not begun to be committed by then is refused; null for no limit. */
  readonly deadlineAtMs?: number | null;
  /** It goes ahead of what waits; as its changes say, unless it is told. */
  readonly critical?: boolean;
  /** W3C traceparent to go on from. */
  readonly traceparent?: string | undefined;
}

/** Takes pushes in, many to a transaction. */
export interface Merge {
  readonly push: (push: SpacePush & Pick<PushTerms, 'traceparent'>) => Promise<PushResult>;
  /** The same, with what else there is to tell. */
  decide(push: SpacePush, terms?: PushTerms): Promise<Decided>;
  /** How many pushes wait for a commit. */
  waiting(): number;
  /** Takes no more, commits and answers what waits, and announces it. */
  close(): Promise<void>;
}

interface Waiting extends WaitingPush, TracedPush {
  readonly deadlineAtMs: number | null;
  readonly settle: (decided: Decided) => void;
}

/**
 * Group commit. While one is under way, what comes in waits; the next commit takes it together, so batches grow with the
 * load, and a push that finds nothing under way waits for nothing.
 */
export function createMerge(deps: MergeDeps): Merge {
  const { store, clock, metrics, traces } = deps;
  const settings = { ...DEFAULT_MERGE_SETTINGS, ...deps.settings };
  const { retryAfterMs } = settings;
  const announcer = announcing({ ...deps, upkeep: store, settings });
  const past = afterwards(deps.timer);
  const waiting = { pushes: 0, bytes: 0 };
  let closed = false;

  const answer = (push: Waiting, decided: Decided): void => {
    const nowMs = clock.nowMs();
    push.settle(decided);
    metrics.answered(decided, Math.max(0, nowMs - push.arrivedAtMs), push.span?.traceparent ?? '');
    if (push.span !== null) past.tell(() => pushAnswered(push, decided, nowMs));
  };
  const committed = (batch: readonly Waiting[], { plans, results }: Pushed, times: CommitTimes): void => {
    announcer.announce(plans, tracesToAnnounce(batch, results));
    if (batch.some(({ span }) => span !== null)) past.tell(() => traceCommit(traces, batch, times));
  };
  const commit = committing(deps, settings, { answer, committed });
  const take = async (batch: readonly Waiting[]): Promise<void> => {
    waiting.pushes -= batch.length;
    for (const { bytes } of batch) waiting.bytes -= bytes;
    const nowMs = clock.nowMs();
    const isLate = ({ deadlineAtMs }: Waiting) => deadlineAtMs !== null && nowMs >= deadlineAtMs;
    for (const push of batch) if (isLate(push)) answer(push, refusedPush('DEADLINE_EXCEEDED', retryAfterMs));
    const inTime = batch.filter((push) => !isLate(push));
    for (const { arrivedAtMs } of inTime) metrics.gathered(Math.max(0, nowMs - arrivedAtMs));
    if (inTime.length > 0) await commit(inTime);
  };
  const queue = commitQueue<Waiting>({ ...settings, clock, timer: deps.timer, commit: take });

  const decide = (push: SpacePush, terms: PushTerms = {}): Promise<Decided> =>
    new Promise((settle) => {
      const { deadlineAtMs = null, critical = isCritical(push), traceparent: parent = '' } = terms;
      const { space, push: changes } = push;
      const bytes = bytesOf(push);
      const arrivedAtMs = clock.nowMs();
      const span = arrived(traces, parent, arrivedAtMs);
      const about = { bytes, critical, arrivedAtMs, deadlineAtMs, span };
      const next: Waiting = { space, push: withTrace(changes, span?.traceparent ?? ''), ...about, settle };
      const obstacle: Facts | null = closed ? {} : obstacleTo(waiting, bytes, settings);
      if (obstacle !== null) {
        if (obstacle['limit'] !== undefined) metrics.full(obstacle['limit']);
        answer(next, refusedPush('UNAVAILABLE', retryAfterMs, obstacle));
        return;
      }
      waiting.pushes++;
      waiting.bytes += bytes;
      queue.add(next);
    });

  metrics.waiting({ pushes: () => waiting.pushes, bytes: () => waiting.bytes });
  metrics.limitsInForce([
    ...namedLimits(deps.limits),
    ['waiting_pushes_max', settings.waitingPushesMax],
    ['waiting_bytes_max', settings.waitingBytesMax],
  ]);
  return {
    decide,
    push: async (push) => (await decide(push, { traceparent: push.traceparent })).result,
    waiting: () => waiting.pushes,
    async close() {
      closed = true;
      await queue.close();
      past.close();
      await announcer.close();
    },
  };
}

/** Commits a batch and answers all of it, whatever happens. */
function committing(
  { store, clock, limits, metrics, log, policies, committed: tell }: MergeDeps,
  { retryAfterMs }: MergeSettings,
  events: CommitEvents<Waiting>,
): (batch: readonly Waiting[]) => Promise<void> {
  const merge = pushChanges({ store, clock, policies: watchedPolicies(policies, { metrics, log }), limits });
  const commit = commitBatch({ merge, clock, retryAfterMs, metrics, log });
  return async (batch) => {
    const unanswered = new Set(batch);
    const answer: typeof events.answer = (push, decided) => {
      unanswered.delete(push);
      events.answer(push, decided);
    };
    const committed: typeof events.committed = (pushes, pushed, times) => {
      events.committed(pushes, pushed, times);
      tell?.(pushed.plans);
    };
    try {
      await commit(batch, { ...events, answer, committed });
    } catch (error) {
      log.error('a fault beside a commit', failureFacts(error));
      for (const push of unanswered) events.answer(push, refusedPush('INTERNAL'));
    }
  };
}

function isCritical({ push }: SpacePush): boolean {
  return push.changes.some(({ critical }) => critical === true);
}

function bytesOf({ push }: SpacePush): number {
  return push.changes.reduce((sum, change) => sum + CHANGE_OVERHEAD_BYTES + payloadBytes(change), 0);
}

const CHANGE_OVERHEAD_BYTES = 128;

type Facts = Readonly<Record<string, string>>;

/** Why nothing more can wait, as facts of a refusal; null for no reason. */
function obstacleTo(
  waiting: { readonly pushes: number; readonly bytes: number },
  bytes: number,
  { waitingPushesMax, waitingBytesMax }: MergeSettings,
): Facts | null {
  if (waiting.pushes >= waitingPushesMax)
    return {
      limit: 'waiting_pushes_max',
      allowed: String(waitingPushesMax),
      value: String(waiting.pushes + 1),
    };
  if (waiting.pushes > 0 && waiting.bytes + bytes > waitingBytesMax)
    return {
      limit: 'waiting_bytes_max',
      allowed: String(waitingBytesMax),
      value: String(waiting.bytes + bytes),
    };
  return null;
}
