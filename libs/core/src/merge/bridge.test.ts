import type { OtType } from '../data-types';
import { encodeUtf8 } from '../utf8';
import { deviceId } from '../ids';
import { bridgeOver, passageOf } from './bridge';
import type { PastWrite } from './past';
import { transformsOfPushes } from './transform-steps';

/** Collides wherever it may, and remembers how often it was asked and for how much. */
function collidingType() {
  const asked: number[] = [];
  const operation = encodeUtf8('x');
  const unused = () => ({ ok: true as const, operation, snapshot: operation });
  const type: OtType = {
    name: 'colliding',
    effort: (bytes) => 1 + bytes / 100,
    start: unused,
    check: unused,
    apply: unused,
    compose: unused,
    transform(_operation, _over, _place, collisionsMax) {
      asked.push(collisionsMax);
      return { ok: true, operation, collisions: Math.min(500, collisionsMax) };
    },
  };
  return { type, asked, operation };
}

describe('what a push may spend on transforming', () => {
  test('is spent by collisions too, which end where it does', () => {
    const { type, asked, operation } = collidingType();
    const pushes = transformsOfPushes();
    const passage = () => passageOf(operation, [operation], type, pushes.transforms());
    let passed = 0;
    while (passage() !== null) passed++;
    expect(asked).toHaveLength(passed);
    expect(passed).toBeGreaterThan(2);
    expect(asked[0]).toBeGreaterThan(500);
    expect(asked.at(-1)).toBeLessThan(500);
    expect(asked.every((most, at) => at === 0 || most <= asked[at - 1]!)).toBe(true);
    expect(passage()).toBeNull();
    expect(asked).toHaveLength(passed);
    pushes.beginPush();
    expect(passage()).not.toBeNull();
  });

  test('grows with the bytes of operations, by what their type says', () => {
    const { type, asked } = collidingType();
    const long = encodeUtf8('x'.repeat(10_000));
    passageOf(long, [long], type, transformsOfPushes().transforms());
    const [most] = asked;
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThan(1_000);
  });

  test('is spent by making one of what came since', () => {
    const { type, asked, operation } = collidingType();
    const operations = { type: type.name, committed: operation, sent: operation };
    const writes = Array.from({ length: 100 }, (_, at): PastWrite => {
      const version = at + 2;
      return { version, previousVersion: version - 1, device: deviceId('x'), number: at + 1, operations };
    });
    const view = { device: deviceId('y'), base: 1, dependencies: new Map(), after: 0, afterInBase: false };
    const over = (each: OtType) => bridgeOver(writes, view, each, transformsOfPushes().transforms());
    expect(over(type)).toEqual([operation]);
    expect(over({ ...type, effort: () => 1_000 })).toBeNull();
    expect(asked).toEqual([]);
  });

  test('is left to others where one operation alone is too much', () => {
    const { type, asked, operation } = collidingType();
    const pushes = transformsOfPushes();
    const many = Array.from({ length: 50_000 }, () => operation);
    expect(passageOf(operation, many, type, pushes.transforms())).toBeNull();
    expect(asked).toEqual([]);
    expect(passageOf(operation, [operation], type, pushes.transforms())).toMatchObject({ sent: operation });
  });
});
