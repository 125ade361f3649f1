import * as fc from 'fast-check';
import { DEFAULT_LIMITS } from './limits';
import { adaptPace, ANSWER_MS_WANTED, hasRoom, nextPollMs, startPace } from './pacing';

test('a pace stays within its bounds whatever the answers take', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(5_000)), fc.integer({ min: 1, max: 2_000 }), (answers, pushChangesMax) => {
      const limits = { ...DEFAULT_LIMITS, pushChangesMax };
      let pace = startPace(limits);
      for (const ms of answers) {
        const next = adaptPace(pace, ms, limits);
        expect(next.pushChangesMax).toBeGreaterThanOrEqual(Math.min(10, pushChangesMax));
        expect(next.pushChangesMax).toBeLessThanOrEqual(pushChangesMax);
        if (ms <= ANSWER_MS_WANTED) expect(next.pushChangesMax).toBeGreaterThanOrEqual(pace.pushChangesMax);
        else expect(next.pushChangesMax).toBeLessThanOrEqual(pace.pushChangesMax);
        pace = next;
      }
    }),
  );
});

test.each([
  [0, 5_000],
  [9_999, 5_000],
  [60_000, 30_000],
  [600_000, 300_000],
  [86_400_000, 300_000],
])('after %d quiet ms the next poll is in %d ms', (quietMs, pollMs) => {
  expect(nextPollMs(quietMs, DEFAULT_LIMITS)).toBe(pollMs);
});

test.each([
  [0, true, true, true],
  [24, true, true, true],
  [25, true, true, false],
  [99, true, true, false],
  [100, true, false, false],
  [1_000, true, false, false],
])('with %d of 100 bytes unsent there is room for control %s, live %s, bulk %s', (unsent, ...expected) => {
  expect((['control', 'live', 'bulk'] as const).map((priority) => hasRoom(priority, unsent, 100))).toEqual(
    expected,
  );
});
