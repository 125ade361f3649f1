import type { Limits } from './limits';

/** How much a device may send at once, adapted to how fast its pushes are answered. */
export interface PaceState {
  readonly pushChangesMax: number;
}

export const ANSWER_MS_WANTED = 500;
const CHANGES_MIN = 10;
const GROWTH = 1.5;

export function startPace(limits: Limits): PaceState {
  return { pushChangesMax: Math.min(100, limits.pushChangesMax) };
}

/** Grows steadily while answers are quick, halves when one is slow: it settles where the link and the service do. */
export function adaptPace(pace: PaceState, answeredInMs: number, limits: Limits): PaceState {
  const wanted =
    answeredInMs <= ANSWER_MS_WANTED
      ? Math.ceil(pace.pushChangesMax * GROWTH)
      : Math.floor(pace.pushChangesMax / 2);
  return {
    pushChangesMax: Math.max(
      Math.min(CHANGES_MIN, limits.pushChangesMax),
      Math.min(wanted, limits.pushChangesMax),
    ),
  };
}

/** A space that has just moved is asked again soon, a quiet one rarely: half of the time it has been quiet. */
export function nextPollMs(quietMs: number, limits: Limits): number {
  return Math.max(limits.pollMsMin, Math.min(limits.pollMsMax, Math.floor(quietMs / 2)));
}

export type Priority = 'control' | 'live' | 'bulk';

/** Control always goes out; bulk leaves most of the window to what is live. */
const WINDOW_SHARE: Record<Priority, number> = { control: Number.POSITIVE_INFINITY, live: 1, bulk: 0.25 };

/** Whether something of this priority may be sent while so many bytes have not left yet. */
export function hasRoom(priority: Priority, unsentBytes: number, windowBytesMax: number): boolean {
  return unsentBytes < windowBytesMax * WINDOW_SHARE[priority];
}
