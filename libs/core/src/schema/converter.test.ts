import { type ConvertedPayload, schemaConverter } from './converter';
import type { SchemaDeclaration, SchemaOperation } from './declaration';

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const textOf = (payload: Uint8Array): string => Buffer.from(payload).toString();
const said = (converted: ConvertedPayload): string =>
  converted.ok ? textOf(converted.payload) : `SCHEMA: ${converted.why}`;

const schemaOf = (...steps: (readonly SchemaOperation[])[]): SchemaDeclaration => ({
  current: steps.length + 1,
  oldest: 1,
  steps: steps.map((up, index) => ({ toVersion: index + 2, up, down: [] })),
});

const rename = (field: string, to: string): SchemaOperation => ({ kind: 'rename', field, to });
const move = (field: string, to: string): SchemaOperation => ({ kind: 'move', field, to });
const byDefault = (field: string, value: string): SchemaOperation => ({ kind: 'default', field, value });
const split = (field: string, ...into: string[]): SchemaOperation => ({
  kind: 'split',
  field,
  separator: ' ',
  into,
});
const join = (into: string, ...fields: string[]): SchemaOperation => ({
  kind: 'join',
  fields,
  separator: ' ',
  into,
});
const convert = (
  field: string,
  to: Extract<SchemaOperation, { kind: 'convert' }>['to'],
  values: readonly (readonly [string, string])[] = [],
): SchemaOperation => ({ kind: 'convert', field, to, values });

describe('an operation, up and down again', () => {
  test.each<[string, SchemaOperation, string, string]>([
    ['rename', rename('a', 'b'), '{"a":1.0}', '{"b":1.0}'],
    ['rename within', rename('o/a', 'b'), '{"o":{"a":1, "c":2}}', '{"o":{"b":1,"c":2}}'],
    ['rename to what a prototype has', rename('a', '__proto__'), '{"a":1}', '{"__proto__":1}'],
    ['a path with signs of its own', rename('a~1b~0c', 'd/e'), '{"a/b~c":1}', '{"d/e":1}'],
    ['default', byDefault('a', '0.0'), '{"b":1}', '{"a":0.0,"b":1}'],
    ['default within', byDefault('o/a', '0'), '{"o":{}}', '{"o":{"a":0}}'],
    ['default within nothing', byDefault('o/a', '0'), '{"b":{}}', '{"b":{}}'],
    ['move inwards', move('a', 'o/p/b'), '{"a":{"z":1 }}', '{"o":{"p":{"b":{"z":1 }}}}'],
    ['move into itself', move('a', 'a/b'), '{"a":[ ]}', '{"a":{"b":[ ]}}'],
    ['split', split('name', 'first', 'last'), '{"name":"Jan de Vries"}', '{"first":"Jan","last":"de Vries"}'],
    ['split of one word', split('name', 'first', 'last'), '{"name":"Cher"}', '{"first":"Cher"}'],
    ['split into itself', split('a', 'a/b', 'a/c'), '{"a":"1 2"}', '{"a":{"b":"1","c":"2"}}'],
    ['join', join('name', 'first', 'last'), '{"first":"Jan","last":"de Vries"}', '{"name":"Jan de Vries"}'],
    ['number', convert('a', 'number'), '{"a":"1e400"}', '{"a":1e400}'],
    ['array', convert('a', 'array'), '{"a":[1]}', '{"a":[[1]]}'],
    ['null', convert('a', 'array'), '{"a":null}', '{"a":null}'],
    ['time', convert('a', 'time-ms'), '{"a":"2026-11-21T19:07:58.123Z"}', '{"a":1795288078123}'],
    ['mapped', convert('a', 'mapped', [['1', '"one"']]), '{"a":1}', '{"a":"one"}'],
  ])('%s', (_name, operation, before, after) => {
    const { convert: through } = schemaConverter(schemaOf([operation]));
    const up = through(bytes(before), 1, 2);
    expect(said(up)).toBe(after);
    expect(said(through(bytes(after), 2, 1)).replaceAll(' ', '')).toBe(before.replaceAll(' ', ''));
  });

  test('what no step touches keeps its spelling', () => {
    const { convert: through } = schemaConverter(schemaOf([rename('a', 'b'), byDefault('o/z', '1')]));
    expect(said(through(bytes('{ "n" : 12345678901234567890.00, "x": { "y": 1e3 }, "a":0 }'), 1, 2))).toBe(
      '{"b":0,"n":12345678901234567890.00,"x":{ "y": 1e3 }}',
    );
  });
});

