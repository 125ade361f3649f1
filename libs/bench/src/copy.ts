import {
  collectionName,
  type CollectionName,
  contentHash,
  type DigestSum,
  digestSum,
  type Hash64,
  recordId,
  recordKey,
  type RecordKey,
} from '@syncline/core';
import type { Checkpoint, CollectionDigest, Entry, Page } from '@syncline/proto';
import { digestToProto } from '@syncline/wire';
import { Diverged, insist } from './row';

/** What a device without any capabilities holds of a space: of each record just what its digest is made of. */
export interface Copy {
  readonly take: (page: Page) => void;
  /** All that was taken has to be what the checkpoint stands for, to the bit. */
  insistOn(checkpoint: Checkpoint): void;
  records(): number;
}

interface Held {
  readonly version: number;
  readonly contents: Hash64;
}

export function newCopy(): Copy {
  const held = new Map<RecordKey, Held>();
  const sums = new Map<CollectionName, DigestSum>();

  const sumOf = (collection: CollectionName): DigestSum => {
    const known = sums.get(collection) ?? digestSum();
    sums.set(collection, known);
    return known;
  };
  const take = ({ collection: name, id: named, version, kind }: Entry): void => {
    if (kind?.$case !== 'put') throw new Diverged(`${named} came as ${kind?.$case}, which nobody asked for`);
    const collection = collectionName(name);
    const id = recordId(named);
    const key = recordKey(collection, id);
    const sum = sumOf(collection);
    const before = held.get(key);
    if (before !== undefined) sum.remove(id, before.version, before.contents);
    const contents = contentHash(id, kind.put.payload);
    sum.add(id, version, contents);
    held.set(key, { version, contents });
  };

  return {
    take: ({ entries }) => entries.forEach(take),
    insistOn({ digests, version }) {
      insist(digests.length === sums.size, `the checkpoint at ${version} names other collections`);
      for (const digest of digests)
        insist(isOf(digest, sums), `the copy differs from the checkpoint at ${version}`);
    },
    records: () => held.size,
  };
}

function isOf(digest: CollectionDigest, sums: ReadonlyMap<CollectionName, DigestSum>): boolean {
  const name = collectionName(digest.collection);
  const sum = sums.get(name);
  if (sum === undefined) return false;
  const { count, versions, contents } = digestToProto(name, sum.result());
  return (
    count === digest.count &&
    Buffer.compare(versions, digest.versions) === 0 &&
    Buffer.compare(contents, digest.contents) === 0
  );
}
