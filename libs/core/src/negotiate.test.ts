import * as fc from 'fast-check';
import { CAPABILITIES, negotiate, SERVED_CAPABILITIES } from './negotiate';

test.each([
  [1, 1, 1, 1, 1],
  [1, 3, 2, 5, 3],
  [2, 9, 1, 4, 4],
  [1, 1, 2, 3, null],
  [4, 5, 1, 3, null],
  [3, 2, 1, 5, null],
  [0, 0, 1, 1, null],
])(
  'a device of %d–%d and a server of %d–%d speak %s',
  (deviceMin, deviceMax, serverMin, serverMax, expected) => {
    const found = negotiate({ min: deviceMin, max: deviceMax }, [], { min: serverMin, max: serverMax });
    expect(found.ok ? found.agreed.protocol : null).toBe(expected);
    if (!found.ok) {
      expect(found.refusal).toMatchObject({
        reason: 'VERSION_MISMATCH',
        facts: { min: String(serverMin), max: String(serverMax) },
      });
    }
  },
);

test('a capability is used only when both sides name it; unknown ones are passed over', () => {
  const both = negotiate({ min: 1, max: 1 }, ['presence', 'teleport', 'compare'], undefined, [
    'compare',
    'artifacts',
  ]);
  expect(both).toMatchObject({ ok: true, agreed: { capabilities: ['compare'] } });
});

test('without a list of its own a server agrees to what the rules keep and to nothing else', () => {
  expect(negotiate({ min: 1, max: 1 }, CAPABILITIES)).toMatchObject({
    ok: true,
    agreed: { capabilities: SERVED_CAPABILITIES },
  });
  expect(SERVED_CAPABILITIES).not.toContain('artifacts');
});

test('what is agreed lies in both ranges, is the highest such version, and names nothing that a side did not', () => {
  const version = fc.nat({ max: 9 });
  const range = fc.record({ min: version, max: version });
  const names = fc.subarray([...CAPABILITIES]);
  fc.assert(
    fc.property(range, range, names, names, (device, server, offered, served) => {
      const shared = Array.from({ length: 10 }, (_, each) => each).filter(
        (each) => each >= device.min && each <= device.max && each >= server.min && each <= server.max,
      );
      const found = negotiate(device, offered, server, served);
      expect(found.ok ? found.agreed.protocol : undefined).toBe(shared.at(-1));
      if (found.ok) {
        expect(found.agreed.capabilities).toEqual(served.filter((name) => offered.includes(name)));
      }
    }),
  );
});
