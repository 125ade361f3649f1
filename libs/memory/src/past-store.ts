import {
  type CollectionName,
  compareUtf8,
  type HistoryEntry,
  isSystem,
  recordKey,
  type Version,
} from '@syncline/core';
import type { ChangedSince, PastStore, PastVersions, Reach, VersionsRequest } from '@syncline/ports';
import type { HistoryLog } from './history-log';
import { sha256 } from './sha256';
import type { SpaceTable } from './space-table';
import type { StoreTables } from './store-tables';

/** Each call reads in one go, without waiting in between: that makes it a snapshot. */
export function pastStore({ spaces }: StoreTables): PastStore {
  return {
    async reach(space, collections = []) {
      const table = spaces.get(space);
      return table === undefined ? null : reachOf(table, collections);
    },
    versionAt: async (space, timeMs) => spaces.get(space)?.history.committedBy(timeMs) ?? 0,
    async versionsOf(request) {
      const history = spaces.get(request.space)?.history;
      return history === undefined ? { versions: [], more: false } : readVersions(history, request);
    },
    async pastCollections(space) {
      const names = new Set<CollectionName>();
      for (const [entry] of spaces.get(space)?.history.records() ?? []) names.add(entry!.collection);
      return [...names].sort(compareUtf8);
    },
    async placesAt(space, collection, version, after, limit) {
      const history = spaces.get(space)?.history;
      const lists = [...(history?.records() ?? [])].filter(
        ([entry]) =>
          entry!.collection === collection && (after === null || compareUtf8(entry!.id, after) > 0),
      );
      return lists
        .sort(([left], [right]) => compareUtf8(left!.id, right!.id))
        .slice(0, limit)
        .map((entries) => {
          const past = history?.atOrBefore(recordKey(collection, entries[0]!.id), version);
          const bytes = past?.payload?.length ?? null;
          return { id: entries[0]!.id, version: past?.version ?? null, bytes };
        });
    },
    async entriesAt(space, versions, collections = []) {
      const table = spaces.get(space);
      if (table === undefined) return null;
      const found = [...versions].sort((left, right) => left - right);
      const entries = found.flatMap((version) => table.history.atVersion(version) ?? []);
      return { reach: reachOf(table, collections), entries };
    },
    async changedSince(space, moment, after, upTo, limit) {
      const history = spaces.get(space)?.history;
      return history === undefined ? [] : readChanged(history, moment, after, upTo, limit);
    },
  };
}

function reachOf({ state, history }: SpaceTable, collections: readonly CollectionName[]): Reach {
  return { head: state.head, keptFrom: history.keptFrom(collections) };
}

function readVersions(history: HistoryLog, request: VersionsRequest): PastVersions {
  const { collection, id, before, versionsMax, bytesMax } = request;
  const below = before ?? Number.MAX_SAFE_INTEGER;
  const found = history.before(recordKey(collection, id), below, versionsMax + 1);
  let bytes = 0;
  const fitting = found.slice(0, versionsMax).findIndex(({ payload, incoming }, index) => {
    bytes += (payload?.length ?? 0) + (incoming?.length ?? 0);
    return index > 0 && bytes > bytesMax;
  });
  const told = found.slice(0, fitting < 0 ? versionsMax : fitting);
  return {
    versions: told.map((entry) => ({ ...entry, ...history.settingOf(entry) })),
    more: told.length < found.length,
  };
}

function readChanged(
  history: HistoryLog,
  moment: Version,
  after: Version,
  upTo: Version,
  limit: number,
): ChangedSince[] {
  const found: ChangedSince[] = [];
  for (const entry of history.entries()) {
    const { version, collection, id } = entry;
    if (version <= after || isSystem(collection)) continue;
    if (version > upTo || found.length >= limit) break;
    const key = recordKey(collection, id);
    const isLast = history.atOrBefore(key, upTo) === entry;
    const past = isLast ? history.atOrBefore(key, moment) : null;
    found.push({
      version,
      collection,
      id,
      isLast,
      content: isLast ? contentOf(entry) : null,
      pastVersion: past?.version ?? null,
      pastContent: past === null ? null : contentOf(past),
      pastBytes: past?.payload?.length ?? 0,
    });
  }
  return found;
}

function contentOf({ payload }: HistoryEntry): Uint8Array | null {
  return payload === null ? null : sha256(payload);
}
