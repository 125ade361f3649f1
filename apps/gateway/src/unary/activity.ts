import { type Limits, nextPollMs, type SpaceKey, type Version } from '@syncline/core';
import type { Clock } from '@syncline/ports';

/** How lively spaces are, as far as callers of this process have seen them: it decides when they come back. */
export interface Activity {
  /** The space stands here now. */
  pollAfterMs(space: SpaceKey, head: Version): number;
}

interface Standing {
  readonly head: Version;
  readonly sinceMs: number;
}

const SPACES_MAX = 10_000;

/** What is forgotten, or was seen by another process, counts as having moved just now. */
export function spaceActivity({
  clock,
  limits,
}: {
  readonly clock: Clock;
  readonly limits: Limits;
}): Activity {
  const standings = new Map<SpaceKey, Standing>();
  return {
    pollAfterMs(space, head) {
      const nowMs = clock.nowMs();
      const known = standings.get(space);
      const standing = known?.head === head ? known : { head, sinceMs: nowMs };
      // The one that nobody has asked about for the longest time is the first.
      standings.delete(space);
      standings.set(space, standing);
      if (standings.size > SPACES_MAX) standings.delete(standings.keys().next().value!);
      return nextPollMs(Math.max(0, nowMs - standing.sinceMs), limits);
    },
  };
}
