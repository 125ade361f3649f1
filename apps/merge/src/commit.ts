import { nameHash } from '@syncline/core';
import type { Pushed, pushChanges, SpacePush } from '@syncline/flows';
import { type Clock, Unavailable } from '@syncline/ports';
import { type Log, traceFacts } from '@syncline/telemetry';
import { type Decided, refusedPush } from './decided';
import { failureFacts } from './failure-facts';
import type { MergeMetrics } from './merge-metrics';
import type { CommitTimes, TracedPush } from './push-traces';

export interface CommitDeps {
  readonly merge: ReturnType<typeof pushChanges>;
  readonly clock: Clock;
  readonly retryAfterMs: number;
  readonly metrics: MergeMetrics;
  readonly log: Log;
}

/** Told as soon as a transaction has ended: its answers first, then what it did. */
export interface CommitEvents<Push extends TracedPush> {
  answer(push: Push, decided: Decided): void;
  committed(batch: readonly Push[], pushed: Pushed, times: CommitTimes): void;
}

type Attempt =
  | { readonly ok: true; readonly pushed: Pushed; readonly commitMs: number; readonly times: CommitTimes }
  | { readonly ok: false; readonly error: unknown };

/**
 * Commits a batch in one transaction. When that fails although the store is there, some push is to blame: halves are
 * tried by themselves, in their order, until what fails alone is found and refused.
 */
export function commitBatch({ merge, clock, retryAfterMs, metrics, log }: CommitDeps) {
  const attempt = async (batch: readonly SpacePush[]): Promise<Attempt> => {
    const startedAtMs = clock.nowMs();
    try {
      const pushed = await merge(batch);
      const { loadedAtMs, decidedAtMs } = pushed;
      const committedAtMs = clock.nowMs();
      const times = { startedAtMs, loadedAtMs, decidedAtMs, committedAtMs };
      return { ok: true, pushed, times, commitMs: Math.max(0, committedAtMs - startedAtMs) };
    } catch (error) {
      return { ok: false, error };
    }
  };

  return async <Push extends TracedPush>(
    batch: readonly Push[],
    events: CommitEvents<Push>,
  ): Promise<void> => {
    const left: (readonly Push[])[] = [batch];
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const tried = await attempt(next);
      if (tried.ok) {
        answerAll(next, tried.pushed, tried.commitMs, events);
        metrics.committed(next, tried.pushed.plans, tried.commitMs);
        events.committed(next, tried.pushed, tried.times);
      } else if (tried.error instanceof Unavailable) {
        log.warn('the store cannot be reached', failureFacts(tried.error));
        const unanswered = [next, ...left.reverse()].flat();
        for (const push of unanswered) events.answer(push, refusedPush('UNAVAILABLE', retryAfterMs));
        return;
      } else if (next.length === 1) {
        metrics.poisoned();
        log.error('a push cannot be committed', { ...factsOf(next[0]!), ...failureFacts(tried.error) });
        events.answer(next[0]!, refusedPush('INTERNAL'));
      } else {
        const middle = next.length >>> 1;
        left.push(next.slice(middle), next.slice(0, middle));
      }
    }
  };
}

function answerAll<Push extends TracedPush>(
  batch: readonly Push[],
  { results, plans }: Pushed,
  commitMs: number,
  events: CommitEvents<Push>,
): void {
  const heads = new Map(plans.map(({ before, after }) => [before.space, after.head]));
  batch.forEach((push, index) => {
    const result = results[index]!;
    const head = result.kind === 'outcomes' ? (heads.get(push.space) ?? 0) : 0;
    events.answer(push, { result, head, commitMs });
  });
}

function factsOf({ space, push: { changes }, span }: TracedPush): Readonly<Record<string, unknown>> {
  const first = changes[0]?.number;
  return { space: nameHash(space), changes: changes.length, first, ...traceFacts(span) };
}
