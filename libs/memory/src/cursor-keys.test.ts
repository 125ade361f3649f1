import { checkpointCursor, decodeCursor, encodeCursor, spaceId, spaceKey, tenantId } from '@syncline/core';
import { hmacCursorKeys } from './cursor-keys';

const space = spaceKey(tenantId('acme'), spaceId('home'));
const other = spaceKey(tenantId('acme'), spaceId('other'));
const old = { id: 3, secret: new Uint8Array(32).fill(1) };
const young = { id: 200, secret: new Uint8Array(32).fill(2) };
const cursor = checkpointCursor(2, 2 ** 40 + 1, { a: 0xffffffff, b: 5 });

test('a cursor comes back for the space that it was signed for', () => {
  const keys = hmacCursorKeys([old]);
  const bytes = encodeCursor(cursor, space, keys);
  expect(decodeCursor(bytes, space, keys)).toEqual(cursor);
  expect(decodeCursor(bytes, other, keys)).toBeNull();
});

test('no byte of a cursor can be changed', () => {
  const keys = hmacCursorKeys([old, young]);
  const bytes = encodeCursor(cursor, space, keys);
  for (let at = 0; at < bytes.length; at++) {
    const changed = bytes.slice();
    changed[at] = changed[at]! ^ 1;
    expect(decodeCursor(changed, space, keys)).toBeNull();
  }
});

test('an old secret is believed as long as it is given, and no longer signs', () => {
  const before = encodeCursor(cursor, space, hmacCursorKeys([old]));
  const rotated = hmacCursorKeys([young, old]);
  expect(decodeCursor(before, space, rotated)).toEqual(cursor);
  expect(encodeCursor(cursor, space, rotated)[1]).toBe(young.id);
  expect(decodeCursor(before, space, hmacCursorKeys([young]))).toBeNull();
});

test('the same id with another secret is not the same key', () => {
  const bytes = encodeCursor(cursor, space, hmacCursorKeys([old]));
  expect(decodeCursor(bytes, space, hmacCursorKeys([{ ...young, id: old.id }]))).toBeNull();
});

test.each([
  ['no secret', []],
  ['a short secret', [{ id: 1, secret: new Uint8Array(15) }]],
  ['an id that is no byte', [{ ...old, id: 256 }]],
  ['an id given twice', [old, { ...young, id: old.id }]],
])('%s is a mistake of whoever set it up', (_what, secrets) => {
  expect(() => hmacCursorKeys(secrets)).toThrow(RangeError);
});
