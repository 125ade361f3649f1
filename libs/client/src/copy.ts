import {
  type CollectionDigest,
  type CollectionName,
  contentHash,
  type ToldDigests,
  type DigestSum,
  digestSum,
  EMPTY_DIGEST,
  type Hash64,
  type RecordId,
  type RecordImage,
  sameDigest,
} from '@syncline/core';

interface CopyRecord {
  readonly image: RecordImage;
  /** The record's share in the digest, so that taking it out needs no payload. */
  readonly contents: Hash64;
}

/** The server's records as of a checkpoint, with the digest of each collection kept in step. */
export interface Copy {
  readonly collections: Map<CollectionName, Map<RecordId, CopyRecord>>;
  readonly digests: Map<CollectionName, CollectionDigest>;
}

export function emptyCopy(): Copy {
  return { collections: new Map(), digests: new Map() };
}

export function copyOf(records: Iterable<RecordImage>): Copy {
  const copy = emptyCopy();
  const editor = editCopy(copy);
  for (const record of records) editor.put(record);
  editor.finish();
  return copy;
}

export function copyRecord(copy: Copy, collection: CollectionName, id: RecordId): RecordImage | null {
  return copy.collections.get(collection)?.get(id)?.image ?? null;
}

export function* copyRecords(copy: Copy): Generator<RecordImage> {
  for (const collection of copy.collections.values())
    for (const { image } of collection.values()) yield image;
}

export interface CopyEditor {
  put(image: RecordImage): void;
  remove(collection: CollectionName, id: RecordId): void;
  /** Writes the digests back; to be called once, after the last edit. */
  finish(): void;
}

/** Costs what is changed, never the size of the copy. */
export function editCopy(copy: Copy): CopyEditor {
  const sums = new Map<CollectionName, DigestSum>();
  const sumOf = (collection: CollectionName): DigestSum => {
    let sum = sums.get(collection);
    if (sum === undefined)
      sums.set(collection, (sum = digestSum(copy.digests.get(collection) ?? EMPTY_DIGEST)));
    return sum;
  };
  const takeOut = (records: Map<RecordId, CopyRecord>, collection: CollectionName, id: RecordId): void => {
    const old = records.get(id);
    if (old === undefined) return;
    sumOf(collection).remove(id, old.image.version, old.contents);
    records.delete(id);
  };
  return {
    put(image) {
      const { collection, id, version } = image;
      let records = copy.collections.get(collection);
      if (records === undefined)
        copy.collections.set(collection, (records = new Map<RecordId, CopyRecord>()));
      takeOut(records, collection, id);
      const contents = contentHash(id, image.payload);
      records.set(id, { image, contents });
      sumOf(collection).add(id, version, contents);
    },
    remove(collection, id) {
      const records = copy.collections.get(collection);
      if (records === undefined) return;
      takeOut(records, collection, id);
      if (records.size === 0) copy.collections.delete(collection);
    },
    finish() {
      for (const [collection, sum] of sums) {
        const digest = sum.result();
        if (digest.count === 0) copy.digests.delete(collection);
        else copy.digests.set(collection, digest);
      }
    },
  };
}

/** The collections of which the server speaks and in which this copy differs. */
export function mismatches(copy: Copy, expected: ToldDigests): CollectionName[] {
  return [...expected]
    .filter(([collection, digest]) => !sameDigest(digest, copy.digests.get(collection) ?? EMPTY_DIGEST))
    .map(([collection]) => collection);
}
