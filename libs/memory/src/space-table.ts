import {
  type ChangeKey,
  changeKey,
  type ChangeNumber,
  type CollectionName,
  type CollectionRules,
  type DeviceId,
  type MergePlan,
  nextEpoch,
  type Quota,
  type Receipt,
  type RecordId,
  type RecordKey,
  recordKey,
  type SpaceKey,
  type SpacePosition,
  type SpaceState,
  type StoredRecord,
  type UserId,
  type Version,
} from '@syncline/core';
import type { Declaration, Member, SpaceDevice, SyncEntry } from '@syncline/ports';
import type { ChainTable } from './audit-store';
import { type HistoryLog, historyLog } from './history-log';
import { type SortedIds, sortedIds } from './sorted-ids';
import { type VersionIndex, versionIndex } from './version-index';

/** The last number taken from a device, and the version that was next when it was taken. */
export interface TakenNumber {
  readonly device: DeviceId;
  readonly number: ChangeNumber;
  readonly version: Version;
}

/** All rows of one space. Rows are values that are replaced and never changed, so readers may keep them. */
export interface SpaceTable {
  state: SpaceState;
  announced: Version;
  quota: Quota | null;
  name: string;
  declaredOnly: boolean;
  createdAtMs: number | null;
  rules: ReadonlyMap<CollectionName, CollectionRules>;
  rulesChanges: number;
  /** Earlier rules too, by name and version. */
  readonly declarations: Map<CollectionName, readonly Declaration[]>;
  readonly members: Map<UserId, Member>;
  accessChanges: number;
  readonly records: Map<RecordKey, StoredRecord>;
  readonly changes: VersionIndex<StoredRecord>;
  /** Ids of a collection, live or not, once someone has asked for a range of them. */
  readonly ids: Map<CollectionName, SortedIds<RecordId>>;
  readonly history: HistoryLog;
  readonly chain: ChainTable;
  readonly devices: Map<DeviceId, Omit<SpaceDevice, 'lastNumber'>>;
  readonly numbers: Map<DeviceId, TakenNumber>;
  readonly clock: VersionIndex<TakenNumber>;
  readonly receipts: Map<ChangeKey, Receipt>;
  syncs: SyncEntry[];
}

const FIRST: SpacePosition = { epoch: 1, head: 0, floor: 0 };

/** `removed` is where one of the same name stood, if there was one. */
export function spaceTable(
  space: SpaceKey,
  quota: Quota | null,
  removed: SpaceState | undefined,
): SpaceTable {
  const { epoch, head } = removed === undefined ? FIRST : nextEpoch(removed);
  return {
    state: { space, epoch, head, floor: 0, digests: new Map(), records: 0, bytes: 0 },
    announced: head,
    quota,
    name: '',
    declaredOnly: false,
    createdAtMs: null,
    rules: new Map(),
    rulesChanges: 0,
    declarations: new Map(),
    members: new Map(),
    accessChanges: 0,
    records: new Map(),
    changes: versionIndex(),
    ids: new Map(),
    history: historyLog(),
    chain: { end: null, marks: [] },
    devices: new Map(),
    numbers: new Map(),
    clock: versionIndex(),
    receipts: new Map(),
    syncs: [],
  };
}

/** Writes a plan that was checked. */
export function applyPlan(table: SpaceTable, plan: MergePlan): void {
  for (const record of plan.records) writeRecord(table, record);
  for (const entry of plan.history) table.history.append(entry);
  for (const receipt of plan.receipts) table.receipts.set(changeKey(receipt.device, receipt.number), receipt);
  for (const [device, number] of plan.lastNumbers) {
    takeNumber(table, { device, number, version: plan.before.head + 1 });
  }
  table.state = plan.after;
}

function writeRecord(table: SpaceTable, record: StoredRecord): void {
  const key = recordKey(record.collection, record.id);
  const old = table.records.get(key);
  if (old === undefined) table.ids.get(record.collection)?.add(record.id);
  else table.changes.drop(old);
  table.records.set(key, record);
  table.changes.append(record);
}

function takeNumber(table: SpaceTable, taken: TakenNumber): void {
  const old = table.numbers.get(taken.device);
  if (old !== undefined) table.clock.drop(old);
  table.numbers.set(taken.device, taken);
  table.clock.append(taken);
}

export function purgeTombstones(table: SpaceTable, floor: Version): number {
  const purged: StoredRecord[] = [];
  table.changes.walk(0, (record) => {
    if (record.version > floor) return false;
    if (record.deleted) purged.push(record);
    return true;
  });
  for (const record of purged) {
    table.records.delete(recordKey(record.collection, record.id));
    table.changes.drop(record);
    table.ids.delete(record.collection);
  }
  return purged.length;
}

export function idsOf(table: SpaceTable, collection: CollectionName): SortedIds<RecordId> {
  const known = table.ids.get(collection);
  if (known !== undefined) return known;
  const found: RecordId[] = [];
  for (const record of table.records.values()) if (record.collection === collection) found.push(record.id);
  const ids = sortedIds(found);
  table.ids.set(collection, ids);
  return ids;
}
