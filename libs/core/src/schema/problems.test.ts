import type { SchemaDeclaration, SchemaOperation, SchemaStep } from './declaration';
import { schemaProblems } from './problems';

const step = (
  toVersion: number,
  up: readonly SchemaOperation[],
  down: readonly SchemaOperation[] = [],
): SchemaStep => ({
  toVersion,
  up,
  down,
});

const problemsOf = (schema: Partial<SchemaDeclaration>): string[] =>
  schemaProblems({ current: 0, oldest: 0, steps: [], ...schema }).map(
    ({ field, description }) => `${field} ${description}`,
  );

/** Of the step from version 0 to 1. */
const upProblems = (...up: SchemaOperation[]): string[] => problemsOf({ current: 1, steps: [step(1, up)] });

const rename = (field: string, to: string): SchemaOperation => ({ kind: 'rename', field, to });
const move = (field: string, to: string): SchemaOperation => ({ kind: 'move', field, to });
const byDefault = (field: string, value: string): SchemaOperation => ({ kind: 'default', field, value });
const remove = (field: string): SchemaOperation => ({ kind: 'remove', field });
const split = (field: string, separator: string, ...into: string[]): SchemaOperation => ({
  kind: 'split',
  field,
  separator,
  into,
});
const join = (into: string, ...fields: string[]): SchemaOperation => ({
  kind: 'join',
  fields,
  separator: ' ',
  into,
});
const mapped = (...values: (readonly [string, string])[]): SchemaOperation => ({
  kind: 'convert',
  field: 'a',
  to: 'mapped',
  values,
});

test('no versions, versions with a step each, and steps for versions that are no longer taken are fine', () => {
  expect(problemsOf({})).toEqual([]);
  expect(problemsOf({ current: 3, oldest: 1, steps: [step(2, []), step(3, [rename('a', 'b')])] })).toEqual(
    [],
  );
  expect(problemsOf({ current: 3, oldest: 3, steps: [step(2, []), step(3, [])] })).toEqual([]);
  expect(
    upProblems(
      move('a', 'a/b'),
      split('n', ' ', 'n', 'm'),
      byDefault('x', '{ "a": [1] }'),
      mapped(['1', '2']),
    ),
  ).toEqual([]);
});

test('all problems are told at once', () => {
  expect(
    problemsOf({
      current: 3,
      oldest: 1,
      steps: [step(3, [rename('a//b', ''), byDefault('x', '{'), remove('y')])],
    }),
  ).toEqual([
    'schema.steps must lead from version 1 to 3, one for each version behind the first',
    'schema.steps[0].up[0].field must be names with / between, with ~1 for / and ~0 for ~',
    'schema.steps[0].up[0].to must be a name of 1 to 1000 characters',
    'schema.steps[0].up[1].value must be JSON',
    "schema.steps[0].up[2] a remove like this cannot be turned around: declare the step's down",
  ]);
});

test.each<[string, Partial<SchemaDeclaration>, string[]]>([
  [
    'versions that are none',
    { current: -1, oldest: 0.5 },
    [
      'schema.current must be a whole number from 0 to 4294967295',
      'schema.oldest must be a whole number from 0 to the current version',
    ],
  ],
  [
    'no steps',
    { current: 1 },
    ['schema.steps must lead from version 0 to 1, one for each version behind the first'],
  ],
  [
    'a gap',
    { current: 3, oldest: 1, steps: [step(1, []), step(3, [])] },
    ['schema.steps[0].to_version must be 2: steps go up one by one to the current version'],
  ],
  [
    'steps before the first version',
    { current: 1, oldest: 1, steps: [step(0, []), step(1, [])] },
    ['schema.steps must not begin before version 1'],
  ],
  [
    'too many versions',
    { current: 101 },
    ['schema.oldest must be at most 100 versions before the current one'],
  ],
  [
    'too many steps',
    { current: 200, steps: Array.from({ length: 101 }, (_, at) => step(at + 100, [])) },
    ['schema.steps must be at most 100'],
  ],
  [
    'too many operations',
    {
      current: 1,
      steps: [
        step(
          1,
          Array.from({ length: 501 }, () => byDefault('a', '1')),
        ),
      ],
    },
    ['schema.steps must have at most 500 operations, up and down'],
  ],
])('%s', (_name, schema, problems) => {
  expect(problemsOf(schema)).toEqual(problems);
});

