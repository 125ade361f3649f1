import { insist } from './row';
import { nowMs } from './stopwatch';
import { until } from './waiting';

/** Who is to see every change once and in order, and how long after it was due each of them does. */
export interface Audience {
  /** The changes count from 0 on, over all runs. */
  due(change: number, dueMs: number): void;
  /** Without a number it is the one that comes next. */
  saw(watcher: number, change?: number): void;
  /** Resolves when everyone has seen so many: with how long each of those took that were not told before. */
  haveSeen(changes: number): Promise<readonly number[]>;
}

const WITHIN_MS = 20_000;

export function newAudience(watchers: number): Audience {
  const dueMs: number[] = [];
  const seen = new Array<number>(watchers).fill(0);
  const latencies: number[] = [];
  let misplaced = 0;
  return {
    due(change, ms) {
      dueMs[change] = ms;
    },
    saw(watcher, change) {
      const expected = seen[watcher]!++;
      if (change !== undefined && change !== expected) misplaced++;
      latencies.push(nowMs() - dueMs[expected]!);
    },
    async haveSeen(changes) {
      const left = (): number => seen.filter((count) => count < changes).length;
      await until(
        () => left() === 0,
        WITHIN_MS,
        () => `${left()} of ${watchers} watchers did not see all of ${changes} changes`,
      );
      insist(misplaced === 0, `${misplaced} changes came again, or not in their order`);
      insist(latencies.length % watchers === 0, 'a watcher saw more than there was');
      return latencies.splice(0);
    },
  };
}
