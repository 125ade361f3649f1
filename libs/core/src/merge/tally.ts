import { type DigestSum, digestSum, EMPTY_DIGEST } from '../digest';
import type { CollectionName } from '../ids';
import { contentBytes, type StoredRecord } from '../records';
import type { SpaceState } from './facts';

/** What a space holds, kept up record by record: counts for quotas, digests for replicas. */
export interface Tally {
  counts(): { readonly records: number; readonly bytes: number };
  replace(old: StoredRecord | undefined, record: StoredRecord): void;
  result(): Pick<SpaceState, 'records' | 'bytes' | 'digests'>;
}

export function tallyOf(before: SpaceState): Tally {
  let { records, bytes } = before;
  const sums = new Map<CollectionName, DigestSum>();

  const sumOf = (collection: CollectionName): DigestSum => {
    let sum = sums.get(collection);
    if (sum === undefined) {
      sum = digestSum(before.digests.get(collection) ?? EMPTY_DIGEST);
      sums.set(collection, sum);
    }
    return sum;
  };

  const count = (record: StoredRecord, sign: 1 | -1): void => {
    if (record.payload === null) return;
    records += sign;
    bytes += sign * contentBytes(record);
    const sum = sumOf(record.collection);
    if (sign > 0) sum.add(record.id, record.version, record.contentHash);
    else sum.remove(record.id, record.version, record.contentHash);
  };

  return {
    counts: () => ({ records, bytes }),
    replace(old, record) {
      if (old !== undefined) count(old, -1);
      count(record, 1);
    },
    result() {
      const digests = new Map(before.digests);
      for (const [collection, sum] of sums) digests.set(collection, sum.result());
      return { records, bytes, digests };
    },
  };
}