describe('what cannot be converted says why', () => {
  test.each<[string, SchemaOperation, string]>([
    ['{"a":1,"b":2}', rename('a', 'b'), 'Version 2 needs a rename of a, but there is a field b already.'],
    ['{"a":1,"o":[]}', move('a', 'o/b'), 'Version 2 needs a move of a, but what b would be in is no object.'],
    ['{"a":1}', split('a', 'b', 'c'), 'Version 2 needs a split of a, but it is not a text.'],
    [
      '{"a":"x y","c":0}',
      split('a', 'b', 'c'),
      'Version 2 needs a split of a, but there is a field c already.',
    ],
    ['{"o":{"b":7}}', join('a', 'o/b', 'c'), 'Version 2 needs a join into a, but b is not a text.'],
    [
      '{"a":"x"}',
      convert('a', 'number'),
      'Version 2 needs a conversion of a, but it is not a text that is a number.',
    ],
    [
      '{"a":"yesterday"}',
      convert('a', 'time-ms'),
      'Version 2 needs a conversion of a, but it is not a time in ISO 8601 with its offset.',
    ],
    [
      '{"a":0.5}',
      convert('a', 'time-iso'),
      'Version 2 needs a conversion of a, but it is not milliseconds since 1970.',
    ],
    [
      '{"a":2}',
      convert('a', 'mapped', [['1', '"one"']]),
      'Version 2 needs a conversion of a, but it is not one of the declared values.',
    ],
  ])('%s', (before, operation, why) => {
    expect(schemaConverter(schemaOf([operation])).convert(bytes(before), 1, 2)).toEqual({ ok: false, why });
  });

  test('on the way down, of the version before', () => {
    const { convert: through } = schemaConverter(schemaOf([], [rename('a', 'b'), convert('c', 'array')]));
    expect(through(bytes('{"a":1,"b":2}'), 3, 1)).toEqual({
      ok: false,
      why: 'Version 2 needs a rename of b, but there is a field a already.',
    });
    expect(through(bytes('{"c":2}'), 3, 1)).toEqual({
      ok: false,
      why: 'Version 2 needs the first element of c, but it is not an array.',
    });
  });

  test('a payload that is no object, and a version without step', () => {
    const { convert: through, updateThrough } = schemaConverter(schemaOf([rename('a', 'b')]));
    const why =
      'The payload is no JSON object whose fields are named once, so no schema version can be told of it.';
    for (const text of ['[]', '{', '{"a":1,"a":2}', ''])
      expect(through(bytes(text), 1, 2)).toEqual({ ok: false, why });
    expect(through(bytes('{}'), 0, 2)).toEqual({
      ok: false,
      why: 'Version 0 has no step; there are versions 1 to 2.',
    });
    expect(through(bytes('{}'), 1, 2.5)).toMatchObject({ ok: false });
    expect(updateThrough(bytes('{}'), 1, bytes('{}'), 2)).toEqual({
      ok: false,
      why: 'Version 2 is newer than 1, which is stored.',
    });
  });
});

test('a field is converted to a text, to a truth value and cut to milliseconds on a way up that tells its way down', () => {
  const up = [
    convert('s', 'string'),
    convert('b', 'boolean'),
    convert('t', 'time-ms'),
    convert('i', 'time-iso'),
  ];
  const down = [convert('s', 'number'), convert('b', 'string')];
  const { convert: through } = schemaConverter({ current: 1, steps: [{ toVersion: 1, up, down }] });
  const before = '{"b":"true","i":0,"s":12345678901234567890.0,"t":"2026-11-21"}';
  const after = '{"b":true,"i":"1970-01-01T00:00:00.000Z","s":"12345678901234567890.0","t":1795219200000}';
  expect(said(through(bytes(before), 0, 1))).toBe(after);
  expect(said(through(bytes(after), 1, 0))).toBe(
    '{"b":"true","i":"1970-01-01T00:00:00.000Z","s":12345678901234567890.0,"t":1795219200000}',
  );
  expect(said(through(bytes('{"b":0}'), 0, 1))).toBe('{"b":false}');
});

