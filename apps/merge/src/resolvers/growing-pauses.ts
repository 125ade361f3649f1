import type { ResolverEnd } from '@syncline/flows';
import type { Clock } from '@syncline/ports';
import type { ResolverSettings } from './resolver-settings';

interface Pause {
  readonly failures: number;
  readonly untilMs: number;
}

/** However many never get an answer, no more is remembered than this. */
const PAUSES_MAX = 10_000;

/** How long conflicts without an answer wait before their resolver is asked again. */
export function growingPauses(
  { pauseMs, pauseMsMax }: Pick<ResolverSettings, 'pauseMs' | 'pauseMsMax'>,
  clock: Clock,
) {
  const pauses = new Map<string, Pause>();
  return {
    has(key: string): boolean {
      const pause = pauses.get(key);
      if (pause === undefined) return false;
      const leftMs = pause.untilMs - clock.nowMs();
      // A clock that was set back must not make it wait for longer than the longest pause.
      return leftMs > 0 && leftMs <= pauseMsMax;
    },
    note(key: string, end: ResolverEnd): void {
      const failures = (pauses.get(key)?.failures ?? 0) + 1;
      pauses.delete(key);
      if (end !== 'waits') return;
      const [oldest] = pauses.keys();
      if (pauses.size >= PAUSES_MAX && oldest !== undefined) pauses.delete(oldest);
      // Doubled no more often than numbers can hold.
      const nextMs = Math.min(pauseMs * 2 ** Math.min(failures - 1, 30), pauseMsMax);
      pauses.set(key, { failures, untilMs: clock.nowMs() + nextMs });
    },
  };
}
