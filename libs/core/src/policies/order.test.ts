import fc from 'fast-check';
import { type HlcTime, hlcTime } from '../clock';
import type { DeviceId } from '../ids';
import { compareWrites, type Write, writeOf } from './order';

const write = (ms: number, device: string, number = 1, deleted = false): Write =>
  writeOf({ time: hlcTime(ms), device: device as DeviceId, number }, deleted);

const writes = fc.record({
  time: fc.oneof(fc.integer({ min: 0, max: 6_000 }), fc.maxSafeNat()).map((time) => time as HlcTime),
  device: fc.constantFrom('a', 'b', 'é', '\u{ff5e}', '\u{1f600}').map((device) => device as DeviceId),
  number: fc.integer({ min: 1, max: 3 }),
  deleted: fc.boolean(),
});
const widths = fc.constantFrom(1, 2, 1_000);

test('it is total: two writes are equal only if nothing tells them apart', () => {
  fc.assert(
    fc.property(writes, writes, widths, (left, right, width) => {
      const order = compareWrites(left, right, width);
      expect(Number.isNaN(order)).toBe(false);
      const same =
        left.device === right.device && left.number === right.number && left.deleted === right.deleted;
      if (!same && order === 0) throw new Error('two writes in one place');
      expect(compareWrites(left, left, width)).toBe(0);
    }),
  );
});

test('it is antisymmetric', () => {
  fc.assert(
    fc.property(writes, writes, widths, (left, right, width) => {
      expect(Math.sign(compareWrites(left, right, width))).toBe(
        -Math.sign(compareWrites(right, left, width)) + 0,
      );
    }),
  );
});

test('it is transitive', () => {
  fc.assert(
    fc.property(writes, writes, writes, widths, (first, second, third, width) => {
      const [a, b, c] = [first, second, third].sort((left, right) => compareWrites(left, right, width));
      expect(compareWrites(a!, b!, width)).toBeLessThanOrEqual(0);
      expect(compareWrites(b!, c!, width)).toBeLessThanOrEqual(0);
      expect(compareWrites(a!, c!, width)).toBeLessThanOrEqual(0);
    }),
  );
});

test.each([
  ['the later window', write(1_000, 'a'), write(999, 'z')],
  ['a delete inside one window', write(1_000, 'a', 1, true), write(1_999, 'z')],
  ['the higher device inside one window', write(1_001, 'b'), write(1_999, 'a')],
  ['the code point, not the UTF-16 unit', write(1_000, '\u{1f600}'), write(1_000, '\u{ff5e}')],
  ['the higher number of one device', write(1_000, 'a', 2), write(1_999, 'a', 1)],
])('%s comes later', (_name, later, earlier) => {
  expect(compareWrites(later, earlier, 1_000)).toBeGreaterThan(0);
});

test('the counter inside a millisecond does not count', () => {
  const early = { ...write(5, 'b'), time: hlcTime(5, 1) };
  const late = { ...write(5, 'a'), time: hlcTime(5, 900) };
  expect(compareWrites(early, late, 1)).toBeGreaterThan(0);
});

/** The later write wins, but of two that are at most a second apart the one with the higher id. */
function literal(left: Write, right: Write): number {
  const apartMs = (left.time - right.time) / 1_024;
  if (Math.abs(apartMs) <= 1_000) return left.device < right.device ? -1 : 1;
  return apartMs;
}

test('"within one second the higher id wins", taken literally, goes round in a circle', () => {
  const first = write(0, 'c');
  const second = write(800, 'b');
  const third = write(1_600, 'a');
  expect(literal(first, second)).toBeGreaterThan(0);
  expect(literal(second, third)).toBeGreaterThan(0);
  expect(literal(third, first)).toBeGreaterThan(0);

  const fold = (order: readonly Write[], compare: (left: Write, right: Write) => number) =>
    order.reduce((stored, incoming) => (compare(incoming, stored) > 0 ? incoming : stored)).device;
  const orders = [
    [first, second, third],
    [second, third, first],
    [third, first, second],
  ];
  expect(new Set(orders.map((order) => fold(order, literal))).size).toBe(3);
  expect(new Set(orders.map((order) => fold(order, (l, r) => compareWrites(l, r, 1_000)))).size).toBe(1);
});