test('a new version that only adds fields hands out the stored bytes', () => {
  const stored = bytes('{ "title": "x", "done": true }');
  const { convert: through } = schemaConverter(schemaOf([], [byDefault('done', 'false')]));
  const passed = through(stored, 1, 3);
  expect(passed.ok && passed.payload).toBe(stored);
});

describe('an update in an older version', () => {
  const threeVersions: SchemaDeclaration = {
    current: 3,
    oldest: 1,
    steps: [
      { toVersion: 2, up: [move('city', 'address/city'), byDefault('done', 'false')], down: [] },
      {
        toVersion: 3,
        up: [split('name', 'first', 'last'), convert('tag', 'array')],
        down: [{ kind: 'remove', field: 'note' }, join('name', 'first', 'last')],
      },
    ],
  };
  const stored =
    '{"address":{"city":"Delft","country":"NL"},"done":true,"first":"Mary Ann","last":"Smith","note":"v3","z": 1.0}';

  test.each([
    [
      'nothing',
      '{"name":"Mary Ann Smith","city":"Delft","address":{"country":"NL"},"z":1.0,"done":true}',
      stored,
    ],
    [
      'a field that both hold',
      '{"name":"Mary Ann Smith","city":"Delft","address":{"country":"NL"},"z":2,"done":true}',
      '{"address":{"city":"Delft","country":"NL"},"done":true,"first":"Mary Ann","last":"Smith","note":"v3","z":2}',
    ],
    [
      'a field that moved, without those that the device does not know of',
      '{"name":"Mary Ann Smith","city":"Breda","address":{"country":"NL"},"z":1.0}',
      '{"address":{"city":"Breda","country":"NL"},"done":true,"first":"Mary Ann","last":"Smith","note":"v3","z":1.0}',
    ],
    [
      'a text that was split',
      '{"name":"Mary Ann Jones","city":"Delft","address":{"country":"NL"},"z":1.0,"done":true}',
      '{"address":{"city":"Delft","country":"NL"},"done":true,"first":"Mary","last":"Ann Jones","note":"v3","z":1.0}',
    ],
    [
      'fields that go',
      '{"city":"Delft","address":{"country":"NL"}}',
      '{"address":{"city":"Delft","country":"NL"},"done":true,"note":"v3"}',
    ],
    ['all fields', '{}', '{"done":true,"note":"v3"}'],
  ])('changes %s', (_name, incoming, result) => {
    const { updateThrough } = schemaConverter(threeVersions);
    expect(said(updateThrough(bytes(stored), 3, bytes(incoming), 1))).toBe(result);
  });

  test('to an array of which it saw the first element changes that one', () => {
    const { updateThrough } = schemaConverter(schemaOf([convert('tag', 'array')]));
    const of = (incoming: string): string =>
      said(updateThrough(bytes('{"tag":["a","b"]}'), 2, bytes(incoming), 1));
    expect(of('{"tag":"a","x":1}')).toBe('{"tag":["a","b"],"x":1}');
    expect(of('{"tag":"c"}')).toBe('{"tag":["c","b"]}');
    expect(of('{}')).toBe('{"tag":["b"]}');
    expect(of('{"tag":[]}')).toBe('{"tag":[[],"b"]}');
  });

  test('takes a field away that a split had made, though a later version has a default for it', () => {
    const { updateThrough } = schemaConverter(schemaOf([split('n', 'a', 'b')], [byDefault('b', '"-"')]));
    expect(said(updateThrough(bytes('{"a":"x","b":"y z"}'), 3, bytes('{"n":"solo"}'), 1))).toBe(
      '{"a":"solo","b":"-"}',
    );
  });

  test('brings an object back that the device could not see, with what is in it', () => {
    const { updateThrough } = schemaConverter({
      current: 1,
      steps: [{ toVersion: 1, up: [], down: [{ kind: 'remove', field: 'o' }] }],
    });
    expect(said(updateThrough(bytes('{"o":{"a":1,"b":1}}'), 1, bytes('{"o":{"a":2}}'), 0))).toBe(
      '{"o":{"a":2,"b":1}}',
    );
  });

  test('that cannot be brought up says why', () => {
    const { updateThrough } = schemaConverter(threeVersions);
    expect(updateThrough(bytes(stored), 3, bytes('{"name":5}'), 1)).toEqual({
      ok: false,
      why: 'Version 3 needs a split of name, but it is not a text.',
    });
  });
});

