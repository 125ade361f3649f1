import { type Change, fingerprint, payloadBytes } from './changes';
import { hlcTime } from './clock';
import { collectionName, recordId } from './ids';
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

describe('a fingerprint', () => {
  const base = patch('a', 1, { n: 1 }, ['b']);

  test('is the same for the same change, under whatever number and trace', () => {
    expect(fingerprint({ ...base, number: 7, trace: '00-x' })).toEqual(fingerprint(base));
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
    ];
    const prints = others.map((change) => JSON.stringify(fingerprint(change)));
    expect(new Set(prints).size).toBe(others.length);
  });
});
