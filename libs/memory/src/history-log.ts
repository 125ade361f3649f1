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
import { firstWhere } from './first-where';
import { type ToldVersions, toldVersions } from './told-versions';

/** What every version of one space did, findable by record. */
export interface HistoryLog extends Pick<ToldVersions, 'settingOf' | 'facts'> {
  append(entry: HistoryEntry): void;
  atVersion(version: Version): HistoryEntry | null;
  atOrBefore(key: RecordKey, version: Version): HistoryEntry | null;
  /** Newest first. */
  before(key: RecordKey, version: Version, limit: number): HistoryEntry[];
  seen(request: SeenRequest): Seen | null;
  /** W3C traceparent of a change; empty for none. */
  traceOf(device: DeviceId, number: ChangeNumber): string;
  /** At least the newest entry of a record stays. */
  prune(perRecordMax: number, olderThanMs: number, upTo: Version): number;
  /** As of this version and later ones, nothing is missing. */
  keptFrom(): Version;
  /** In order of version. */
  entries(): Iterable<HistoryEntry>;
  /** Each in order of version. */
  records(): Iterable<readonly HistoryEntry[]>;
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
  const told = toldVersions(byVersion);
  const kept = { from: 0 };

  const entriesOf = (key: RecordKey): readonly HistoryEntry[] => byRecord.get(key) ?? [];

  const atOrBefore = (key: RecordKey, version: Version): HistoryEntry | null => {
    const entries = entriesOf(key);
    return entries[firstAbove(entries, version) - 1] ?? null;
  };

  return {
    append(entry) {
      told.append(entry.version);
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
    prune(perRecordMax, olderThanMs, upTo) {
      let total = 0;
      for (const entries of byRecord.values()) {
        const count = prunable(entries, perRecordMax, olderThanMs, upTo);
        for (const entry of entries.splice(0, count)) {
          byVersion.delete(entry.version);
          told.prune(entry);
          if (isAboutAnother(entry)) removeFrom(inLedger, entry);
          const change = changeKey(entry.device, entry.number);
          if (traced.get(change) === entry) traced.delete(change);
        }
        if (count > 0) kept.from = Math.max(kept.from, entries[0]!.version);
        total += count;
      }
      return total;
    },
    keptFrom: () => kept.from,
    entries: () => byVersion.values(),
    records: () => byRecord.values(),
    settingOf: told.settingOf,
    facts: told.facts,
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
  return firstWhere(entries.length, (at) => entries[at]!.version > version);
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

function prunable(
  entries: readonly HistoryEntry[],
  perRecordMax: number,
  olderThanMs: number,
  upTo: Version,
): number {
  const most = Math.max(0, entries.length - Math.max(1, perRecordMax));
  let count = 0;
  while (count < most && entries[count]!.committedAtMs < olderThanMs && entries[count]!.version <= upTo)
    count++;
  return count;
}
