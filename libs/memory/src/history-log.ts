import {
  changeKey,
  type ChangeKey,
  type ChangeNumber,
  type CollectionName,
  CONFLICTS,
  type DeviceId,
  type HistoryEntry,
  type PastRequest,
  type PastWrite,
  pastWrites,
  recordKey,
  type RecordKey,
  type Seen,
  type SeenRequest,
  type Version,
} from '@syncline/core';
import { firstWhere } from './first-where';
import { forgottenMarks, keptFromOf, pruneLists, type PruneRequest } from './history-pruning';
import { type ToldVersions, toldVersions } from './told-versions';

/** What every version of one space did, findable by record. */
export interface HistoryLog extends Pick<ToldVersions, 'settingOf' | 'facts' | 'committedBy'> {
  append(entry: HistoryEntry): void;
  atVersion(version: Version): HistoryEntry | null;
  /** Null also where that is forgotten. */
  atOrBefore(key: RecordKey, version: Version): HistoryEntry | null;
  /** Newest first. */
  before(key: RecordKey, version: Version, limit: number): HistoryEntry[];
  seen(request: SeenRequest): Seen | null;
  /** In order of version, no more than that. */
  past(request: PastRequest, limit: number): PastWrite[];
  /** W3C traceparent of a change; empty for none. */
  traceOf(device: DeviceId, number: ChangeNumber): string;
  /** At least the newest entry of a record stays. */
  prune(request: PruneRequest): number;
  /** As of this version and later ones, nothing is missing of these collections; of none means of any. */
  keptFrom(collections: readonly CollectionName[]): Version;
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
  const marks = forgottenMarks();

  const entriesOf = (key: RecordKey): readonly HistoryEntry[] => byRecord.get(key) ?? [];

  const atOrBefore = (key: RecordKey, version: Version): HistoryEntry | null => {
    const entries = entriesOf(key);
    const found = entries[firstAbove(entries, version) - 1];
    return found === undefined || (marks.gaps.get(found.version) ?? Infinity) <= version ? null : found;
  };

  const drop = (entry: HistoryEntry): void => {
    byVersion.delete(entry.version);
    told.prune(entry);
    if (isAboutAnother(entry)) removeFrom(inLedger, entry);
    const change = changeKey(entry.device, entry.number);
    if (traced.get(change) === entry) traced.delete(change);
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
        return own === null ? null : asSeen(sentBy(own), own);
      }
      const base = atOrBefore(key, baseVersion);
      return base === null ? null : asSeen(base.payload, base);
    },
    past(request, limit) {
      const entries = entriesOf(recordKey(request.collection, request.id));
      const from = firstAbove(entries, request.since);
      return pastWrites(entries.slice(from, from + limit), request);
    },
    traceOf: (device, number) => traced.get(changeKey(device, number))?.trace ?? '',
    prune: (request) => pruneLists(byRecord.values(), request, marks, drop),
    keptFrom: (collections) => keptFromOf(marks, collections),
    entries: () => byVersion.values(),
    records: () => byRecord.values(),
    settingOf: told.settingOf,
    facts: told.facts,
    committedBy: told.committedBy,
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

function asSeen(payload: Uint8Array | null, { schemaVersion }: HistoryEntry): Seen {
  return { deleted: payload === null, payload, schemaVersion };
}
