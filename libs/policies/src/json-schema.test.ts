import fc from 'fast-check';
import { readJsonSchema } from './json-schema';

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const read = (schema: unknown) => readJsonSchema(bytes(JSON.stringify(schema)));

function violations(schema: unknown, payload: string): string[] {
  const found = read(schema);
  if (!found.ok) throw new Error(found.problems[0]!.description);
  return found.check(bytes(payload)).map(({ field, description }) => `${field} ${description}`);
}

const note = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  properties: {
    title: { type: 'string', minLength: 1, pattern: '^[^\\n]*$' },
    tags: { type: 'array', items: { type: 'string' }, uniqueItems: true },
    at: { $ref: '#/$defs/place' },
    email: { type: 'string', format: 'email' },
  },
  required: ['title', 'toString'],
  additionalProperties: false,
  $defs: { place: { type: 'array', prefixItems: [{ type: 'number' }, { type: 'number' }], minItems: 2 } },
};

test('a payload that fulfils its schema has no violations', () => {
  expect(violations(note, '{"title":"x","tags":["a","b"],"at":[1,2],"email":"no","toString":1}')).toEqual([
    ' must NOT have additional properties: toString',
  ]);
  expect(violations({ ...note, required: ['title'] }, '{"title":"x","tags":["a","b"],"at":[1,2.5]}')).toEqual(
    [],
  );
});

test('all violations are told at once, without the values', () => {
  expect(violations(note, '{"title":"a\\nb","tags":["a",1,"a"],"at":[1],"__proto__":{}}')).toEqual([
    " must have required property 'toString'",
    ' must NOT have additional properties: __proto__',
    '/title must match pattern "^[^\\n]*$"',
    '/tags/1 must be string',
    '/tags must NOT have duplicate items (items ## 2 and 0 are identical)',
    '/at must NOT have fewer than 2 items',
  ]);
  expect(violations(note, '[')).toEqual([' must be JSON']);
});

test('long names are told by how they begin', () => {
  const [violation] = violations(
    { ...note, required: ['title'] },
    JSON.stringify({ title: 'x', ['n'.repeat(900)]: 1 }),
  );
  expect(violation).toMatch(/: n{100,}…$/);
  expect(violation!.length).toBeLessThan(250);
});

const nested = (depth: number): unknown => (depth === 0 ? true : { not: nested(depth - 1) });
const doubling = Object.fromEntries(
  Array.from({ length: 30 }, (_, at) => [
    `d${at}`,
    at === 29 ? true : { anyOf: [{ $ref: `#/$defs/d${at + 1}` }, { $ref: `#/$defs/d${at + 1}` }] },
  ]),
);

test.each<[string, unknown, string]>([
  ['no schema', 5, 'must be an object, true or false, and so must all in it'],
  [
    'a schema elsewhere',
    { $ref: 'https://example.com/x' },
    'must refer to its own $defs only, by #/$defs/ and a name that is there',
  ],
  [
    'a schema that is not there',
    { $ref: '#/$defs/x' },
    'must refer to its own $defs only, by #/$defs/ and a name that is there',
  ],
  [
    'one that refers to itself',
    { $ref: '#/$defs/x', $defs: { x: { items: { $ref: '#/$defs/x' } } } },
    'must not refer to itself, as $defs/x does',
  ],
  ['an own name', { $id: 'https://example.com/x' }, 'must not have $id'],
  ['waiting', { $async: true }, 'must not have $async'],
  [
    'another draft',
    { $schema: 'http://json-schema.org/draft-07/schema#' },
    'no schema with key or ref "http://json-schema.org/draft-07/schema#"',
  ],
  ['an unknown keyword', { colour: 'red' }, 'strict mode: unknown keyword: "colour"'],
  [
    'a keyword of another kind',
    { type: 'text' },
    'schema is invalid: data/type must be equal to one of the allowed values, data/type must be array, data/type must match a schema in anyOf',
  ],
  ['too deep a schema', nested(34), 'must go at most 32 schemas inwards'],
  [
    'doubling',
    { $ref: '#/$defs/d0', $defs: doubling },
    'must have at most 2000 keywords and values, counted anew at each $ref',
  ],
  [
    'many values',
    { enum: Array.from({ length: 2_000 }, (_, at) => at) },
    'must have at most 2000 keywords and values, counted anew at each $ref',
  ],
  ['a long pattern', { pattern: 'a'.repeat(501) }, 'must have patterns of at most 500 characters'],
  ['looking ahead', { pattern: '(?=a)' }, 'error parsing regexp: invalid or unsupported Perl syntax: `(?=`'],
  [
    'comparing all with all',
    { uniqueItems: true },
    'must name one type of scalar in items beside uniqueItems',
  ],
])('%s is a problem', (_name, schema, description) => {
  expect(read(schema)).toEqual({ ok: false, problems: [{ field: 'json_schema', description }] });
});

test('bytes that are no JSON, or too many, are a problem', () => {
  expect(readJsonSchema(bytes('{'))).toEqual({
    ok: false,
    problems: [{ field: 'json_schema', description: 'must be JSON' }],
  });
  expect(readJsonSchema(bytes('{"not":'.repeat(8_000) + '{}' + '}'.repeat(8_000)))).toMatchObject({
    problems: [{ description: 'must go at most 32 schemas inwards' }],
  });
  expect(readJsonSchema(new Uint8Array(65_537))).toMatchObject({
    problems: [{ description: 'must be at most 65536 bytes' }],
  });
});

test('a pattern that others never come to an end with does, and too large a payload is not begun with', () => {
  const schema = { properties: { a: { pattern: '^(a+)+$' }, b: { pattern: '^(b|b)*$' } } };
  const long = (length: number): string => JSON.stringify({ a: `${'a'.repeat(length)}!`, b: 'b'.repeat(50) });
  expect(violations(schema, long(20_000))).toEqual(['/a must match pattern "^(a+)+$"']);
  expect(violations(schema, long(1_000_000))).toEqual([
    " is too large to be checked against the collection's JSON Schema",
  ]);
});

test('of a large payload one violation is told, and of a small one no more than a hundred', () => {
  const schema = { items: { type: 'string', minLength: 1 } };
  expect(violations(schema, JSON.stringify(Array(1_000).fill(1)))).toHaveLength(100);
  expect(violations(schema, JSON.stringify(Array(400_000).fill(1)))).toEqual(['/0 must be string']);
});

test('it never throws, and says the same of the same', () => {
  const keyword = fc.constantFrom(
    'type',
    'items',
    'properties',
    '$ref',
    '$defs',
    'anyOf',
    'pattern',
    'enum',
    'const',
    'uniqueItems',
    'required',
    'x',
  );
  const schemas = fc.oneof(
    fc.jsonValue(),
    fc.dictionary(keyword, fc.oneof(fc.jsonValue(), fc.constantFrom('object', true, {}))),
  );
  fc.assert(
    fc.property(schemas, fc.json(), (schema, payload) => {
      const first = read(schema);
      const again = read(schema);
      expect(again.ok).toBe(first.ok);
      if (!first.ok || !again.ok) return;
      expect(first.check(bytes(payload))).toEqual(again.check(bytes(payload)));
    }),
    { numRuns: 50 },
  );
});
