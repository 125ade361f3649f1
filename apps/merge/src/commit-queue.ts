import type { Clock, Timer } from '@syncline/ports';
import { type WaitingPush, waitingPushes } from './waiting-pushes';

/** Commits what waits, as much as possible at a time; while a commit is under way, the next one gathers. */
export interface CommitQueue<Push extends WaitingPush> {
  add(push: Push): void;
  /** Waits for nobody any more, and resolves when everything is committed. */
  close(): Promise<void>;
}

export interface CommitQueueDeps<Push extends WaitingPush> {
  readonly commitsMax: number;
  readonly batchChangesMax: number;
  readonly batchBytesMax: number;
  readonly clock: Clock;
  readonly timer: Timer;
  /** Never rejects. A space is never in two of them at once. */
  readonly commit: (batch: readonly Push[]) => Promise<void>;
}

/** From so many changes on, a commit takes as long as its changes do, and there is nothing to win by larger ones. */
const SMALL_COMMIT_CHANGES = 250;
/** A commit that takes longer, as it waits for a disk or for a lock, holds up nobody else. */
const SLOW_COMMIT_MS = 15;

/**
 * Two small commits cost nearly twice as much as one of both, so there is only one of them at a time. Beside it another
 * begins when there is enough for a large one, when something critical waits, or when it is slow.
 */
export function commitQueue<Push extends WaitingPush>(deps: CommitQueueDeps<Push>): CommitQueue<Push> {
  const { clock, timer, commitsMax, batchChangesMax, batchBytesMax } = deps;
  const pushes = waitingPushes<Push>();
  const going = new Set<{ slow: boolean; ended: Promise<void> }>();
  const returning = returningPushes(clock);
  let closing = false;
  let stopGathering: (() => void) | null = null;
  let soon: Promise<void> | null = null;

  const mayGoBeside = () => pushes.free.critical > 0 || pushes.free.changes >= SMALL_COMMIT_CHANGES;
  const isHeldUp = () => [...going].some(({ slow }) => !slow);
  const goOn = (): void => {
    while (pushes.free.pushes > 0 && going.size < commitsMax) {
      if (!mayGoBeside()) {
        if (isHeldUp()) return;
        const waitMs = closing ? 0 : returning.worthWaitingMs(pushes.free.pushes);
        if (waitMs > 0) return gather(waitMs);
      }
      begin();
    }
  };
  const gather = (waitMs: number): void => {
    stopGathering ??= timer.after(waitMs, () => {
      stopGathering = null;
      returning.waitedFor();
      goOn();
    });
  };
  const begin = (): void => {
    stopGathering?.();
    stopGathering = null;
    const batch = pushes.take(batchChangesMax, batchBytesMax);
    const commit = { slow: false, ended: Promise.resolve() };
    const stop = timer.after(SLOW_COMMIT_MS, () => {
      commit.slow = true;
      goOn();
    });
    const fromMs = clock.nowMs();
    going.add(commit);
    commit.ended = deps.commit(batch).then(() => {
      stop();
      going.delete(commit);
      pushes.done(batch);
      returning.answered(batch, fromMs);
      goOn();
    });
  };

  return {
    add(push) {
      pushes.add(push);
      // What arrives in the same moment goes into the same commit.
      soon ??= Promise.resolve().then(() => {
        soon = null;
        goOn();
      });
    },
    async close() {
      closing = true;
      await soon;
      goOn();
      while (going.size > 0) await Promise.all([...going].map(({ ended }) => ended));
    },
  };
}

/** So many times as long as a commit took, those that it answered may come back. */
const COMING_BACK = 2;

/**
 * Those who were answered by one small commit often push again at once. The first of them would have a commit to itself,
 * and all others would wait for it: so the next commit waits until as many are there again, for as long as the
 * last one took at most. After a commit of a single push, or a while after any, there is nobody to wait for.
 */
function returningPushes(clock: Clock) {
  let expected = { pushes: 0, withinMs: 0, untilMs: 0 };
  return {
    answered(batch: readonly WaitingPush[], fromMs: number): void {
      const nowMs = clock.nowMs();
      const tookMs = isSmall(batch) ? nowMs - fromMs : 0;
      // One that came too early does not mean that the others are not on their way.
      const count = Math.max(batch.length, expected.pushes >>> 1);
      expected = { pushes: count, withinMs: tookMs, untilMs: nowMs + tookMs * COMING_BACK };
    },
    /** How long a commit of so many may wait for more; 0 for not at all. */
    worthWaitingMs(pushes: number): number {
      return pushes < expected.pushes && clock.nowMs() < expected.untilMs ? expected.withinMs : 0;
    },
    waitedFor(): void {
      expected = { ...expected, withinMs: 0 };
    },
  };
}

function isSmall(batch: readonly WaitingPush[]): boolean {
  return batch.reduce((sum, { push }) => sum + push.changes.length, 0) < SMALL_COMMIT_CHANGES;
}
