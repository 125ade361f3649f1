import type { Clock, Timer } from '@syncline/ports';
import { type WaitingPush, waitingPushes } from './waiting-pushes';

/** Commits what waits, one batch after the other; the next one gathers meanwhile. */
export interface Lane<Push extends WaitingPush> {
  add(push: Push): void;
  /** Resolves when nothing waits and nothing is under way. */
  idle(): Promise<void>;
}

export interface LaneDeps<Push extends WaitingPush> {
  readonly batchChangesMax: number;
  readonly batchBytesMax: number;
  readonly clock: Clock;
  readonly timer: Timer;
  /** Never rejects. */
  readonly commit: (batch: readonly Push[]) => Promise<void>;
}

/** From so many changes on, a commit takes as long as its changes do, and there is nothing to win by larger ones. */
const SMALL_COMMIT_CHANGES = 250;
/** So many times as long as a commit took, those that it answered may come back. */
const COMING_BACK = 2;

const NOTHING = { pushes: 0, withinMs: 0, untilMs: 0 };

/**
 * Those who were answered by one small commit often push again at once. The first of them would have a commit to itself,
 * and all others would wait for it: so the next commit waits until as many are there again, for as long as the
 * last one took at most. After a commit of a single push, or a while after any, there is nobody to wait
 * for; and a critical push waits for nobody.
 */
export function mergeLane<Push extends WaitingPush>(deps: LaneDeps<Push>): Lane<Push> {
  const { clock, timer, batchChangesMax, batchBytesMax } = deps;
  const pushes = waitingPushes<Push>();
  let going: Promise<void> | null = null;
  let expected = NOTHING;
  let closing = false;
  let stopGathering: (() => void) | null = null;

  const gather = (): Promise<void> =>
    new Promise((resolve) => {
      const stop = timer.after(expected.withinMs, () => stopGathering?.());
      stopGathering = () => {
        stopGathering = null;
        stop();
        resolve();
      };
    });
  const commit = async (): Promise<void> => {
    const batch = pushes.take(batchChangesMax, batchBytesMax);
    const fromMs = clock.nowMs();
    await deps.commit(batch);
    const nowMs = clock.nowMs();
    const tookMs = isSmall(batch) ? nowMs - fromMs : 0;
    const untilMs = nowMs + tookMs * COMING_BACK;
    // One that came too early does not mean that the others are not on their way.
    const count = Math.max(batch.length, expected.pushes >>> 1);
    expected = { pushes: count, withinMs: tookMs, untilMs };
  };
  const mayGather = () => !closing && expected.withinMs > 0 && clock.nowMs() < expected.untilMs;
  const run = async (): Promise<void> => {
    // What arrives in the same moment goes into the first commit as well.
    await Promise.resolve();
    while (pushes.length > 0) {
      if (pushes.length < expected.pushes && mayGather()) await gather();
      await commit();
    }
    going = null;
  };

  return {
    add(push) {
      pushes.add(push);
      if (push.critical) expected = NOTHING;
      if (pushes.length >= expected.pushes) stopGathering?.();
      going ??= run();
    },
    idle() {
      closing = true;
      stopGathering?.();
      return going ?? Promise.resolve();
    },
  };
}

function isSmall(batch: readonly WaitingPush[]): boolean {
  return batch.reduce((sum, { push }) => sum + push.changes.length, 0) < SMALL_COMMIT_CHANGES;
}
