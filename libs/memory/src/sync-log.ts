import { compareUtf8 } from '@syncline/core';
import type { SyncEntry, SyncLog, SyncPlace, SyncsRequest } from '@syncline/ports';
import type { StoreTables } from './store-tables';

export function syncLog({ spaces }: StoreTables): SyncLog {
  return {
    async noteSyncs(syncs) {
      for (const { space, entry } of syncs) {
        const noted = spaces.get(space)?.syncs;
        if (noted?.every((each) => newestFirst(each, entry) !== 0) === true) noted.push(entry);
      }
    },
    async syncs(request) {
      const found = (spaces.get(request.space)?.syncs ?? []).filter((entry) => isAsked(entry, request));
      return found.sort(newestFirst).slice(0, request.limit);
    },
    async forgetSyncs(space, beforeMs) {
      const table = spaces.get(space);
      if (table === undefined) return { forgotten: 0 };
      const before = table.syncs.length;
      table.syncs = table.syncs.filter(({ startedAtMs }) => startedAtMs >= beforeMs);
      return { forgotten: before - table.syncs.length };
    },
  };
}

function isAsked(entry: SyncEntry, { user, device, fromMs, toMs, after }: SyncsRequest): boolean {
  return (
    (user === null || entry.user === user) &&
    (device === null || entry.device === device) &&
    (fromMs === null || entry.startedAtMs >= fromMs) &&
    (toMs === null || entry.startedAtMs < toMs) &&
    (after === null || newestFirst(entry, after) > 0)
  );
}

function newestFirst(one: SyncPlace, other: SyncPlace): number {
  return (
    other.startedAtMs - one.startedAtMs ||
    compareUtf8(other.device, one.device) ||
    other.durationMs - one.durationMs
  );
}
