import type { Clock, Timer } from '@syncline/ports';
import { BASE_MS } from './change-fixtures';

/** Time that passes when a test says so: a clock and a timer that agree. */
export interface ManualTime extends Clock, Timer {
  advance(ms: number): void;
}

export function manualTime(startMs: number = BASE_MS): ManualTime {
  const waiting = new Set<{ readonly atMs: number; readonly task: () => void }>();
  const time = { nowMs: startMs };

  const nextBy = (untilMs: number) => {
    const due = [...waiting].filter(({ atMs }) => atMs <= untilMs);
    return due.sort((left, right) => left.atMs - right.atMs)[0];
  };

  return {
    nowMs: () => time.nowMs,
    after(delayMs, task) {
      const entry = { atMs: time.nowMs + delayMs, task };
      waiting.add(entry);
      return () => void waiting.delete(entry);
    },
    advance(ms) {
      const untilMs = time.nowMs + ms;
      for (let next = nextBy(untilMs); next !== undefined; next = nextBy(untilMs)) {
        waiting.delete(next);
        time.nowMs = Math.max(time.nowMs, next.atMs);
        next.task();
      }
      time.nowMs = untilMs;
    },
  };
}
