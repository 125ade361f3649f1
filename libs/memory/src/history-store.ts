import { recordKey } from '@syncline/core';
import type { HistoryStore } from '@syncline/ports';
import type { StoreTables } from './store-tables';

export function historyStore({ spaces }: StoreTables): HistoryStore {
  return {
    ofRecord: async (space, collection, id, before, limit) =>
      spaces
        .get(space)
        ?.history.before(recordKey(collection, id), before ?? Number.MAX_SAFE_INTEGER, limit) ?? [],
    atOrBefore: async (space, collection, id, version) =>
      spaces.get(space)?.history.atOrBefore(recordKey(collection, id), version) ?? null,
    atVersion: async (space, version) => spaces.get(space)?.history.atVersion(version) ?? null,
  };
}
