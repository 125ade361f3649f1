import { adaptPace, type Limits, type Pace, startPace } from '@syncline/core';

/** How a caller should go on who has not pushed anything. */
export function pollingPace(limits: Limits, nextPollMs: number): Pace {
  return {
    kind: 'pace',
    pushChangesMax: startPace(limits).pushChangesMax,
    pushBytesMax: limits.messageBytesMax / 2,
    delayMs: 0,
    nextPollMs,
    changesRemaining: limits.changesBurstMax,
  };
}

export interface PushDone {
  readonly changes: number;
  readonly tookMs: number;
  /** Changes that the rate limits still allow at once. */
  readonly remaining: number;
  readonly changesPerSecondMax: number;
}

/** The next push may be larger than this one if this one was quick. */
export function pushingPace(
  limits: Limits,
  { changes, tookMs, remaining, changesPerSecondMax }: PushDone,
): Pace {
  const before = Math.max(changes, startPace(limits).pushChangesMax);
  return {
    ...pollingPace(limits, limits.pollMsMin),
    pushChangesMax: adaptPace({ pushChangesMax: before }, tookMs, limits).pushChangesMax,
    delayMs: remaining >= 1 ? 0 : Math.ceil(((1 - remaining) * 1_000) / changesPerSecondMax),
    changesRemaining: remaining,
  };
}
