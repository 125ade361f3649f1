import { compareUtf8, type SpaceKey, spaceKey, spaceOf, tenantOf } from '@syncline/core';
import { OPEN_CONFLICTS_COUNTED, type SpaceDetails, type Spaces } from '@syncline/ports';
import { rowsOf } from './conflict-ledger';
import { declareIn } from './declarations';
import { setMember } from './members';
import { type SpaceTable, spaceTable } from './space-table';
import type { StoreTables } from './store-tables';

export function spaces(tables: StoreTables): Spaces {
  return {
    async found(space, { name, declaredOnly, createdAtMs, quota, owner, collections }) {
      if (tables.spaces.has(space)) return false;
      const table = Object.assign(spaceTable(space, quota, tables.removed.get(space)), {
        name,
        declaredOnly,
        createdAtMs,
      });
      for (const declaration of collections) declareIn(table, declaration);
      tables.spaces.set(space, table);
      setMember(tables, space, owner.user, owner);
      return true;
    },
    async details(space, devicesSinceMs) {
      const table = tables.spaces.get(space);
      return table === undefined ? null : detailsOf(table, devicesSinceMs);
    },
    async listSpaces({ tenant, idPrefix, after, limit, devicesSinceMs }) {
      const last = after === null ? null : spaceKey(tenant, after);
      return [...tables.spaces.keys()]
        .filter((key) => tenantOf(key) === tenant && spaceOf(key).startsWith(idPrefix))
        .filter((key) => last === null || compareUtf8(key, last) > 0)
        .sort(compareUtf8)
        .slice(0, limit)
        .map((key) => detailsOf(tables.spaces.get(key)!, devicesSinceMs));
    },
    async changeSpace(space, { name, declaredOnly }) {
      const table = tables.spaces.get(space);
      if (table === undefined) return false;
      Object.assign(table, { name, declaredOnly });
      return true;
    },
    removeSpace: (space) => tables.locks.hold([space], async () => removeFrom(tables, space)),
  };
}

function removeFrom(tables: StoreTables, space: SpaceKey): { records: number } | null {
  const table = tables.spaces.get(space);
  if (table === undefined) return null;
  tables.spaces.delete(space);
  tables.removed.set(space, table.state);
  tables.unannounced.delete(space);
  tables.artifacts.delete(space);
  tables.accessChanges.tell({ kind: 'removed', space });
  return { records: table.state.records };
}

function detailsOf(table: SpaceTable, devicesSinceMs: number): SpaceDetails {
  const { state, name, declaredOnly, announced, quota, createdAtMs } = table;
  const { space, epoch, head, floor, records, bytes } = state;
  const seen = [...table.devices.values()].filter(({ lastSeenMs }) => lastSeenMs >= devicesSinceMs);
  return {
    space: spaceOf(space),
    name,
    declaredOnly,
    epoch,
    head,
    announced,
    floor,
    records,
    bytes,
    quota,
    createdAtMs,
    changedAtMs: changedAtMs(table),
    devices: seen.length,
    openConflicts: Math.min(rowsOf(table, true).length, OPEN_CONFLICTS_COUNTED),
  };
}

function changedAtMs(table: SpaceTable): number | null {
  let newestMs: number | null = null;
  table.changes.walk(table.state.head - 1, ({ committedAtMs }) => {
    newestMs = committedAtMs;
    return true;
  });
  return newestMs;
}
