import fc from 'fast-check';
import {
  changeKey,
  collectionName,
  collectionProblem,
  CONFLICTS,
  deviceId,
  ID_BYTES_MAX,
  idProblem,
  isSystem,
  LEDGER_ID_BYTES_MAX,
  recordId,
  recordKey,
  sessionId,
  spaceId,
  spaceKey,
  spaceOf,
  tenantId,
  tenantOf,
  tenantProblem,
  userId,
} from './ids';

const ids = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  .filter((text) => idProblem(text) === null);
const tenants = fc.stringMatching(/^[a-z0-9-]{1,63}$/);

test.each([
  ['', 'must not be empty'],
  ['a\u0000b', 'must not hold control characters'],
  ['a\nb', 'must not hold control characters'],
  ['\u007f', 'must not hold control characters'],
  ['a\ud800', 'must be well-formed Unicode'],
  ['\udc00a', 'must be well-formed Unicode'],
  ['\udc00\ud800', 'must be well-formed Unicode'],
  ['\ufeffa', 'must not begin with a byte order mark'],
  ['x'.repeat(256), 'must be at most 255 bytes of UTF-8'],
  ['é'.repeat(128), 'must be at most 255 bytes of UTF-8'],
  ['\u{1f600}'.repeat(64), 'must be at most 255 bytes of UTF-8'],
])('%p is no id: it %s', (text, problem) => {
  expect(idProblem(text)).toBe(problem);
});

test.each([
  ['a'],
  ['x'.repeat(255)],
  ['é'.repeat(127)],
  ['\u{1f600}'.repeat(63)],
  ['a/b c'],
  ['a\ufeff'],
  ['長'.repeat(85)],
])('%p is an id', (text) => {
  expect(idProblem(text)).toBeNull();
});

test('an id is well-formed and within its bytes, and nothing else is one', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      const controls = [...text].some((unit) => unit < ' ' || unit === '\u007f');
      const fits = text.length > 0 && Buffer.byteLength(text) <= ID_BYTES_MAX;
      const wellFormed = Buffer.from(text).toString() === text;
      const marked = text.codePointAt(0) === 0xfeff;
      expect(idProblem(text) === null).toBe(fits && !controls && wellFormed && !marked);
    }),
  );
});

test.each([['acme'], ['a-1'], ['0'], ['x'.repeat(63)]])('%p is a tenant', (text) => {
  expect(tenantProblem(text)).toBeNull();
});

test.each([[''], ['A'], ['a/b'], ['a.b'], ['é'], ['a\n'], ['x'.repeat(64)]])('%p is no tenant', (text) => {
  expect(tenantProblem(text)).toBe('must be 1 to 63 of a-z, 0-9 and "-"');
});

test.each([['tasks'], ['sys.conflicts'], ['a_b-c.d9'], ['x'.repeat(64)]])('%p is a collection', (text) => {
  expect(collectionProblem(text)).toBeNull();
});

test.each([[''], ['9a'], ['.a'], ['Tasks'], ['a/b'], ['a b'], ['tasks\n'], ['x'.repeat(65)]])(
  '%p is no collection',
  (text) => {
    expect(collectionProblem(text)).toContain('must be 1 to 64 of');
  },
);

test('a parser takes what has no problem, and names what it was to be', () => {
  expect([tenantId('acme'), spaceId('s'), userId('u'), deviceId('d'), sessionId('x')]).toEqual([
    'acme',
    's',
    'u',
    'd',
    'x',
  ]);
  expect(recordId('r'.repeat(LEDGER_ID_BYTES_MAX))).toHaveLength(LEDGER_ID_BYTES_MAX);
  expect(() => recordId('r'.repeat(LEDGER_ID_BYTES_MAX + 1))).toThrow('record id must be at most');
  expect(() => deviceId('')).toThrow(new RangeError('device must not be empty'));
  expect(() => tenantId('A')).toThrow('tenant must be');
  expect(() => collectionName('A')).toThrow('collection must be');
});

test('a space key gives back its tenant and its space, which may hold slashes', () => {
  fc.assert(
    fc.property(tenants, ids, (tenant, space) => {
      const key = spaceKey(tenantId(tenant), spaceId(space));
      expect([tenantOf(key), spaceOf(key)]).toEqual([tenant, space]);
    }),
  );
  expect(spaceOf(spaceKey(tenantId('t'), spaceId('a/b/c')))).toBe('a/b/c');
});

test('keys of records and of changes are as different as what they name', () => {
  const collections = fc.stringMatching(/^[a-z][a-z0-9._-]{0,8}$/);
  fc.assert(
    fc.property(collections, ids, collections, ids, (c1, i1, c2, i2) => {
      const same =
        recordKey(collectionName(c1), recordId(i1)) === recordKey(collectionName(c2), recordId(i2));
      expect(same).toBe(c1 === c2 && i1 === i2);
    }),
  );
  fc.assert(
    fc.property(ids, fc.nat(200), ids, fc.nat(200), (d1, n1, d2, n2) => {
      const same = changeKey(deviceId(d1), n1) === changeKey(deviceId(d2), n2);
      expect(same).toBe(d1 === d2 && n1 === n2);
    }),
  );
});

test('the collections of the system have a prefix of their own', () => {
  expect(isSystem(CONFLICTS)).toBe(true);
  expect(isSystem(collectionName('sysadmins'))).toBe(false);
});
