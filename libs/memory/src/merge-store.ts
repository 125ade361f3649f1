import {
  type ChangeKey,
  type ChangeNumber,
  type DeviceId,
  type MergeKeys,
  type MergePlan,
  PAST_WRITES_MAX,
  pastKey,
  type PastKey,
  type PastRequest,
  type PastWrite,
  type Receipt,
  type RecordKey,
  type Seen,
  type SeenKey,
  seenKey,
  type SeenRequest,
  type SpaceKey,
  type StoredRecord,
} from '@syncline/core';
import type { LoadedSpace, MergeStore, MergeTransaction } from '@syncline/ports';
import { checkPlan } from './plan-check';
import { applyPlan, type SpaceTable } from './space-table';
import { existing, type StoreTables } from './store-tables';

export function mergeStore(tables: StoreTables): MergeStore {
  return {
    transact: (spaces, work) =>
      tables.locks.hold(spaces, async () => {
        const { transaction, end } = beginTransaction(tables, new Set(spaces));
        try {
          const result = await work(transaction);
          commit(tables, end());
          return result;
        } finally {
          end();
        }
      }),
  };
}

type Plans = ReadonlyMap<SpaceKey, MergePlan>;

function commit(tables: StoreTables, plans: Plans): void {
  for (const [space, plan] of plans) {
    const table = existing(tables, space);
    applyPlan(table, plan);
    if (plan.after.head > table.announced) tables.unannounced.add(space);
  }
}

interface OpenTransaction {
  readonly transaction: MergeTransaction;
  /** No call is taken from now on; what was saved until now is to be written. */
  readonly end: () => Plans;
}

function beginTransaction(tables: StoreTables, held: ReadonlySet<SpaceKey>): OpenTransaction {
  const plans = new Map<SpaceKey, MergePlan>();
  let open = true;

  const reach = (space: SpaceKey): SpaceTable | undefined => {
    if (!open) throw new Error('the transaction is over');
    if (!held.has(space)) throw new RangeError(`the transaction does not hold ${space}`);
    return tables.spaces.get(space);
  };

  const read = <Wanted, Found>(
    wanted: ReadonlyMap<SpaceKey, Wanted>,
    find: (table: SpaceTable, wanted: Wanted) => Found,
  ): Map<SpaceKey, Found> => {
    if (plans.size > 0) throw new Error('a transaction reads before it saves');
    const found = new Map<SpaceKey, Found>();
    for (const [space, each] of wanted) {
      const table = reach(space);
      if (table !== undefined) found.set(space, find(table, each));
    }
    return found;
  };

  const transaction: MergeTransaction = {
    load: async (wanted) => read(wanted, loadSpace),
    seen: async (wanted) => read(wanted, findSeen),
    past: async (wanted) => read(wanted, findPast),
    async save(saved) {
      for (const plan of saved) {
        const { space } = plan.before;
        const table = reach(space);
        if (table === undefined) throw new RangeError(`there is no space ${space}`);
        if (plans.has(space)) throw new Error(`${space} has been saved in this transaction`);
        checkPlan(table, plan);
        plans.set(space, plan);
      }
    },
  };
  return {
    transaction,
    end() {
      open = false;
      return plans;
    },
  };
}

function loadSpace(table: SpaceTable, wanted: MergeKeys): LoadedSpace {
  const records = new Map<RecordKey, StoredRecord>();
  for (const { key } of wanted.records) {
    const record = table.records.get(key);
    if (record !== undefined) records.set(key, record);
  }
  const lastNumbers = new Map<DeviceId, ChangeNumber>();
  for (const device of wanted.devices) {
    const taken = table.numbers.get(device);
    if (taken !== undefined) lastNumbers.set(device, taken.number);
  }
  const receipts = new Map<ChangeKey, Receipt>();
  for (const { key } of wanted.receipts) {
    const receipt = table.receipts.get(key);
    if (receipt !== undefined) receipts.set(key, receipt);
  }
  const { state, rules: collections, quota, declaredOnly } = table;
  return { state, collections, quota, declaredOnly, records, lastNumbers, receipts };
}

function findPast(
  table: SpaceTable,
  wanted: readonly PastRequest[],
): ReadonlyMap<PastKey, readonly PastWrite[]> {
  return new Map(
    wanted.map((request) => [pastKey(request), table.history.past(request, PAST_WRITES_MAX + 1)]),
  );
}

function findSeen(table: SpaceTable, wanted: readonly SeenRequest[]): ReadonlyMap<SeenKey, Seen> {
  const found = new Map<SeenKey, Seen>();
  for (const request of wanted) {
    const seen = table.history.seen(request);
    if (seen !== null) found.set(seenKey(request), seen);
  }
  return found;
}
