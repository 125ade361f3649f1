import { decodeUtf8 } from '../utf8';
import type { JsonSchemaReader } from '../rules';
import {
  create,
  inWords,
  outcomesOf,
  patch,
  pushOf,
  remove,
  rulesOf,
  testSpace,
  textOf,
  update,
} from '../space.test-fixtures';

/** Knows one keyword: how many fields there may be. */
const readJsonSchema: JsonSchemaReader = (declared) => {
  const { most } = JSON.parse(declared) as { most: number };
  return {
    ok: true,
    check: (payload) => {
      const fields = Object.entries(JSON.parse(decodeUtf8(payload)) as Record<string, unknown>);
      return fields.slice(most).map(([field]) => ({ field: `/${field}`, description: 'is one too many' }));
    },
  };
};
const TWO = '{"most":2}';
const spaceWith = (rules: Parameters<typeof rulesOf>[0]) =>
  testSpace({ rules: [rulesOf(rules)], readJsonSchema });

describe('a JSON Schema', () => {
  test('holds for what devices create and write, and for what their patches make of a record', () => {
    const space = spaceWith({ jsonSchema: TWO });
    const three = { a: 1, b: 2, c: 3 };
    const outcomes = space.write(
      'd',
      create('x', { a: 1, b: 2 }),
      create('y', { ...three, d: 4 }),
      update('x', 0, three),
      patch('x', 0, { c: 3 }),
      patch('x', 0, { c: 3 }, ['a']),
      remove('x', 0),
    );
    expect(outcomes.map(inWords)).toEqual([
      'APPLIED',
      'REJECTED INVALID_PAYLOAD',
      'REJECTED INVALID_PAYLOAD',
      'REJECTED INVALID_PAYLOAD',
      'APPLIED',
      'APPLIED',
    ]);
    expect(outcomes[1]!.message).toContain('/c is one too many; /d is one too many');
    expect(space.state.head).toBe(3);
  });

  test('tells the first few of what is wrong, and how much more there is', () => {
    const space = spaceWith({ jsonSchema: '{"most":0}' });
    const fields = Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`f${at}`, at]));
    const [outcome] = space.push('d', create('x', fields));
    expect(outcome!.message).toMatch(/\/f4 is one too many; and 4 more\. /);
    expect(outcome!.violations).toHaveLength(9);
    expect(outcome!.violations![8]).toEqual({ field: 'payload/f8', description: 'is one too many' });
  });

  test('tells no more than so many by field, and the same whenever the change is sent', () => {
    const space = spaceWith({ jsonSchema: '{"most":0}' });
    const fields = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`f${at}`, at]));
    const push = pushOf('d', 1, [create('x', fields), create('y', {})]);
    const [wrong, right] = outcomesOf(space.merge(push));
    expect(wrong!.violations).toHaveLength(20);
    expect(right!.violations).toBeUndefined();
    expect(outcomesOf(space.merge(push))[0]).toEqual({ ...wrong, repeated: true });
  });

  test('holds for the newest shape; older ones are taken as they are', () => {
    const space = spaceWith({ jsonSchema: TWO, schema: { current: 2, oldest: 1, steps: [] } });
    const [older, newest] = [1, 2].map((schemaVersion) =>
      create(`x${schemaVersion}`, { a: 1, b: 2, c: 3 }, { schemaVersion }),
    );
    expect(space.push('d', older!, newest!).map(inWords)).toEqual(['APPLIED', 'REJECTED INVALID_PAYLOAD']);
  });

  test('is asked of a change that meets a conflict as well', () => {
    const space = spaceWith({ jsonSchema: TWO, policy: 'client-wins' });
    space.push('d', create('x', {}));
    space.write('e', update('x', 0, { a: 1 }));
    expect(space.push('d', update('x', 1, { a: 1, b: 2, c: 3 })).map(inWords)).toEqual([
      'REJECTED INVALID_PAYLOAD',
    ]);
  });

  test('leaves it to a person where two sides that fit make a record that does not', () => {
    const space = spaceWith({ jsonSchema: TWO, policy: 'field-merge' });
    space.push('d', create('x', { a: 1 }));
    space.write('e', update('x', 0, { a: 1, b: 2 }));
    const [outcome] = space.push('d', update('x', 1, { a: 1, c: 3 }));
    expect(outcome).toMatchObject({ status: 'HELD', conflict: { state: 'open' } });
    expect(space.ledger(outcome!.conflict!.id)?.why).toBe(
      'What both sides make together is not possible: the payload does not fit the JSON Schema of its collection: /c is one too many.',
    );
    expect(textOf(space.record('x')?.payload)).toBe('{"a":1,"b":2}');
  });
});

test('a collection may allow less than the installation', () => {
  const space = spaceWith({ recordBytesMax: 10, policy: 'field-merge' });
  const outcomes = space.write(
    'd',
    create('x', { a: 1 }),
    create('y', { a: 123456 }),
    patch('x', 0, { b: 22 }),
  );
  expect(outcomes.map(inWords)).toEqual([
    'APPLIED',
    'REJECTED RECORD_TOO_LARGE',
    'REJECTED RECORD_TOO_LARGE',
  ]);
});
