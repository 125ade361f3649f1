import { newLoad } from './load';
import { nowMs } from './stopwatch';

const WATCHERS = 2;

/** Changes from 100 on, each of which was due so long ago that it takes as many milliseconds as are given. */
function done(latenciesMs: readonly number[]) {
  const load = newLoad(100, latenciesMs.length, WATCHERS);
  latenciesMs.forEach((ms, at) => {
    load.due(100 + at, nowMs() - ms);
    load.answered(100 + at);
    for (let watcher = 0; watcher < WATCHERS; watcher++) load.seen(100 + at);
  });
  return load;
}

describe('a load', () => {
  it('counts the time from when each change was due', () => {
    const { outcome, delivery } = done(Array.from({ length: 300 }, (_, at) => 1_000 + at)).point(
      300,
      300,
      false,
    );
    for (const { p50Ms, p99Ms, growthMs } of [outcome, delivery]) {
      expect(Math.abs(p50Ms - 1_150)).toBeLessThan(20);
      expect(Math.abs(p99Ms - 1_297)).toBeLessThan(20);
      expect(Math.abs(growthMs - 200)).toBeLessThan(20);
    }
  });

  it('lags as long as the oldest change lacks its answer or anyone who is to see it', () => {
    const load = newLoad(0, 2, WATCHERS);
    load.due(0, nowMs() - 5_000);
    load.due(1, nowMs() - 1_000);
    expect(load.lagMs()).toBeGreaterThanOrEqual(5_000);
    load.answered(0);
    load.seen(0);
    expect(load.lagMs()).toBeGreaterThanOrEqual(5_000);
    load.seen(0);
    expect(load.lagMs()).toBeLessThan(5_000);
    expect(load.lagMs()).toBeGreaterThanOrEqual(1_000);
    load.answered(1);
    load.seen(1);
    load.seen(1);
    expect(load.lagMs()).toBe(0);
    expect([load.answers, load.sights]).toEqual([2, 4]);
  });
});
