import { negotiate } from './negotiate';

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
        facts: { deviceMin: String(deviceMin), serverMax: String(serverMax) },
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
