import { EMPTY_DIGEST, digestSum, type DigestSum } from '../digest';
import type { HistoryEntry } from '../history';
import {
  type ChangeNumber,
  type CollectionName,
  type DeviceId,
  type RecordId,
  type RecordKey,
  recordKey,
  type Version,
} from '../ids';
import type { Receipt } from '../outcomes';
import type { Seen } from '../policies/policy';
import type { StoredRecord } from '../records';
import { type MergeFacts, type MergePlan, seenKey, type SpaceState } from './facts';

/** The space as it will be: what was loaded, overlaid by what this plan has written so far. */
export interface Draft {
  readonly facts: MergeFacts;
  head(): Version;
  counts(): { readonly records: number; readonly bytes: number };
  record(collection: CollectionName, id: RecordId): StoredRecord | undefined;
  /** Stores under the next version, which it returns. */
  write(record: Omit<StoredRecord, 'version'>, entry: Omit<HistoryEntry, 'version'>): StoredRecord;
  /** What a device saw of a record when it made a change on this base; null when that is no longer known. */
  seen(collection: CollectionName, id: RecordId, device: DeviceId, baseVersion: Version): Seen | null;
  /** From now on the device's further changes in this batch are made on this. */
  remember(collection: CollectionName, id: RecordId, device: DeviceId, seen: Seen): void;
  lastNumber(device: DeviceId): ChangeNumber;
  take(receipt: Receipt): void;
  plan(results: MergePlan['results']): MergePlan;
}

/** Whether a device that made a change on this base has seen the record as it stands. */
export function hasSeen(stored: StoredRecord, device: DeviceId, baseVersion: Version): boolean {
  return baseVersion >= stored.version || (stored.device === device && baseVersion >= stored.othersVersion);
}

export function draftOf(facts: MergeFacts): Draft {
  const before = facts.space;
  let head = before.head;
  let records = before.records;
  let bytes = before.bytes;
  const written = new Map<RecordKey, StoredRecord>();
  const history: HistoryEntry[] = [];
  const receipts: Receipt[] = [];
  const lastNumbers = new Map<DeviceId, ChangeNumber>();
  const sums = new Map<CollectionName, DigestSum>();
  const views = new Map<string, Seen>();

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
    bytes += sign * record.payload.length;
    const sum = sumOf(record.collection);
    if (sign > 0) sum.add(record.id, record.version, record.contentHash);
    else sum.remove(record.id, record.version, record.contentHash);
  };

  const after = (): SpaceState => {
    const digests = new Map(before.digests);
    for (const [collection, sum] of sums) digests.set(collection, sum.result());
    return { ...before, head, digests, records, bytes };
  };

  return {
    facts,
    head: () => head,
    counts: () => ({ records, bytes }),
    record(collection, id) {
      const key = recordKey(collection, id);
      return written.get(key) ?? facts.records.get(key);
    },
    write(unversioned, entry) {
      const version = ++head;
      const key = recordKey(unversioned.collection, unversioned.id);
      const old = written.get(key) ?? facts.records.get(key);
      const record: StoredRecord = {
        ...unversioned,
        version,
        createdVersion: unversioned.createdVersion === 0 ? version : unversioned.createdVersion,
      };
      if (old !== undefined) count(old, -1);
      count(record, 1);
      // Taken out first, so that the map stays in order of version.
      written.delete(key);
      written.set(key, record);
      history.push({ ...entry, version });
      return record;
    },
    seen(collection, id, device, baseVersion) {
      const key = recordKey(collection, id);
      const view = views.get(`${key}\u0000${device}`);
      if (view !== undefined) return view;
      const loaded = facts.records.get(key);
      if (loaded !== undefined && hasSeen(loaded, device, baseVersion)) return loaded;
      return facts.seen.get(seenKey({ collection, id, device, baseVersion })) ?? null;
    },
    remember(collection, id, device, { deleted, payload }) {
      views.set(`${recordKey(collection, id)}\u0000${device}`, { deleted, payload });
    },
    lastNumber: (device) => lastNumbers.get(device) ?? facts.lastNumbers.get(device) ?? 0,
    take(receipt) {
      receipts.push(receipt);
      lastNumbers.set(receipt.device, receipt.number);
    },
    plan: (results) => ({
      before,
      after: after(),
      records: [...written.values()],
      history,
      lastNumbers,
      receipts,
      results,
    }),
  };
}
