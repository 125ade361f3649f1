import {
  type Access,
  type Answer,
  type CollectionRules,
  DEFAULT_LIMITS,
  type Limits,
  type Outcome,
  type PushResult,
  type RecordId,
  recordId,
  recordKey,
  userId,
} from '@syncline/core';
import { memoryStore } from '@syncline/memory';
import { change, deviceOn, manualTime, NOTES, readJson, rulesOf } from '@syncline/port-contracts';
import type { Identity } from '@syncline/ports';
import type { ConflictChoice } from './conflict-choice';
import { ALL_CONFLICTS, type ConflictFilter } from './conflict-filter';
import { decideConflicts } from './decide-conflicts';
import { decideManyConflicts } from './decide-many-conflicts';
import { dryRunPolicy } from './dry-run-policy';
import { findConflict } from './find-conflict';
import { ANN, HOME, HOME_KEY, identityOf, OWNER_OF_ALL, REGISTRY } from './flows.test-fixtures';
import { listConflicts, type ListConflictsCall } from './list-conflicts';
import { pushChanges, type SpacePush } from './push-changes';

export const OPERATOR: Identity = { ...identityOf(userId('root')), operator: true };
export const BOB = userId('bob');

/** The service around one space, `home`, that ann owns and bob may use as the test says. */
export async function conflictWorld(rules: Partial<CollectionRules> = {}, limits: Partial<Limits> = {}) {
  const clock = manualTime();
  const store = memoryStore(clock);
  await store.createSpace(HOME_KEY, null);
  await store.setAccess(HOME_KEY, ANN, OWNER_OF_ALL);
  await store.declare(HOME_KEY, rulesOf(NOTES, { policy: 'manual', ...rules }));
  const all = { ...DEFAULT_LIMITS, ...limits };
  const merge = pushChanges({ store, clock, policies: REGISTRY, limits: all });
  /** Called before each push of the service, to let others come in between. */
  const between = { act: (): Promise<unknown> => Promise.resolve() };
  const push = async (one: SpacePush): Promise<PushResult> => {
    await between.act();
    return (await merge([one])).results[0]!;
  };
  const deps = {
    deltas: store,
    conflicts: store,
    devices: store,
    directory: store,
    policies: REGISTRY,
    clock,
    push,
    limits: all,
  };
  const stored = async (id: string) => {
    const name = { collection: NOTES, id: recordId(id), key: recordKey(NOTES, recordId(id)) };
    return (await store.records(HOME_KEY, [name]))!.get(name.key);
  };
  const list = listConflicts(deps);
  const device = (id: string) => deviceOn(store, HOME_KEY, id, { limits: all, nowMs: clock.nowMs() });
  return {
    ...deps,
    store,
    clock,
    between,
    ...decideConflicts(deps),
    resolveMany: decideManyConflicts(deps),
    dryRun: dryRunPolicy(deps),
    find: findConflict(deps),
    list: (call: Partial<ListConflictsCall> = {}, identity = identityOf(ANN)) =>
      list(identity, { ...LIST, ...call }),
    device,
    allow: (access: Access | null) => store.setAccess(HOME_KEY, BOB, access),
    /** `a` stands at version 2; the change of version 1 that d makes is met by it. */
    async withConflict(stored: unknown = { n: 2 }, incoming: unknown = { n: 3 }): Promise<Outcome> {
      await device('x').push(change.create('a', { n: 1 }), change.update('a', stored, { atMs: 5 }));
      return device('d').one(change.update('a', incoming, { baseVersion: 1, atMs: 3 }));
    },
    /** What stands under an id: null for a delete. */
    content: async (id = 'a'): Promise<unknown> => readJson((await stored(id))?.payload),
    stored: () => stored('a'),
    head: async (): Promise<number> => (await store.state(HOME_KEY))!.head,
  };
}

export type ConflictWorld = Awaited<ReturnType<typeof conflictWorld>>;

const LIST: ListConflictsCall = {
  space: HOME,
  filter: ALL_CONFLICTS,
  resultsMax: null,
  after: null,
  withoutContents: false,
};

export const ID = recordId(`${NOTES}/d/1`);

export const deciding = (
  choice: ConflictChoice,
  given: { readonly id?: RecordId; readonly why?: string; readonly seenVersion?: number } = {},
) => ({
  space: HOME,
  id: given.id ?? ID,
  decision: { choice, why: given.why ?? '' },
  seenVersion: given.seenVersion ?? null,
});

export const filterOf = (given: Partial<ConflictFilter>): ConflictFilter => ({ ...ALL_CONFLICTS, ...given });

export function valueOf<Value>(answer: Answer<Value>): Value {
  if (answer.ok) return answer.value;
  throw new Error(`${answer.refusal.reason}: ${answer.refusal.message}`);
}

export const reasonOf = (answer: Answer<unknown>): string => (answer.ok ? 'OK' : answer.refusal.reason);
