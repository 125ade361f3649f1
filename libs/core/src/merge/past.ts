import type { Push } from '../changes';
import type { CommittedOperations, HistoryEntry } from '../history';
import { type CollectionName, type RecordId, recordKey, type RecordKey, type Version } from '../ids';
import { hasSeen } from './has-seen';
import type { MergeFacts } from './facts';

/** What happened to one record above a version. */
export interface PastRequest {
  readonly collection: CollectionName;
  readonly id: RecordId;
  readonly since: Version;
}

/** One of its versions. */
export interface PastWrite extends Pick<HistoryEntry, 'version' | 'previousVersion' | 'device' | 'number'> {
  /** Null where it was written as a whole. */
  readonly operations: CommittedOperations | null;
}

/** Those of a record's entries that were written above a version, in the order in which they are given. */
export function pastWrites(
  entries: readonly HistoryEntry[],
  { collection, id, since }: PastRequest,
): PastWrite[] {
  return entries
    .filter((entry) => entry.collection === collection && entry.id === id && entry.version > since)
    .map(({ version, previousVersion, device, number, operations = null }) => ({
      version,
      previousVersion,
      device,
      number,
      operations,
    }));
}

declare const brand: unique symbol;
export type PastKey = string & { readonly [brand]: 'PastKey' };

export function pastKey({ collection, id, since }: PastRequest): PastKey {
  return `${recordKey(collection, id)}\u0000${since}` as PastKey;
}

/** Operations are transformed over no more versions of their record than that, their device's own ones included. */
export const PAST_WRITES_MAX = 5_000;

/** What must be loaded for operations that their devices made without knowing what came since. */
export function pastNeeded(
  facts: Pick<MergeFacts, 'records' | 'rules'>,
  pushes: readonly Push[],
): PastRequest[] {
  const requests = new Map<PastKey, PastRequest>();
  const met = new Set<RecordKey>();
  for (const { device, changes } of pushes) {
    for (const change of changes) {
      const { collection, id, baseVersion } = change;
      const key = recordKey(collection, id);
      const stored = facts.records.get(key);
      const isFirst = !met.has(key);
      met.add(key);
      if (change.kind !== 'operations' || stored === undefined || stored.version <= baseVersion) continue;
      if (isFirst && hasSeen(stored, device, change)) continue;
      if (facts.rules.of(collection).data?.kind !== 'operational-transform') continue;
      const request = { collection, id, since: baseVersion };
      requests.set(pastKey(request), request);
    }
  }
  return [...requests.values()];
}
