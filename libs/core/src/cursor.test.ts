import * as fc from 'fast-check';
import { createHmac } from 'node:crypto';
import {
  checkpointCursor,
  CURSOR_FORMAT,
  type Cursor,
  type CursorKeys,
  cursorObstacle,
  decodeCursor,
  encodeCursor,
  startCursor,
} from './cursor';
import type { SpaceKey } from './ids';
import { SPACE } from './space.test-fixtures';

const keysOf = (current: number, known: Record<number, string>): CursorKeys => ({
  current,
  sign(keyId, message) {
    const secret = known[keyId];
    return secret === undefined ? null : createHmac('sha256', secret).update(message).digest();
  },
});
const KEYS = keysOf(1, { 1: 'one' });
const version = fc.maxSafeNat();
const lane = fc.integer({ min: 0, max: 0xffffffff });
const cursors: fc.Arbitrary<Cursor> = fc.record({
  epoch: version,
  position: version,
  checkpoint: version,
  asOf: version,
  scope: fc.record({ a: lane, b: lane }),
});
const someCursor = checkpointCursor(3, 1_000, { a: 1, b: 2 });
const encoded = encodeCursor(someCursor, SPACE, KEYS);

test('what was encoded is decoded', () => {
  fc.assert(
    fc.property(cursors, (cursor) => {
      expect(decodeCursor(encodeCursor(cursor, SPACE, KEYS), SPACE, KEYS)).toEqual(cursor);
    }),
  );
});

test('a part of a larger buffer is read as it is', () => {
  const around = new Uint8Array(encoded.length + 7);
  around.set(encoded, 5);
  expect(decodeCursor(around.subarray(5, 5 + encoded.length), SPACE, KEYS)).toEqual(someCursor);
});

test('no bit can be changed', () => {
  for (let bit = 0; bit < encoded.length * 8; bit++) {
    const changed = encoded.slice();
    changed[bit >> 3]! ^= 1 << (bit & 7);
    expect(decodeCursor(changed, SPACE, KEYS)).toBeNull();
  }
});

test.each<[string, Uint8Array, SpaceKey, CursorKeys]>([
  ['another space', encoded, 'acme/hom' as SpaceKey, KEYS],
  ['another tenant', encoded, 'acm/ehome' as SpaceKey, KEYS],
  ['a key that is not known', encoded, SPACE, keysOf(2, { 2: 'two' })],
  ['another secret', encoded, SPACE, keysOf(1, { 1: 'else' })],
  ['nothing', new Uint8Array(0), SPACE, KEYS],
  ['a byte less', encoded.slice(0, -1), SPACE, KEYS],
  ['a byte more', Uint8Array.from([...encoded, 0]), SPACE, KEYS],
  ['another format', Uint8Array.from([CURSOR_FORMAT + 1, ...encoded.slice(1)]), SPACE, KEYS],
])('is not taken: %s', (_what, bytes, space, keys) => {
  expect(decodeCursor(bytes, space, keys)).toBeNull();
});

test('keys rotate: the old one is read while it is known, the new one is written', () => {
  const rotated = keysOf(2, { 1: 'one', 2: 'two' });
  expect(decodeCursor(encoded, SPACE, rotated)).toEqual(someCursor);
  const again = encodeCursor(someCursor, SPACE, rotated);
  expect(decodeCursor(again, SPACE, KEYS)).toBeNull();
  expect(decodeCursor(again, SPACE, keysOf(2, { 2: 'two' }))).toEqual(someCursor);
});

test('a cursor cannot be made without the current key', () => {
  expect(() => encodeCursor(someCursor, SPACE, keysOf(9, { 1: 'one' }))).toThrow('cursor key 9');
});

describe('a cursor can be continued or not', () => {
  const scope = { a: 1, b: 2 };
  const space = { epoch: 2, head: 100, floor: 40 };
  const midway = (position: number, asOf: number) => ({ ...startCursor(2, asOf, scope), position });

  test.each<[string, Cursor, string | null]>([
    ['at the head', checkpointCursor(2, 100, scope), null],
    ['at the floor', checkpointCursor(2, 40, scope), null],
    ['below the floor', checkpointCursor(2, 39, scope), 'CURSOR_TOO_OLD'],
    ['above the head', checkpointCursor(2, 101, scope), 'INVALID_SYNC_STATE'],
    ['from before a restore', checkpointCursor(1, 50, scope), 'EPOCH_CHANGED'],
    ['from after it', checkpointCursor(3, 50, scope), 'EPOCH_CHANGED'],
    ['of another scope', checkpointCursor(2, 50, { a: 1, b: 3 }), 'SCOPE_CHANGED'],
    ['at the beginning of a first sync', midway(0, 40), null],
    ['in a first sync that began at the floor', midway(7, 40), null],
    ['in a first sync that began before the floor', midway(7, 39), 'CURSOR_TOO_OLD'],
    ['in a first sync that has read past the floor', midway(41, 39), null],
    ['at an asOf that is above the head', midway(0, 101), null],
  ])('%s', (_what, cursor, reason) => {
    expect(cursorObstacle(cursor, space, scope)?.reason ?? null).toBe(reason);
  });
});
