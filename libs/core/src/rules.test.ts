import { collectionName } from './ids';
import {
  activate,
  type CollectionRules,
  rulesBook,
  rulesProblems,
  takesShape,
  undeclaredRules,
} from './rules';
import { NOTES, REGISTRY, rulesOf } from './space.test-fixtures';

describe('a declaration', () => {
  test.each<[string, Partial<CollectionRules>, string[]]>([
    ['the plain one', {}, []],
    ['merging by field', { policy: 'field-merge', rule: { fields: { c: 'counter' } } }, []],
    ['an opaque one', { encrypted: true, json: false }, []],
    ['of the system', { collection: collectionName('sys.mine') }, ['collection']],
    ['an unknown policy', { policy: 'best' }, ['policy']],
    [
      'a policy that reads what is encrypted',
      { policy: 'field-merge', encrypted: true, json: false },
      ['encrypted', 'json'],
    ],
    ['a policy that reads what is not JSON', { policy: 'field-merge', json: false }, ['json']],
    ['encrypted JSON', { encrypted: true }, ['json']],
    ['a rule that does not parse', { rule: { windowMs: 0, width: 1 } }, ['rule.windowMs', 'rule.width']],
    ['a JSON Schema where none can be read', { jsonSchema: '{}' }, ['json_schema']],
    ['a JSON Schema for what is no JSON', { jsonSchema: '{}', json: false }, ['json_schema', 'json_schema']],
    ['a size that is none', { recordBytesMax: -1 }, ['record_bytes_max']],
    ['a delete rule that is none', { deletes: 'never' as 'ask' }, ['deletes']],
    ['schemas backwards', { schema: { oldest: 3, current: 2, steps: [] } }, ['schema.oldest']],
    [
      'schemas that are no numbers',
      { schema: { oldest: -1, current: 0.5, steps: [] } },
      ['schema.current', 'schema.oldest'],
    ],
    [
      'everything',
      { policy: 'best', deletes: 'never' as 'ask', schema: { oldest: 1, current: -1, steps: [] } },
      ['schema.current', 'schema.oldest', 'deletes', 'policy'],
    ],
  ])('%s', (_what, given, fields) => {
    expect(rulesProblems(rulesOf(given), REGISTRY).map(({ field }) => field)).toEqual(fields);
  });

  test('of nobody is last-write-wins over anything', () => {
    expect(rulesProblems(undeclaredRules(NOTES), REGISTRY)).toEqual([]);
    expect(undeclaredRules(NOTES)).toMatchObject({
      policy: 'last-write-wins',
      deletes: 'policy',
      json: false,
      rulesVersion: 0,
    });
  });
});

test.each([
  [1, false],
  [2, true],
  [3, true],
  [4, false],
])('shape %d is taken: %s', (schemaVersion, taken) => {
  expect(takesShape({ schemaVersion }, rulesOf({ schema: { oldest: 2, current: 3, steps: [] } }))).toBe(
    taken,
  );
});

test('rules are activated once and looked up by collection', () => {
  const book = rulesBook(new Map([[NOTES, rulesOf({ policy: 'manual' })]]), REGISTRY);
  expect(book.of(NOTES).policy.name).toBe('manual');
  expect(book.of(NOTES)).toBe(book.of(NOTES));
  expect(book.of(collectionName('other')).policy.name).toBe('last-write-wins');
});

test('a stored declaration that no longer holds is a fault', () => {
  expect(() => activate(rulesOf({ policy: 'best' }), REGISTRY)).toThrow('no policy is named best');
  expect(() => activate(rulesOf({ rule: { windowMs: -1 } }), REGISTRY)).toThrow('the stored rule of notes');
  expect(() => activate(rulesOf({ jsonSchema: '{}' }), REGISTRY)).toThrow('the stored JSON Schema of notes');
});
