import { decodeUtf8, type HistoryEntry, type MergePlan, type SpaceKey, type Version } from '@syncline/core';
import type { Clock } from '@syncline/ports';
import { fail, noteCommit, rulesKey, type WorldRecord } from './record';
import type { Store } from './stores';

/** The store, with every commit and every row read written down on the side. */
export function observedStore(
  store: Store,
  record: WorldRecord,
  tell: (line: string) => void,
  clock: Clock,
  horizonMs: number,
): Store {
  return {
    ...counted(store, record),
    ...watchedDevices(store, record, clock, horizonMs),
    async transact(spaces, work) {
      let saved: readonly MergePlan[] = [];
      const result = await store.transact(spaces, (transaction) =>
        work({
          load: (wanted) => transaction.load(wanted),
          seen: (wanted) => transaction.seen(wanted),
          past: (wanted) => transaction.past(wanted),
          async save(plans) {
            await transaction.save(plans);
            saved = plans;
          },
        }),
      );
      for (const plan of saved) {
        noteCommit(record, plan);
        for (const entry of plan.history) tell(`  ${plan.before.space} ${entryText(entry)}`);
      }
      return result;
    },
    async newEpoch(space) {
      const epoch = await store.newEpoch(space);
      record.epochHeads.add(`${space} ${(await store.state(space))!.head}`);
      return epoch;
    },
    async declare(space, rules) {
      const rulesVersion = await store.declare(space, rules);
      record.rules.set(rulesKey(space, rules.collection, rulesVersion), { ...rules, rulesVersion });
      return rulesVersion;
    },
  };
}

/** What keeps a space in order reads as well, and nobody pays for it by coming back. */
export function uncounted(observed: Store, bare: Store): Store {
  return { ...observed, records: (space, names) => bare.records(space, names) };
}

type Methods = Record<string, (...args: never[]) => unknown>;

/** Counts the calls of every method, and the rows that come back. */
function counted(store: Store, { reads }: WorldRecord): Store {
  const watched: Methods = {};
  for (const [name, method] of Object.entries(store as unknown as Methods)) {
    watched[name] = (...args) => {
      const count = reads.get(name) ?? { calls: 0, rows: 0 };
      reads.set(name, count);
      count.calls++;
      const result = method(...args);
      if (!(result instanceof Promise)) return result;
      return result.then((value: unknown) => {
        count.rows += rowsIn(value);
        return value;
      });
    };
  }
  return watched as unknown as Store;
}

function rowsIn(value: unknown): number {
  if (value instanceof Map) return value.size;
  const rows = (value as { rows?: unknown } | null)?.rows;
  return Array.isArray(rows) ? rows.length : 0;
}

const SETTLED_MS = 1_000;

/** The floor waits for every device that was seen within the horizon. */
function watchedDevices(store: Store, record: WorldRecord, clock: Clock, horizonMs: number): Partial<Store> {
  const { acknowledged } = record;
  const note = (space: SpaceKey, device: string, version: Version): void => {
    acknowledged.set(`${space}\n${device}`, { version, atMs: clock.nowMs() });
  };
  return {
    async acknowledge(several) {
      await store.acknowledge(several);
      for (const { space, seen, version } of several) {
        const before = acknowledged.get(`${space}\n${seen.device}`)?.version ?? 0;
        note(space, seen.device, Math.max(before, version));
      }
    },
    async restart(space, seen, holds) {
      await store.restart(space, seen, holds);
      note(space, seen.device, holds);
    },
    async raiseFloor(space, floor) {
      const nowMs = clock.nowMs();
      for (const [key, { version, atMs }] of acknowledged) {
        const [where, device] = key.split('\n');
        // One that has only just come is not yet counted by whoever began to count before.
        const counts = nowMs - atMs < horizonMs - SETTLED_MS && nowMs - atMs > SETTLED_MS;
        if (where !== space || !counts || version >= floor) continue;
        fail(record, '7', `the floor of ${space} rises to ${floor}; ${device} has acknowledged ${version}`);
      }
      return store.raiseFloor(space, floor);
    },
  };
}

function entryText(entry: HistoryEntry): string {
  const text = (bytes: Uint8Array | null): string =>
    bytes === null ? 'nothing' : decodeUtf8(bytes).slice(0, 300);
  const sent = entry.incoming === null ? '' : ` (sent: ${text(entry.incoming)})`;
  const by = `${entry.device} change ${entry.number} on ${entry.baseVersion}`;
  return `version ${entry.version}: ${entry.collection}/${entry.id} by ${by}: ${text(entry.payload)}${sent}`;
}
