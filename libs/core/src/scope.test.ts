import * as fc from 'fast-check';
import type { Access } from './access';
import { collectionName, CONFLICTS, recordId } from './ids';
import { rulesBook } from './rules';
import {
  covers,
  holdsWhole,
  isMovable,
  matches,
  type Scope,
  scopeHash,
  scopeProblems,
  visible,
  WHOLE_SPACE,
} from './scope';
import { create, NOTES, NOW_MS, OWNER, REGISTRY, rulesOf, testSpace } from './space.test-fixtures';

const SECRET = collectionName('secret');
const scope = (given: Partial<Scope> = {}): Scope => ({ ...WHOLE_SPACE, ...given });
const narrowed: Access = { role: 'owner', collections: new Map([[NOTES, 'none']]) };
const readOnly: Access = { role: 'reader', collections: new Map([[NOTES, 'read']]) };

describe('problems', () => {
  const rules = rulesBook(
    new Map([[SECRET, rulesOf({ collection: SECRET, encrypted: true, json: false })]]),
    REGISTRY,
  );
  const field = { field: 'a', json: '1' };

  test.each<[string, Partial<Scope>, string[]]>([
    ['whole space', {}, []],
    ['an encrypted collection', { collections: [SECRET] }, []],
    [
      'a collection without a proper name',
      { collections: [NOTES, 'A' as typeof NOTES] },
      ['scope.collections[1]'],
    ],
    ['too many collections', { collections: Array<typeof NOTES>(257).fill(NOTES) }, ['scope.collections']],
    [
      'too many fields',
      { collections: [NOTES], fields: Array<typeof field>(17).fill(field) },
      ['scope.fields'],
    ],
    ['dates backwards', { changedFromMs: 2, changedToMs: 1 }, ['scope.changed_to_ms']],
    ['one moment', { changedFromMs: 2, changedToMs: 2 }, []],
    ['fields of anything', { fields: [field] }, ['scope.fields']],
    ['fields of encrypted records', { collections: [NOTES, SECRET], fields: [field] }, ['scope.fields']],
    [
      'all at once',
      { changedFromMs: 2, changedToMs: 1, fields: [field] },
      ['scope.changed_to_ms', 'scope.fields'],
    ],
  ])('%s', (_what, given, fields) => {
    expect(scopeProblems(scope(given), rules).map((problem) => problem.field)).toEqual(fields);
  });
});

test('collections and prefix say what a scope can ever hold', () => {
  const some = scope({ collections: [NOTES], idPrefix: 'a/' });
  expect(covers(scope(), SECRET, recordId('x'))).toBe(true);
  expect(
    [
      ['notes', 'a/1'],
      ['notes', 'a'],
      ['secret', 'a/1'],
    ].map(([name, id]) => covers(some, collectionName(name!), recordId(id!))),
  ).toEqual([true, false, false]);
  expect(visible(scope(), narrowed, NOTES, recordId('a'))).toBe(false);
});

describe('what matches', () => {
  const space = testSpace();
  space.write(
    'd',
    create('a', { kind: 'x', n: 1.0, deep: { a: [1] } }, { atMs: 5 }),
    create('opaque', new Uint8Array([255])),
  );
  const record = space.record('a')!;
  const at = NOW_MS + 5;

  test.each<[Partial<Scope>, boolean]>([
    [{}, true],
    [{ changedFromMs: at }, true],
    [{ changedFromMs: at + 1 }, false],
    [{ changedToMs: at }, true],
    [{ changedToMs: at - 1 }, false],
    [{ fields: [{ field: 'kind', json: '"x"' }] }, true],
    [{ fields: [{ field: 'kind', json: '"y"' }] }, false],
    [
      {
        fields: [
          { field: 'kind', json: '"x"' },
          { field: 'n', json: '1' },
        ],
      },
      true,
    ],
    [{ fields: [{ field: 'n', json: '1.0' }] }, false],
    [{ fields: [{ field: 'deep', json: '{"a":[1]}' }] }, true],
    [{ fields: [{ field: 'missing', json: 'null' }] }, false],
  ])('%j: %s', (given, expected) => {
    expect(matches(scope(given), record)).toBe(expected);
  });

  test('no field of what is no JSON object', () => {
    expect(matches(scope({ fields: [{ field: 'a', json: '1' }] }), space.record('opaque') ?? record)).toBe(
      false,
    );
  });
});

test('only fields and dates let a record move in and out by a change', () => {
  expect(
    [scope(), scope({ collections: [NOTES], idPrefix: 'a', includeDeleted: true })].some(isMovable),
  ).toBe(false);
  const movable = [{ changedFromMs: 0 }, { changedToMs: 0 }, { fields: [{ field: 'a', json: '1' }] }];
  expect(movable.every((given) => isMovable(scope(given)))).toBe(true);
});

describe('the hash that a cursor is bound to', () => {
  const hash = (given: Partial<Scope>, access: Access = OWNER) => scopeHash(scope(given), access);

  test('does not depend on the order in which a scope is written', () => {
    const fields = [
      { field: 'a', json: '1' },
      { field: 'b', json: '2' },
    ];
    expect(hash({ collections: [NOTES, SECRET], fields })).toEqual(
      hash({ collections: [SECRET, NOTES], fields: [...fields].reverse() }),
    );
  });

  test('changes with every part of it, and with what the user may read', () => {
    const hashes = [
      hash({}),
      hash({ collections: [NOTES] }),
      hash({ collections: [NOTES, SECRET] }),
      hash({ idPrefix: 'a' }),
      hash({ changedFromMs: 1 }),
      hash({ changedToMs: 1 }),
      hash({ includeDeleted: true }),
      hash({ fields: [{ field: 'a', json: '1' }] }),
      hash({ fields: [{ field: 'a1', json: '' }] }),
      hash({}, narrowed),
    ].map(({ a, b }) => `${a}/${b}`);
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  test('does not change with what the user may write', () => {
    expect(hash({}, readOnly)).toEqual(hash({}));
  });

  test('tells texts apart wherever they are cut', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), fc.string(), (a, b, c, d) => {
        const [left, right] = [
          { field: a, json: b },
          { field: c, json: d },
        ];
        fc.pre(a !== c || b !== d);
        expect(hash({ fields: [left] })).not.toEqual(hash({ fields: [right] }));
      }),
    );
  });
});

test.each<[string, Partial<Scope>, Access, string, boolean]>([
  ['everything', {}, OWNER, 'notes', true],
  ['everything, for a reader', {}, readOnly, 'notes', true],
  ['a named collection', { collections: [NOTES] }, OWNER, 'notes', true],
  ['another collection', { collections: [NOTES] }, OWNER, 'secret', false],
  ['a part by prefix', { idPrefix: 'a' }, OWNER, 'notes', false],
  ['a part by date', { changedFromMs: 1 }, OWNER, 'notes', false],
  ['a hidden collection', {}, narrowed, 'notes', false],
  ['one beside it', {}, narrowed, 'secret', true],
  ['the whole ledger', {}, OWNER, CONFLICTS, true],
  ['a ledger with hidden entries', {}, narrowed, CONFLICTS, false],
])('a replica holds a collection whole: %s', (_what, given, access, collection, whole) => {
  expect(holdsWhole(scope(given), access, collectionName(collection))).toBe(whole);
});
