import {
  type ChangeNumber,
  type CollectionName,
  contentBytes,
  type DeviceId,
  type RecordKey,
  recordKey,
  type SpaceKey,
  type StoredRecord,
  type Version,
} from '@syncline/core';
import type {
  Changes,
  ChangesRequest,
  CountRequest,
  Counts,
  DeltaStore,
  Head,
  RangeRequest,
  RangeRows,
} from '@syncline/ports';
import { idsOf, type SpaceTable } from './space-table';
import type { StoreTables } from './store-tables';

/** Each call reads in one go, without waiting in between: that makes it a snapshot. */
export function deltaStore({ spaces }: StoreTables): DeltaStore {
  return {
    async heads(wanted) {
      const heads = new Map<SpaceKey, Head>();
      for (const space of wanted) {
        const table = spaces.get(space);
        if (table === undefined) continue;
        const { epoch, head } = table.state;
        heads.set(space, { epoch, head, accessChanges: table.accessChanges });
      }
      return heads;
    },
    state: async (space) => spaces.get(space)?.state ?? null,
    async changes(request) {
      const table = spaces.get(request.space);
      return table === undefined ? null : readChanges(table, request);
    },
    async count(request) {
      const table = spaces.get(request.space);
      return table === undefined ? null : countChanges(table, request);
    },
    async range(request) {
      const table = spaces.get(request.space);
      return table === undefined ? null : readRange(table, request);
    },
    async records(space, keys) {
      const table = spaces.get(space);
      if (table === undefined) return null;
      const found = new Map<RecordKey, StoredRecord>();
      for (const { key } of keys) {
        const record = table.records.get(key);
        if (record !== undefined) found.set(key, record);
      }
      return found;
    },
    async collections(space) {
      const table = spaces.get(space);
      if (table === undefined) return null;
      return { state: table.state, rules: table.rules, rulesChanges: table.rulesChanges };
    },
  };
}

function readChanges(table: SpaceTable, request: ChangesRequest): Changes {
  const { after, recordsMax, bytesMax } = request;
  const wanted = wantedOf(request.collections);
  const rows: StoredRecord[] = [];
  let bytes = 0;
  let more = false;
  table.changes.walk(after, (record) => {
    if (wanted !== null && !wanted.has(record.collection)) return true;
    const size = contentBytes(record);
    more = rows.length > 0 && (rows.length >= recordsMax || bytes + size > bytesMax);
    if (more) return false;
    rows.push(record);
    bytes += size;
    return true;
  });
  const clock = clockAfter(table, request.clockAfter);
  return { state: table.state, rows, more, clock, rulesChanges: table.rulesChanges };
}

function wantedOf(collections: readonly CollectionName[]): ReadonlySet<CollectionName> | null {
  return collections.length === 0 ? null : new Set(collections);
}

function clockAfter(table: SpaceTable, version: Version): ReadonlyMap<DeviceId, ChangeNumber> {
  const clock = new Map<DeviceId, ChangeNumber>();
  table.clock.walk(version, ({ device, number }) => {
    clock.set(device, number);
    return true;
  });
  return clock;
}

function countChanges(table: SpaceTable, { after, collections, except }: CountRequest): Counts {
  const wanted = wantedOf(collections);
  let records = 0;
  let bytes = 0;
  table.changes.walk(after, ({ collection, payload }) => {
    if ((wanted !== null && !wanted.has(collection)) || except.includes(collection)) return true;
    records++;
    bytes += payload?.length ?? 0;
    return true;
  });
  return { records, bytes };
}

function readRange(table: SpaceTable, { collection, fromId, toId }: RangeRequest): RangeRows {
  const rows: StoredRecord[] = [];
  for (const id of idsOf(table, collection).between(fromId, toId)) {
    const record = table.records.get(recordKey(collection, id));
    if (record !== undefined && !record.deleted) rows.push(record);
  }
  return { state: table.state, rows };
}
