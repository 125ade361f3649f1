import {
  changeKey,
  type ChangeKey,
  type ChangeNumber,
  CONFLICTS,
  type DeviceId,
  type HistoryEntry,
  recordKey,
  type RecordKey,
  type Seen,
  type SeenRequest,
  type Version,
} from '@syncline/core';

/** What every version of one space did, findable by record. */
export interface HistoryLog {
  append(entry: HistoryEntry): void;
  atVersion(version: Version): HistoryEntry | null;
  atOrBefore(key: RecordKey, version: Version): HistoryEntry | null;
  /** Newest first. */
  before(key: RecordKey, version: Version, limit: number): HistoryEntry[];
  seen(request: SeenRequest): Seen | null;
  /** W3C traceparent of a change; empty for none. */
  traceOf(device: DeviceId, number: ChangeNumber): string;
  prune(perRecordMax: number, olderThanMs: number): number;
}

/** Each list in order of version. */
type Lists = Map<RecordKey, HistoryEntry[]>;

export function historyLog(): HistoryLog {
  const byVersion = new Map<Version, HistoryEntry>();
  const byRecord: Lists = new Map();
  /** What the ledger says about a record, by that record. */
  const inLedger: Lists = new Map();
  /** What each change did last, of those that belong to a trace. */
  const traced = new Map<ChangeKey, HistoryEntry>();

  const entriesOf = (key: RecordKey): readonly HistoryEntry[] => byRecord.get(key) ?? [];

  const atOrBefore = (key: RecordKey, version: Version): HistoryEntry | null => {
    const entries = entriesOf(key);
    return entries[firstAbove(entries, version) - 1] ?? null;
  };

  return {
    append(entry) {
      byVersion.set(entry.version, entry);
      addTo(byRecord, recordKey(entry.collection, entry.id), entry);
      if (isAboutAnother(entry)) addTo(inLedger, recordKey(entry.about.collection, entry.about.id), entry);
      if (entry.trace !== '') traced.set(changeKey(entry.device, entry.number), entry);
    },
    atVersion: (version) => byVersion.get(version) ?? null,
    atOrBefore,
    before(key, version, limit) {
      const entries = entriesOf(key);
      const end = firstAbove(entries, version - 1);
      return entries.slice(Math.max(0, end - limit), end).reverse();
    },
    seen({ collection, id, device, baseVersion, after }) {
      const key = recordKey(collection, id);
      if (after > 0) {
        // The ledger has what was sent; where there was no conflict, what was sent was stored.
        const own =
          ownEntry(inLedger.get(key) ?? [], device, after) ?? ownEntry(entriesOf(key), device, after);
        return own === null ? null : asSeen(sentBy(own));
      }
      const base = atOrBefore(key, baseVersion);
      return base === null ? null : asSeen(base.payload);
    },
    traceOf: (device, number) => traced.get(changeKey(device, number))?.trace ?? '',
    prune(perRecordMax, olderThanMs) {
      let pruned = 0;
      for (const [key, entries] of byRecord) {
        const count = prunable(entries, perRecordMax, olderThanMs);
        for (const entry of entries.splice(0, count)) {
          byVersion.delete(entry.version);
          if (isAboutAnother(entry)) removeFrom(inLedger, entry);
          const change = changeKey(entry.device, entry.number);
          if (traced.get(change) === entry) traced.delete(change);
        }
        if (entries.length === 0) byRecord.delete(key);
        pruned += count;
      }
      return pruned;
    },
  };
}

function addTo(lists: Lists, key: RecordKey, entry: HistoryEntry): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [entry]);
  else list.push(entry);
}

function removeFrom(lists: Lists, entry: HistoryEntry): void {
  const key = recordKey(entry.about.collection, entry.about.id);
  const left = (lists.get(key) ?? []).filter((each) => each !== entry);
  if (left.length === 0) lists.delete(key);
  else lists.set(key, left);
}

function isAboutAnother({ collection, id, about }: HistoryEntry): boolean {
  return about.collection !== collection || about.id !== id;
}

function firstAbove(entries: readonly HistoryEntry[], version: Version): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (entries[middle]!.version > version) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** What a change of a device left among these entries; a later change of a device has a later version. */
function ownEntry(
  entries: readonly HistoryEntry[],
  device: DeviceId,
  number: ChangeNumber,
): HistoryEntry | null {
  for (let at = entries.length - 1; at >= 0; at--) {
    const entry = entries[at]!;
    if (entry.device !== device) continue;
    if (entry.number <= number) return entry.number === number ? entry : null;
  }
  return null;
}

/** A ledger entry's own payload is the ledger record; what the device sent is beside it, null for a delete. */
function sentBy(entry: HistoryEntry): Uint8Array | null {
  return entry.collection === CONFLICTS ? entry.incoming : (entry.incoming ?? entry.payload);
}

function asSeen(payload: Uint8Array | null): Seen {
  return { deleted: payload === null, payload };
}

function prunable(entries: readonly HistoryEntry[], perRecordMax: number, olderThanMs: number): number {
  const most = Math.max(0, entries.length - perRecordMax);
  let count = 0;
  while (count < most && entries[count]!.committedAtMs < olderThanMs) count++;
  return count;
}
