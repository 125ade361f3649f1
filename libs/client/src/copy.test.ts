import {
  type CollectionName,
  contentHash,
  type DeviceId,
  digestSum,
  EMPTY_DIGEST,
  encodeUtf8,
  type RecordId,
  type RecordImage,
  type UserId,
  ZERO_TIME,
} from '@syncline/core';
import fc from 'fast-check';
import { copyOf, copyRecord, copyRecords, editCopy, emptyCopy, mismatches } from './copy';

const image = (collection: string, id: string, version: number, text: string): RecordImage => ({
  collection: collection as CollectionName,
  id: id as RecordId,
  version,
  payload: encodeUtf8(text),
  time: ZERO_TIME,
  device: 'd' as DeviceId,
  number: 1,
  user: 'u' as UserId,
  schemaVersion: 0,
  resurrected: false,
});

const name = fc.constantFrom('rooms', 'devices');
const id = fc.constantFrom('1', '2', '3');
const edit = fc.oneof(
  fc.record({ do: fc.constant('put' as const), name, id, text: fc.string() }),
  fc.record({ do: fc.constant('remove' as const), name, id }),
);

test('digests kept step by step are those of the records held', () => {
  fc.assert(
    fc.property(fc.array(fc.array(edit)), (batches) => {
      const copy = emptyCopy();
      let version = 0;
      for (const batch of batches) {
        const editor = editCopy(copy);
        for (const one of batch) {
          version++;
          if (one.do === 'put') editor.put(image(one.name, one.id, version, one.text));
          else editor.remove(one.name as CollectionName, one.id as RecordId);
        }
        editor.finish();
      }
      const sums = new Map<string, ReturnType<typeof digestSum>>();
      for (const record of copyRecords(copy)) {
        const sum = sums.get(record.collection) ?? digestSum(EMPTY_DIGEST);
        sum.add(record.id, record.version, contentHash(record.id, record.payload));
        sums.set(record.collection, sum);
      }
      expect([...copy.digests].sort()).toEqual([...sums].map(([key, sum]) => [key, sum.result()]).sort());
      expect(copyOf(copyRecords(copy)).digests).toEqual(copy.digests);
    }),
  );
});

test('a collection that is gone and one that never was are the same', () => {
  const copy = copyOf([image('rooms', '1', 1, '{}')]);
  const before = new Map(copy.digests);
  const editor = editCopy(copy);
  editor.remove('rooms' as CollectionName, '1' as RecordId);
  editor.finish();
  expect(copyRecord(copy, 'rooms' as CollectionName, '1' as RecordId)).toBeNull();
  expect(mismatches(copy, new Map([['rooms' as CollectionName, EMPTY_DIGEST]]))).toEqual([]);
  expect(mismatches(copy, before)).toEqual(['rooms']);
});
