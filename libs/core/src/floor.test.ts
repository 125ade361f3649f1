import * as fc from 'fast-check';
import { type FloorDevice, HOLDS_NOTHING, nextFloor } from './floor';
import { deviceId } from './ids';

const NOW = 1_000_000;
const HORIZON = 1_000;
const device = (acknowledged: number, agoMs = 0): FloorDevice => ({
  device: deviceId('d'),
  acknowledged,
  lastSeenMs: NOW - agoMs,
});

test.each<[string, FloorDevice[], number]>([
  ['nobody is there', [], 100],
  ['the slowest holds it', [device(50), device(80)], 50],
  ['one that was away too long does not', [device(50, HORIZON + 1), device(80)], 80],
  ['one that came back just in time does', [device(50, HORIZON)], 50],
  ['one that keeps no copy does not', [device(HOLDS_NOTHING)], 100],
  ['it never falls', [device(3)], 10],
  ['a clock that ran ahead does no harm', [device(50, -5_000)], 50],
])('%s', (_what, devices, floor) => {
  expect(nextFloor(devices, { head: 100, floor: 10 }, NOW, HORIZON)).toBe(floor);
});

test('it stays between the old floor and the head', () => {
  const devices = fc.array(fc.record({ acknowledged: fc.maxSafeNat(), lastSeenMs: fc.nat(2 * NOW) }));
  fc.assert(
    fc.property(devices, fc.nat(100), fc.nat(100), (given, below, above) => {
      const known = given.map((each) => ({ ...each, device: deviceId('d') }));
      const floor = nextFloor(known, { floor: below, head: below + above }, NOW, HORIZON);
      expect(floor).toBeGreaterThanOrEqual(below);
      expect(floor).toBeLessThanOrEqual(below + above);
    }),
  );
});
