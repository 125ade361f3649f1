import { contentHash, digestSum, recordId, collectionName } from '@syncline/core';
import { Checkpoint, Entry, Page } from '@syncline/proto';
import { digestToProto } from '@syncline/wire';
import { newCopy } from './copy';
import { Diverged } from './row';

const put = (id: string, version: number, text: string): Entry => ({
  ...Entry.create(),
  collection: 'tasks',
  id,
  version,
  kind: {
    $case: 'put',
    put: { payload: Buffer.from(text), siblings: [], artifacts: [], dataType: undefined },
  },
});

const pageOf = (...entries: Entry[]): Page => ({ ...Page.create(), entries });

/** As the server sums it up. */
function checkpointOf(version: number, records: readonly (readonly [string, number, string])[]): Checkpoint {
  const tasks = collectionName('tasks');
  const sum = digestSum();
  for (const [id, at, text] of records)
    sum.add(recordId(id), at, contentHash(recordId(id), Buffer.from(text)));
  return { ...Checkpoint.create(), version, digests: [digestToProto(tasks, sum.result())] };
}

const WHOLE = [
  ['a', 3, 'new'],
  ['b', 2, 'two'],
] as const;

test('pages in any order come to the checkpoint, a record that came again with its last content', () => {
  const copy = newCopy();
  copy.take(pageOf(put('b', 2, 'two'), put('a', 1, 'old')));
  copy.take(pageOf(put('a', 3, 'new')));
  expect(copy.records()).toBe(2);
  expect(() => copy.insistOn(checkpointOf(3, WHOLE))).not.toThrow();
});

test.each([
  ['one is missing', [put('a', 3, 'new')]],
  ['one is older', [put('a', 2, 'new'), put('b', 2, 'two')]],
  ['one has another content', [put('a', 3, 'new'), put('b', 2, 'TWO')]],
  ['one is too many', [put('a', 3, 'new'), put('b', 2, 'two'), put('c', 1, 'three')]],
  ['there is nothing', []],
])('it differs where %s', (_, entries) => {
  const copy = newCopy();
  copy.take(pageOf(...entries));
  expect(() => copy.insistOn(checkpointOf(3, WHOLE))).toThrow(Diverged);
});

test('what a device without capabilities is never sent is not passed over', () => {
  const patch: Entry = {
    ...put('a', 4, ''),
    kind: { $case: 'patch', patch: { set: Buffer.from('{}'), remove: [] } },
  };
  expect(() => newCopy().take(pageOf(patch))).toThrow(Diverged);
});
