import { checkPlan } from './check';
import { recordId, recordKey } from './ids';
import { NOTES } from './space.test-fixtures';

const pending = (id: string, baseVersion: number, bytes = 10) => ({
  collection: NOTES,
  id: recordId(id),
  baseVersion,
  bytes,
});
const stored = new Map([
  [recordKey(NOTES, recordId('a')), { version: 5 }],
  [recordKey(NOTES, recordId('b')), { version: 7 }],
]);

test.each([
  [0, 0, 'none'],
  [3, 0, 'download'],
  [0, 1, 'upload'],
  [3, 1, 'bidirectional'],
] as const)('%d records to load and %d changes to send: %s', (records, changes, direction) => {
  const plan = checkPlan(9, { records, bytes: 100 }, [pending('a', 5)].slice(0, changes), stored);
  expect(plan).toMatchObject({ direction, head: 9, downloadRecords: records, downloadBytes: 100 });
});

test('conflicts are expected where the record has moved on, or is gone', () => {
  const all = [pending('a', 5), pending('a', 4), pending('b', 0), pending('gone', 3), pending('new', 0)];
  expect(checkPlan(9, { records: 0, bytes: 0 }, all, stored)).toMatchObject({
    conflictsExpected: 3,
    uploadChanges: 5,
    uploadBytes: 50,
  });
});
