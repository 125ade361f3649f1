import {
  type Change,
  CONFLICTS,
  CORE_POLICIES,
  DEFAULT_LIMITS,
  type DeviceId,
  deviceId,
  type Limits,
  mergeKeys,
  type MergeFacts,
  type MergePlan,
  type Outcome,
  pastNeeded,
  planMerge,
  policyRegistry,
  type PolicyRegistry,
  type Push,
  recordKey,
  type RecordKey,
  rulesBook,
  seenNeeded,
  type SpaceKey,
} from '@syncline/core';
import type { LoadedSpace, MergeStore, MergeTransaction } from '@syncline/ports';
import { BASE_MS, pushOf } from './change-fixtures';

export const CORE_REGISTRY: PolicyRegistry = policyRegistry(Object.values(CORE_POLICIES));

export interface MergeGiven {
  readonly nowMs?: number;
  readonly limits?: Partial<Limits>;
  readonly registry?: PolicyRegistry;
}

export type Pushes = ReadonlyMap<SpaceKey, readonly Push[]>;
export type Plans = ReadonlyMap<SpaceKey, MergePlan>;

/** A merge as the product makes it: load, ask what devices saw, decide, save. Missing spaces get no plan. */
export async function mergeWithin(
  transaction: MergeTransaction,
  pushes: Pushes,
  given: MergeGiven = {},
): Promise<Plans> {
  const plans = await planWithin(transaction, pushes, given);
  await transaction.save([...plans.values()]);
  return plans;
}

/** The same without saving. */
export async function planWithin(
  transaction: MergeTransaction,
  pushes: Pushes,
  given: MergeGiven = {},
): Promise<Plans> {
  const wanted = [...pushes].map(([space, each]) => [space, mergeKeys(each, CONFLICTS)] as const);
  const loaded = await transaction.load(new Map(wanted));
  const facts = new Map([...loaded].map(([space, each]) => [space, factsOf(each, given)] as const));
  const needed = <Request>(of: (known: FirstFacts, pushes: readonly Push[]) => readonly Request[]) =>
    new Map([...facts].map(([space, each]) => [space, of(each, pushes.get(space)!)] as const));
  const seen = await transaction.seen(needed(seenNeeded));
  const past = await transaction.past(needed(pastNeeded));
  return new Map(
    [...facts].map(([space, each]) => [
      space,
      planMerge({ ...each, seen: seen.get(space)!, past: past.get(space)! }, pushes.get(space)!),
    ]),
  );
}

type FirstFacts = Omit<MergeFacts, 'seen' | 'past'>;

function factsOf(loaded: LoadedSpace, given: MergeGiven): FirstFacts {
  return {
    nowMs: given.nowMs ?? BASE_MS,
    space: loaded.state,
    rules: rulesBook(loaded.collections, given.registry ?? CORE_REGISTRY),
    quota: loaded.quota,
    declaredOnly: loaded.declaredOnly,
    limits: { ...DEFAULT_LIMITS, ...given.limits },
    records: loaded.records,
    lastNumbers: loaded.lastNumbers,
    receipts: loaded.receipts,
  };
}

export async function mergeInto(store: MergeStore, pushes: Pushes, given: MergeGiven = {}): Promise<Plans> {
  return store.transact([...pushes.keys()], (transaction) => mergeWithin(transaction, pushes, given));
}

/**
 * A device that pushes in transactions of its own. It numbers its changes, and a change that does not say so is made
 * after the device's last one of its record, unless that did not get its way or is included in the base already.
 */
export interface TestDevice {
  readonly id: DeviceId;
  /** The outcomes; throws where the push is refused. */
  readonly push: (...changes: readonly Change[]) => Promise<readonly Outcome[]>;
  /** The outcome of a single change. */
  readonly one: (change: Change) => Promise<Outcome>;
}

export function deviceOn(store: MergeStore, space: SpaceKey, id: string, given: MergeGiven = {}): TestDevice {
  const own = ownChanges();
  const push = async (...changes: readonly Change[]): Promise<readonly Outcome[]> => {
    const pushed = pushOf(id, own.withEarlier(changes), { first: own.last() + 1 });
    const result = (await mergeInto(store, new Map([[space, [pushed]]]), given)).get(space)?.results[0];
    if (result?.kind !== 'outcomes')
      throw new Error(`refused: ${JSON.stringify(result?.refusal ?? 'no such space')}`);
    own.answered(pushed.changes, result.outcomes);
    return result.outcomes;
  };
  return { id: deviceId(id), push, one: async (single) => (await push(single))[0]! };
}

function ownChanges() {
  const numbers = { last: 0 };
  /** The last change of each record that took effect, and the version that includes it. */
  const latest = new Map<RecordKey, { readonly number: number; readonly version: number }>();
  const keyOf = ({ collection, id }: Change) => recordKey(collection, id);

  return {
    last: () => numbers.last,
    /** Names the earlier change for those that are the first of their record in this push. */
    withEarlier(changes: readonly Change[]): Change[] {
      const named = new Set<RecordKey>();
      return changes.map((each) => {
        const key = keyOf(each);
        const earlier = named.has(key) ? undefined : latest.get(key);
        named.add(key);
        const isHidden = earlier === undefined || earlier.version <= each.baseVersion || each.after > 0;
        return isHidden ? each : { ...each, after: earlier.number };
      });
    },
    answered(changes: readonly Change[], outcomes: readonly Outcome[]): void {
      numbers.last += changes.length;
      changes.forEach((each, index) => {
        const { number, status, version } = outcomes[index]!;
        if (status === 'APPLIED' || status === 'MERGED') latest.set(keyOf(each), { number, version });
        else if (status !== 'REJECTED') latest.delete(keyOf(each));
      });
    },
  };
}
