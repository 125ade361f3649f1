import { FIELD_RULES_MAX, parseFieldMergeRule, ruleOf } from './field-merge-rule';

function ruleFrom(declared: unknown) {
  const parsed = parseFieldMergeRule(declared);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.rule;
}

test('without a rule every field is a last write', () => {
  expect(ruleFrom(null)).toEqual({ fields: {}, default: { kind: 'last-write' }, windowMs: 1 });
});

test('a kind can be named alone or with its options', () => {
  const rule = ruleFrom({
    fields: {
      count: 'counter',
      items: 'list-by-id',
      lines: { kind: 'list-by-id', idField: 'key' },
    },
    default: { kind: 'ask' },
    windowMs: 1_000,
  });
  expect(rule).toEqual({
    fields: {
      count: { kind: 'counter' },
      items: { kind: 'list-by-id', idField: 'id' },
      lines: { kind: 'list-by-id', idField: 'key' },
    },
    default: { kind: 'ask' },
    windowMs: 1_000,
  });
  expect(ruleOf(rule, 'lines')).toEqual({ kind: 'list-by-id', idField: 'key' });
  expect(ruleOf(rule, 'other')).toEqual({ kind: 'ask' });
});

test('a field may have the name of what every object has', () => {
  const rule = ruleFrom(JSON.parse('{"fields":{"__proto__":"counter"}}'));
  expect(ruleOf(rule, '__proto__')).toEqual({ kind: 'counter' });
  expect(ruleOf(rule, 'constructor')).toEqual({ kind: 'last-write' });
  expect(ruleOf(ruleFrom(null), '__proto__')).toEqual({ kind: 'last-write' });
});

test('all problems are told at once, each with its path', () => {
  const parsed = parseFieldMergeRule({
    fields: {
      a: 'sum',
      b: { kind: 'counter', step: 2 },
      c: { kind: 'list-by-id', idField: 7 },
      d: 5,
      e: { kind: 'constructor' },
    },
    default: null,
    windowMs: 0,
    window: 1,
  });
  expect(parsed.ok).toBe(false);
  const problems = parsed.ok ? [] : parsed.problems;
  expect(problems.map(({ field }) => field).sort()).toEqual([
    'default',
    'default.kind',
    'fields.a.kind',
    'fields.b.step',
    'fields.c.idField',
    'fields.d',
    'fields.d.kind',
    'fields.e.kind',
    'window',
    'windowMs',
  ]);
});

test('the number of field rules has a limit', () => {
  const named = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`f${at}`, 'counter']));
  expect(parseFieldMergeRule({ fields: named(FIELD_RULES_MAX) }).ok).toBe(true);
  expect(parseFieldMergeRule({ fields: named(FIELD_RULES_MAX + 1) })).toEqual({
    ok: false,
    problems: [{ field: 'fields', description: `must name at most ${FIELD_RULES_MAX}` }],
  });
});
