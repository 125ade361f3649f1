import type { PruneMore, Unannounced, UpkeepStore } from '@syncline/ports';
import { purgeTombstones } from './space-table';
import { spacesAfter, type StoreTables } from './store-tables';

const NO_MORE: PruneMore = { collections: [], spare: () => Promise.resolve(() => false) };

export function upkeepStore(tables: StoreTables): UpkeepStore {
  const { spaces, unannounced } = tables;
  return {
    async unannounced(limit) {
      const waiting: Unannounced[] = [];
      for (const space of unannounced) {
        if (waiting.length >= limit) break;
        const { announced, state } = spaces.get(space)!;
        waiting.push({ space, announced, head: state.head });
      }
      return waiting;
    },
    async markAnnounced(versions) {
      for (const [space, version] of versions) {
        const table = spaces.get(space);
        if (table === undefined) continue;
        table.announced = Math.max(table.announced, version);
        if (table.announced >= table.state.head) unannounced.delete(space);
      }
    },
    spaces: async (after, limit) => spacesAfter(tables, after, limit),
    // A merge that is under way has read the floor and the tombstones, so this waits for it.
    raiseFloor: (space, wanted) =>
      tables.locks.hold([space], async () => {
        const table = spaces.get(space);
        if (table === undefined) return { purged: 0 };
        const floor = Math.min(wanted, table.state.head);
        if (floor <= table.state.floor) return { purged: 0 };
        const purged = purgeTombstones(table, floor);
        table.state = { ...table.state, floor };
        return { purged };
      }),
    async pruneHistory(space, perRecordMax, olderThanMs, upTo, more = NO_MORE) {
      const request = { perRecordMax, olderThanMs, upTo, ...more, spare: await more.spare() };
      return { pruned: spaces.get(space)?.history.prune(request) ?? 0 };
    },
    async pruneReceipts(space, olderThanMs) {
      const receipts = spaces.get(space)?.receipts ?? new Map<never, never>();
      let pruned = 0;
      for (const [key, { committedAtMs }] of receipts) {
        if (committedAtMs < olderThanMs && receipts.delete(key)) pruned++;
      }
      return { pruned };
    },
    ...leases(tables),
  };
}

function leases({ leases: held }: StoreTables): Pick<UpkeepStore, 'lease' | 'release'> {
  return {
    async lease(task, holder, nowMs, forMs) {
      const lease = held.get(task);
      if (lease !== undefined && lease.holder !== holder && lease.untilMs > nowMs) return false;
      held.set(task, { holder, untilMs: nowMs + forMs });
      return true;
    },
    async release(task, holder) {
      if (held.get(task)?.holder === holder) held.delete(task);
    },
  };
}
