import { emptyDatabase, type TestDatabase } from './database.test-fixtures';
import { packed, type PackedType, type TypeOf } from './packed-arrays';
import { statement } from './sql';

const world = {} as { database: TestDatabase };
beforeAll(async () => {
  world.database = await emptyDatabase();
});
afterAll(() => world.database.close());

async function thereAndBack<Type extends PackedType>(
  type: Type,
  values: readonly (TypeOf[Type] | null)[],
): Promise<unknown[]> {
  const through = statement<{ value: unknown }>(
    `packed.${type}`,
    `select value from unnest($1::${type}[]) with ordinality as t(value, at) order by at`,
  );
  const array = packed(type, values, (value) => value);
  return (await world.database.sql.query(through(array))).map(({ value }) => value);
}

test.each<{ [Type in PackedType]: [Type, (TypeOf[Type] | null)[]] }[PackedType]>([
  ['text', ['', 'a', null, 'é€\u{1f600}', '"{},\\', 'x'.repeat(100_000)]],
  [
    'int8',
    [0, 1, -1, 2 ** 32 - 1, 2 ** 32, -(2 ** 32) - 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, null],
  ],
  ['int4', [0, -1, 2 ** 31 - 1, -(2 ** 31), null]],
  ['bool', [true, false, null]],
  ['bytea', [new Uint8Array(0), Uint8Array.from([0, 255, 92, 120]), null, new Uint8Array(100_000).fill(7)]],
  ['text', []],
  ['bytea', [null, null]],
])('%s[] comes back as it went: %j', async (type, values) => {
  const back = await thereAndBack(type, values as never[]);
  expect(back).toEqual(values);
});

test('bytes come as plain Uint8Arrays', async () => {
  const [bytes] = await thereAndBack('bytea', [Uint8Array.from([1])]);
  expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
});
