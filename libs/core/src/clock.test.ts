import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { clamp, hlcTime, type HlcTime, isHlcTime, msOf, observe, tick, TICKS_PER_MS } from './clock';

const vectors = JSON.parse(readFileSync(path.join(__dirname, '../vectors/hlc.json'), 'utf8')) as {
  readonly readings: readonly { ms: number; counter: number; time: HlcTime }[];
  readonly ticks: readonly { last: HlcTime; nowMs: number; time: HlcTime }[];
  readonly observations: readonly {
    last: HlcTime;
    seen: HlcTime;
    nowMs: number;
    skewMsMax: number;
    time: HlcTime;
  }[];
  readonly clamps: readonly {
    time: HlcTime;
    nowMs: number;
    skewMsMax: number;
    clamped: HlcTime;
    aheadMs: number;
  }[];
};

const LAST_MS = 4_000_000_000_000;
const walls = fc.nat(LAST_MS);
const readings = fc.tuple(walls, fc.nat(TICKS_PER_MS - 1)).map(([ms, counter]) => hlcTime(ms, counter));
const skews = fc.nat(100_000);

test.each(vectors.readings)('the reading at $ms ms and $counter', ({ ms, counter, time }) => {
  expect(hlcTime(ms, counter)).toBe(time);
  expect(msOf(time)).toBe(ms);
  expect(isHlcTime(time)).toBe(true);
});

test.each(vectors.ticks)('a tick after $last at $nowMs', ({ last, nowMs, time }) => {
  expect(tick(last, nowMs)).toBe(time);
});

test.each(vectors.observations)(
  'after $last, $seen is observed',
  ({ last, seen, nowMs, skewMsMax, time }) => {
    expect(observe(last, seen, nowMs, skewMsMax)).toBe(time);
  },
);

test.each(vectors.clamps)('$time is clamped', ({ time, nowMs, skewMsMax, clamped, aheadMs }) => {
  expect(clamp(time, nowMs, skewMsMax)).toEqual({ time: clamped, aheadMs });
});

test.each([[-1], [0.5], [2 ** 53], [Number.NaN], [Infinity]])('%p is no reading', (value) => {
  expect(isHlcTime(value)).toBe(false);
});

test('every tick is later than the last, never behind the wall, and as near to both as can be', () => {
  fc.assert(
    fc.property(readings, walls, (last, nowMs) => {
      const next = tick(last, nowMs);
      expect(next).toBeGreaterThan(last);
      expect(msOf(next)).toBeGreaterThanOrEqual(nowMs);
      expect(next).toBe(Math.max(last + 1, hlcTime(nowMs)));
    }),
  );
});

test('an effect is later than its cause: ticks follow what was observed, unless it was not believed', () => {
  fc.assert(
    fc.property(readings, readings, walls, skews, (last, seen, nowMs, skewMsMax) => {
      const observed = observe(last, seen, nowMs, skewMsMax);
      expect(observed).toBeGreaterThanOrEqual(last);
      const believed = clamp(seen, nowMs, skewMsMax).time;
      expect(tick(observed, nowMs)).toBeGreaterThan(believed);
      expect(observe(observed, seen, nowMs, skewMsMax)).toBe(observed);
    }),
  );
});

test('a clock is never pulled further ahead of the wall than the limit', () => {
  fc.assert(
    fc.property(walls, readings, skews, (nowMs, seen, skewMsMax) => {
      const observed = observe(hlcTime(nowMs), seen, nowMs, skewMsMax);
      expect(msOf(observed)).toBeLessThanOrEqual(nowMs + skewMsMax);
    }),
  );
});

test('clamping takes readings as they are up to the limit, and says how far beyond it the others were', () => {
  fc.assert(
    fc.property(readings, walls, skews, (time, nowMs, skewMsMax) => {
      const clamped = clamp(time, nowMs, skewMsMax);
      expect(clamped.aheadMs).toBe(Math.max(0, msOf(time) - nowMs - skewMsMax));
      if (clamped.aheadMs === 0) expect(clamped.time).toBe(time);
      else expect(msOf(clamped.time)).toBe(nowMs + skewMsMax);
      expect(clamp(clamped.time, nowMs, skewMsMax)).toEqual({ time: clamped.time, aheadMs: 0 });
    }),
  );
});

test('clamping keeps the order of readings', () => {
  fc.assert(
    fc.property(readings, readings, walls, skews, (left, right, nowMs, skewMsMax) => {
      const [earlier, later] = left < right ? [left, right] : [right, left];
      expect(clamp(earlier, nowMs, skewMsMax).time).toBeLessThanOrEqual(clamp(later, nowMs, skewMsMax).time);
    }),
  );
});
