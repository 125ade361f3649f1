import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  type CollectionDigest,
  contentHash,
  digestSum,
  EMPTY_DIGEST,
  sameDigest,
  sameDigests,
  SEED_A,
  SEED_B,
  versionHash,
} from './digest';
import { type Hash64, hashToBytes } from './hash';
import { collectionName, type RecordId } from './ids';

interface RecordVector {
  readonly id: RecordId;
  readonly version: number;
  readonly payload: string;
}

const vectors = JSON.parse(readFileSync(path.join(__dirname, '../vectors/digest.json'), 'utf8')) as {
  readonly seedA: string;
  readonly seedB: string;
  readonly versionHashes: readonly { id: RecordId; version: number; hash: string }[];
  readonly contentHashes: readonly { id: RecordId; payload?: string; payloadHex?: string; hash: string }[];
  readonly collections: readonly {
    records: readonly RecordVector[];
    count: number;
    versions: string;
    contents: string;
  }[];
};

const hex = (hash: Hash64) => Buffer.from(hashToBytes(hash)).toString('hex');
const contentsOf = ({ id, payload }: RecordVector) => contentHash(id, Buffer.from(payload));

function digestOf(records: readonly RecordVector[], start?: CollectionDigest): CollectionDigest {
  const sum = digestSum(start);
  for (const record of records) sum.add(record.id, record.version, contentsOf(record));
  return sum.result();
}

const records = fc.uniqueArray(
  fc.record({
    id: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).map((id) => id as RecordId),
    version: fc.maxSafeNat(),
    payload: fc.string(),
  }),
  { selector: ({ id }) => id, maxLength: 8 },
);

test('the vectors name the seeds', () => {
  expect([vectors.seedA, vectors.seedB].map((seed) => parseInt(seed, 16))).toEqual([SEED_A, SEED_B]);
});

test.each(vectors.versionHashes)('the version hash of $id at $version', ({ id, version, hash }) => {
  expect(hex(versionHash(id, version))).toBe(hash);
});

test.each(vectors.contentHashes)('the content hash of $id with $payload$payloadHex', (vector) => {
  const payload =
    vector.payloadHex === undefined ? Buffer.from(vector.payload!) : Buffer.from(vector.payloadHex, 'hex');
  expect(hex(contentHash(vector.id, payload))).toBe(vector.hash);
});

test.each(vectors.collections)('the digest of a collection of $count', (vector) => {
  const digest = digestOf(vector.records);
  expect(digest.count).toBe(vector.count);
  expect([hex(digest.versions), hex(digest.contents)]).toEqual([vector.versions, vector.contents]);
});

test('a digest does not depend on the order of its records', () => {
  fc.assert(
    fc.property(
      records.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
      ([all, shuffled]) => {
        expect(sameDigest(digestOf(all), digestOf(shuffled))).toBe(true);
      },
    ),
  );
});

test('what was added and taken out again leaves no trace', () => {
  fc.assert(
    fc.property(records, records, (kept, passing) => {
      const before = digestOf(kept);
      const sum = digestSum(digestOf(passing, before));
      for (const record of passing) sum.remove(record.id, record.version, contentsOf(record));
      expect(sum.result()).toEqual(before);
    }),
  );
});

test('a record changes the digest by id, version and payload', () => {
  const record = { id: 'a' as RecordId, version: 1, payload: '{}' };
  const digest = digestOf([record]);
  expect(sameDigest(digest, EMPTY_DIGEST)).toBe(false);
  const others = [
    { ...record, id: 'b' as RecordId },
    { ...record, version: 2 },
    { ...record, payload: '{ }' },
  ];
  for (const other of others) expect(sameDigest(digest, digestOf([other]))).toBe(false);
});

test('a collection without records is the same as none', () => {
  const tasks = collectionName('tasks');
  const rooms = collectionName('rooms');
  const one = digestOf([{ id: 'a' as RecordId, version: 1, payload: '' }]);
  expect(sameDigests(new Map([[tasks, EMPTY_DIGEST]]), new Map())).toBe(true);
  expect(sameDigests(new Map(), new Map([[tasks, EMPTY_DIGEST]]))).toBe(true);
  expect(sameDigests(new Map([[tasks, one]]), new Map([[tasks, one]]))).toBe(true);
  expect(sameDigests(new Map([[tasks, one]]), new Map())).toBe(false);
  expect(sameDigests(new Map(), new Map([[tasks, one]]))).toBe(false);
  expect(sameDigests(new Map([[tasks, one]]), new Map([[rooms, one]]))).toBe(false);
});