test.each<[string, SchemaOperation[], string[]]>([
  [
    'the same twice',
    [byDefault('a', '1'), rename('b', 'a')],
    ['[1] would overwrite a, which is there already'],
  ],
  [
    'what is in an object',
    [byDefault('o/a', '1'), move('b', 'o')],
    ['[1] would overwrite o/a, which is there already'],
  ],
  [
    'what moved with its object',
    [byDefault('o/a', '1'), move('o', 'p'), rename('b', 'p')],
    ['[2] would overwrite p, which is there already'],
  ],
  ['parts in each other', [split('n', ' ', 'a', 'a/b')], ['[0] would overwrite a/b, which is there already']],
  [
    'what a join makes',
    [join('n', 'a', 'b'), move('c', 'n')],
    ['[1] would overwrite n, which is there already'],
  ],
])('an operation overwrites %s', (_name, up, problems) => {
  expect(upProblems(...up)).toEqual(problems.map((problem) => `schema.steps[0].up${problem}`));
});

test('a later step overwrites what an earlier one made, but not what is gone', () => {
  const first = step(1, [byDefault('a', '1')]);
  expect(problemsOf({ current: 2, steps: [first, step(2, [rename('b', 'a')])] })).toEqual([
    'schema.steps[1].up[0] would overwrite a, which is there already',
  ]);
  const moved = step(2, [rename('a', 'c'), rename('b', 'a')]);
  expect(problemsOf({ current: 2, steps: [first, moved] })).toEqual([]);
});

test.each<[SchemaOperation, string]>([
  [rename('a/~2', 'b'), '.field must be names with / between, with ~1 for / and ~0 for ~'],
  [rename('x'.repeat(1_001), 'b'), '.field must be at most 1000 characters'],
  [move('a', '1/2/3/4/5/6/7/8/9'), '.to must go at most 8 names inwards'],
  [byDefault('a', `"${'x'.repeat(16_384)}"`), '.value must be at most 16384 characters'],
  [split('a', '', 'b', 'c'), '.separator must be a text of 1 to 100 characters'],
  [split('a', ' ', 'b'), '.into must name 2 to 16 fields'],
  [split('a', ' ', 'b', ''), '.into[1] must be names with / between, with ~1 for / and ~0 for ~'],
  [join('n', 'a', 'a'), '.fields must name each field once'],
  [mapped(), '.values must be 1 to 1000'],
  [mapped(['1', 'x']), '.values must be JSON'],
  [mapped(['"\\u0061"', '1'], ['"a"', '2']), '.values must name each old value once'],
  [
    mapped(['1', '"x"'], ['2', '"x"']),
    " a convert like this cannot be turned around: declare the step's down",
  ],
  [
    { kind: 'convert', field: 'a', to: 'string', values: [] },
    " a convert like this cannot be turned around: declare the step's down",
  ],
  [{ kind: 'convert', field: 'a', to: 'number', values: [['1', '2']] }, '.values is for MAPPED only'],
])('%j', (operation, problem) => {
  expect(upProblems(operation)).toContain(`schema.steps[0].up[0]${problem}`);
});

test("a step's own way down is looked at as well", () => {
  const down = [byDefault('a', '1'), byDefault('b', ''), move('c', 'a')];
  expect(problemsOf({ current: 1, steps: [step(1, [remove('a')], down)] })).toEqual([
    'schema.steps[0].down[1].value must be JSON',
    'schema.steps[0].down[2] would overwrite a, which is there already',
  ]);
});
