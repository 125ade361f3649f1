import {
  compareUtf8,
  CONFLICTS,
  decodeUtf8,
  type HistoryEntry,
  type RecordKey,
  type Seen,
  seenKey,
  type SeenKey,
  type StoredRecord,
  type Version,
  WAITING_FOR_RESOLVER,
  WAITING_NOT,
} from '@syncline/core';
import type { ConflictLedger, ConflictRow, WaitingConflict } from '@syncline/ports';
import type { SpaceTable } from './space-table';
import type { StoreTables } from './store-tables';

export function conflictLedger({ spaces }: StoreTables): ConflictLedger {
  return {
    async conflicts({ space, before, waiting, limit }) {
      const rows = rowsOf(spaces.get(space), waiting);
      const below = before ?? Number.MAX_SAFE_INTEGER;
      return rows.filter(({ version }) => version < below).slice(0, limit);
    },
    countConflicts: async (space, countMax) => Math.min(rowsOf(spaces.get(space), false).length, countMax),
    async seenBy(space, requests) {
      const found = new Map<SeenKey, Seen>();
      for (const request of requests) {
        const seen = spaces.get(space)?.history.seen(request) ?? null;
        if (seen !== null) found.set(seenKey(request), seen);
      }
      return found;
    },
    async writtenAt(space, versions) {
      const found = new Map<Version, HistoryEntry>();
      for (const version of versions) {
        const entry = spaces.get(space)?.history.atVersion(version) ?? null;
        if (entry !== null) found.set(version, entry);
      }
      return found;
    },
    async recordVersions(space, names) {
      const found = new Map<RecordKey, Version>();
      for (const { key } of names) {
        const record = spaces.get(space)?.records.get(key);
        if (record !== undefined) found.set(key, record.version);
      }
      return found;
    },
    async waitingForResolver(after, limit) {
      const found: WaitingConflict[] = [];
      for (const [space, table] of spaces)
        for (const { id, facts } of rowsOf(table, true))
          if (decodeUtf8(facts).includes(WAITING_FOR_RESOLVER)) found.push({ space, id });
      return found
        .filter((each) => after === null || inOrder(after, each) < 0)
        .sort(inOrder)
        .slice(0, limit);
    },
  };
}

function inOrder(one: WaitingConflict, other: WaitingConflict): number {
  return compareUtf8(one.space, other.space) || compareUtf8(one.id, other.id);
}

/** The newest first. */
export function rowsOf(table: SpaceTable | undefined, waiting: boolean): ConflictRow[] {
  const rows: ConflictRow[] = [];
  table?.changes.walk(0, (record) => {
    if (isConflict(record) && (!waiting || isWaiting(record.meta)))
      rows.push({ id: record.id, version: record.version, facts: record.meta });
    return true;
  });
  return rows.reverse();
}

function isConflict(record: StoredRecord): record is StoredRecord & { readonly meta: Uint8Array } {
  return record.collection === CONFLICTS && record.meta !== null;
}

const isWaiting = (facts: Uint8Array): boolean => !decodeUtf8(facts).includes(WAITING_NOT);