describe('a patch', () => {
  const patchOf = (set: string, ...remove: string[]) => ({ set: bytes(set), remove });

  test.each<[string, SchemaOperation, ReturnType<typeof patchOf>, ReturnType<typeof patchOf>]>([
    ['other fields', split('name', 'first', 'last'), patchOf('{"x":1.0}', 'y'), patchOf('{"x":1.0}', 'y')],
    ['a renamed field', rename('a', 'b'), patchOf('{"a":1.0}'), patchOf('{"b":1.0}')],
    ['a renamed field that goes', rename('a', 'b'), patchOf('{}', 'a'), patchOf('{}', 'b')],
    ['a moved field', move('a', 'b'), patchOf('{"a":[ ]}'), patchOf('{"b":[ ]}')],
    ['a converted field', convert('a', 'number'), patchOf('{"a":"1.0"}'), patchOf('{"a":1.0}')],
    ['a converted field that goes', convert('a', 'number'), patchOf('{}', 'a'), patchOf('{}', 'a')],
    ['a defaulted field', byDefault('a', '0'), patchOf('{"a":1}'), patchOf('{"a":1}')],
  ])('of %s', (_name, operation, patch, converted) => {
    expect(schemaConverter(schemaOf([operation])).convertPatch(patch, 1, 2)).toEqual(converted);
  });

  test.each<[string, SchemaOperation, ReturnType<typeof patchOf>, ReturnType<typeof patchOf>]>([
    ['sets a default', byDefault('a', '0'), patchOf('{"a":0}'), patchOf('{}', 'a')],
    ['sets another value than the default', byDefault('a', '0'), patchOf('{"a":1}'), patchOf('{"a":1}')],
    ['sets an array', convert('a', 'array'), patchOf('{"a":[1,2]}'), patchOf('{"a":1}')],
    ['empties an array', convert('a', 'array'), patchOf('{"a":[]}'), patchOf('{}', 'a')],
  ])('on the way down that %s', (_name, operation, patch, converted) => {
    expect(schemaConverter(schemaOf([operation])).convertPatch(patch, 2, 1)).toEqual(converted);
  });

  test.each<[string, SchemaOperation, ReturnType<typeof patchOf>]>([
    ['a part of a split text', split('name', 'first', 'last'), patchOf('{"name":"x y"}')],
    ['a part of a joined text', join('name', 'first', 'last'), patchOf('{"first":"x"}')],
    ['a field that moves inwards', move('a', 'o/a'), patchOf('{"a":1}')],
    ['the object that a field moves into', move('a', 'o/a'), patchOf('{"o":{}}')],
    ['a value that cannot be converted', convert('a', 'number'), patchOf('{"a":"x"}')],
    ['an array whose other elements are not seen', convert('a', 'array'), patchOf('{"a":1}')],
    ['a default that goes', byDefault('a', '0'), patchOf('{}', 'a')],
    ['the new name of a field', rename('a', 'b'), patchOf('{"b":1}')],
    ['what is no object', rename('a', 'b'), patchOf('[]')],
  ])('of %s takes the whole record', (_name, operation, patch) => {
    expect(schemaConverter(schemaOf([operation])).convertPatch(patch, 1, 2)).toBeNull();
  });

  test('of a removed field leaves nothing, and one of hidden fields takes the whole record', () => {
    const hide: SchemaOperation = { kind: 'remove', field: 'a' };
    const { convertPatch } = schemaConverter({ current: 1, steps: [{ toVersion: 1, up: [], down: [hide] }] });
    expect(convertPatch(patchOf('{"a":1,"b":2}'), 1, 0)).toEqual(patchOf('{"b":2}'));
    expect(convertPatch(patchOf('{"a":1,"b":2}'), 0, 1)).toBeNull();
    expect(convertPatch(patchOf('{"b":2}'), 0, 1)).toEqual(patchOf('{"b":2}'));
    expect(convertPatch(patchOf('{"b":2}'), 0, 2)).toBeNull();
  });

  test('of versions without operations is the very same', () => {
    const patch = patchOf('{ "a" : 1 }');
    expect(schemaConverter(schemaOf([], [])).convertPatch(patch, 1, 3)).toBe(patch);
  });
});
