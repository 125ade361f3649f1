import {
  CONFLICTS,
  type Limits,
  mergeKeys,
  type MergeFacts,
  type MergePlan,
  pastNeeded,
  planMerge,
  type PolicyRegistry,
  type Push,
  type PushResult,
  refusal,
  rulesBook,
  seenNeeded,
  type SpaceKey,
} from '@syncline/core';
import type { Clock, LoadedSpace, MergeStore } from '@syncline/ports';

export interface SpacePush {
  readonly space: SpaceKey;
  readonly push: Push;
}

export interface PushChangesDeps {
  readonly store: MergeStore;
  readonly clock: Clock;
  readonly policies: PolicyRegistry;
  readonly limits: Limits;
}

export interface Pushed {
  /** One for each push, in their order. */
  readonly results: readonly PushResult[];
  /** What became of each space; whoever gets this announces it. */
  readonly plans: readonly MergePlan[];
  /** When everything was loaded, and when all was decided; after that it was saved. */
  readonly loadedAtMs: number;
  readonly decidedAtMs: number;
}

/**
 * Merges a batch in a single transaction. When it resolves, the outcomes hold for good. When
 * it rejects, nothing has happened and the same pushes can come again.
 */
export function pushChanges({ store, clock, policies, limits }: PushChangesDeps) {
  return async (batch: readonly SpacePush[]): Promise<Pushed> => {
    const bySpace = groupBySpace(batch);
    const stages = { loadedAtMs: 0, decidedAtMs: 0 };
    const plans = await store.transact([...bySpace.keys()], async (transaction) => {
      const loaded = await transaction.load(
        new Map([...bySpace].map(([space, pushes]) => [space, mergeKeys(pushes, CONFLICTS)])),
      );
      const nowMs = clock.nowMs();
      const known = [...bySpace].filter(([space]) => loaded.has(space));
      const facts = new Map(
        known.map(([space]) => [space, factsOf(loaded.get(space)!, nowMs, policies, limits)]),
      );
      const seen = await loadMore(facts, bySpace, seenNeeded, (wanted) => transaction.seen(wanted));
      const past = await loadMore(facts, bySpace, pastNeeded, (wanted) => transaction.past(wanted));
      stages.loadedAtMs = clock.nowMs();
      const made = known.map(([space, pushes]) =>
        planMerge(
          { ...facts.get(space)!, seen: seen.get(space) ?? NONE, past: past.get(space) ?? NONE },
          pushes,
        ),
      );
      stages.decidedAtMs = clock.nowMs();
      await transaction.save(made);
      return made;
    });
    return { results: inOrderOf(batch, plans), plans, ...stages };
  };
}

type FirstFacts = Omit<MergeFacts, 'seen' | 'past'>;

const NONE: ReadonlyMap<never, never> = new Map<never, never>();

function groupBySpace(batch: readonly SpacePush[]): Map<SpaceKey, Push[]> {
  const groups = new Map<SpaceKey, Push[]>();
  for (const { space, push } of batch) {
    const group = groups.get(space);
    if (group === undefined) groups.set(space, [push]);
    else group.push(push);
  }
  return groups;
}

function factsOf(loaded: LoadedSpace, nowMs: number, policies: PolicyRegistry, limits: Limits): FirstFacts {
  const { state, collections, quota, declaredOnly, records, lastNumbers, receipts } = loaded;
  const rules = rulesBook(collections, policies);
  return { nowMs, space: state, rules, quota, declaredOnly, limits, records, lastNumbers, receipts };
}

/** Most batches meet no conflict that needs more, and save the round trips. */
async function loadMore<Request, Found>(
  facts: ReadonlyMap<SpaceKey, FirstFacts>,
  bySpace: ReadonlyMap<SpaceKey, readonly Push[]>,
  needed: (facts: FirstFacts, pushes: readonly Push[]) => readonly Request[],
  load: (wanted: ReadonlyMap<SpaceKey, readonly Request[]>) => Promise<ReadonlyMap<SpaceKey, Found>>,
): Promise<ReadonlyMap<SpaceKey, Found>> {
  const wanted = new Map<SpaceKey, readonly Request[]>();
  for (const [space, known] of facts) {
    const requests = needed(known, bySpace.get(space)!);
    if (requests.length > 0) wanted.set(space, requests);
  }
  return wanted.size === 0 ? NONE : load(wanted);
}

function inOrderOf(batch: readonly SpacePush[], plans: readonly MergePlan[]): PushResult[] {
  const waiting = new Map(plans.map(({ before, results }) => [before.space, results.values()] as const));
  const missing: PushResult = { kind: 'refused', refusal: refusal('SPACE_NOT_FOUND') };
  return batch.map(({ space }) => waiting.get(space)?.next().value ?? missing);
}
