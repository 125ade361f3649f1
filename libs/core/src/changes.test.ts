import { type Change, type ChangeReliance, fingerprint, payloadBytes } from './changes';
import { hlcTime } from './clock';
import { collectionName, deviceId, recordId } from './ids';
import { bytesOf, create, patch, remove, update } from './space.test-fixtures';

const operations: Change = {
  ...create('a', {}),
  kind: 'operations',
  type: 'yjs',
  operations: bytesOf('abc'),
};

test.each<[Change, number]>([
  [create('a', 'xx'), 4],
  [update('a', 1, 'xxx'), 5],
  [patch('a', 1, { a: 1 }, ['b']), 7],
  [remove('a', 1), 0],
  [operations, 5],
])('payload of %j', (change, bytes) => {
  expect(payloadBytes(change)).toBe(bytes);
});

const relying = (given: Partial<ChangeReliance>): ChangeReliance => ({
  seen: [],
  dependencies: new Map(),
  artifacts: [],
  ...given,
});

test('the order in which dependencies are named makes no other fingerprint', () => {
  const [x, y] = [deviceId('x'), deviceId('y')];
  const printOf = (dependencies: ChangeReliance['dependencies']) =>
    fingerprint({ ...create('a', {}), reliesOn: relying({ dependencies }) });
  expect(
    printOf(
      new Map([
        [x, 1],
        [y, 2],
      ]),
    ),
  ).toEqual(
    printOf(
      new Map([
        [y, 2],
        [x, 1],
      ]),
    ),
  );
  expect(
    printOf(
      new Map([
        [x, 2],
        [y, 1],
      ]),
    ),
  ).not.toEqual(
    printOf(
      new Map([
        [x, 1],
        [y, 2],
      ]),
    ),
  );
});

describe('a fingerprint', () => {
  const base = patch('a', 1, { n: 1 }, ['b']);

  test('is the same for the same change, under whatever number, trace and urgency', () => {
    expect(fingerprint({ ...base, number: 7, trace: '00-x', critical: true })).toEqual(fingerprint(base));
    expect(fingerprint(patch('a', 1, { n: 1 }, ['b']))).toEqual(fingerprint(base));
  });

  test('tells every other difference', () => {
    const others: Change[] = [
      base,
      { ...base, id: recordId('b') },
      { ...base, collection: collectionName('other') },
      { ...base, baseVersion: 2 },
      { ...base, after: 1 },
      { ...base, time: hlcTime(1) },
      { ...base, schemaVersion: 1 },
      { ...base, resolves: [recordId('x')] },
      patch('a', 1, { n: 2 }, ['b']),
      patch('a', 1, { n: 1 }, ['c']),
      patch('a', 1, { n: 1 }),
      update('a', 1, { n: 1 }),
      { ...create('a', { n: 1 }), baseVersion: 1 },
      remove('a', 1),
      operations,
      { ...operations, type: 'json1' },
      { ...base, reliesOn: relying({ seen: [{ device: deviceId('x'), number: 1 }] }) },
      { ...base, reliesOn: relying({ seen: [{ device: deviceId('x'), number: 2 }] }) },
      { ...base, reliesOn: relying({ dependencies: new Map([[deviceId('x'), 1]]) }) },
      { ...base, reliesOn: relying({ artifacts: [bytesOf('a')] }) },
      { ...base, reliesOn: relying({ artifacts: [bytesOf('b')] }) },
    ];
    const prints = others.map((change) => JSON.stringify(fingerprint(change)));
    expect(new Set(prints).size).toBe(others.length);
  });
});

test('receipts hold fingerprints, so they stay what they are', () => {
  const change: Change = { ...create('a "ü"', { title: 'x' }), time: hlcTime(1_700_000_000_000) };
  const long = 'x'.repeat(3_000);
  const prints = [change, { ...change, id: recordId(`a${'b'.repeat(200)}`) }, operations].map(fingerprint);
  const patched = fingerprint(patch('a', 1, { a: 1 }, ['b', long]));
  expect([...prints, patched]).toEqual([
    { a: 3_565_720_481, b: 2_136_400_125 },
    { a: 3_304_209_942, b: 4_195_853_668 },
    { a: 3_478_931_839, b: 815_762_859 },
    { a: 4_182_297_861, b: 4_284_343_760 },
  ]);
});
