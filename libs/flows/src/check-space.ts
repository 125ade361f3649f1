import {
  type Access,
  type Answer,
  checkPlan,
  type CheckPlan,
  collectionProblem,
  type CollectionName,
  CONFLICTS,
  granted,
  idProblem,
  mayRead,
  type PendingSummary,
  type RecordId,
  recordKey,
  refused,
  rightTo,
  type Scope,
  type SpaceKey,
  spaceKey,
  type Subscribe,
} from '@syncline/core';
import type { Counts, DeltaStore, Directory, RecordName } from '@syncline/ports';
import { type OpenSpaceDeps, accessTo, type SpaceCaller, startOf } from './open-space';

export interface PlanSpaceDeps extends Pick<OpenSpaceDeps, 'keys'> {
  readonly deltas: DeltaStore;
}

export interface CheckSpaceDeps extends PlanSpaceDeps {
  readonly directory: Directory;
}

/** Says what a sync would do, and changes nothing: not even that the device was seen. */
export function checkSpace(deps: CheckSpaceDeps) {
  const plan = planSpace(deps);
  return async (
    { identity }: Pick<SpaceCaller, 'identity'>,
    subscribe: Subscribe,
  ): Promise<Answer<CheckPlan>> => {
    const key = spaceKey(identity.tenant, subscribe.space);
    const access = await accessTo(deps.directory, identity, key, subscribe);
    return access === null ? refused('SPACE_NOT_FOUND') : plan(key, access, subscribe);
  };
}

/** The same for one whose access is known. A device that lacks nothing and has changed nothing costs one row. */
export function planSpace({ deltas, keys }: PlanSpaceDeps) {
  return async (key: SpaceKey, access: Access, subscribe: Subscribe): Promise<Answer<CheckPlan>> => {
    const state = await deltas.state(key);
    if (state === null) return refused('SPACE_NOT_FOUND');
    const start = startOf(subscribe, key, state, access, keys);
    if (!start.ok) return start;
    const { position } = start.value.cursor;
    const readable = position === state.head ? null : readableOf(subscribe.scope, access);
    const lacking =
      readable === null ? null : await deltas.count({ space: key, after: position, ...readable });
    const names = namesOf(subscribe.pending, access);
    const stored = names.length === 0 ? null : await deltas.records(key, names);
    return granted(checkPlan(state.head, lacking ?? NOTHING, subscribe.pending, stored ?? new Map()));
  };
}

const NOTHING: Counts = { records: 0, bytes: 0 };

interface Readable {
  readonly collections: readonly CollectionName[];
  readonly except: readonly CollectionName[];
}

/**
 * Whose records are counted; null for none. Where some collection is hidden, the ledger is left out: its entries speak of
 * hidden records as well, and telling them apart would mean reading them.
 */
function readableOf({ collections }: Scope, access: Access): Readable | null {
  const hidden = [...access.collections.keys()].filter((name) => rightTo(access, name) === 'none');
  const except = hidden.length === 0 ? [] : [...new Set([...hidden, CONFLICTS])];
  if (collections.length === 0) return { collections, except };
  const wanted = collections.filter((name) => !except.includes(name));
  return wanted.length === 0 ? null : { collections: wanted, except: [] };
}

/**
 * A name that no record can have is not looked for: a store may not even be able to. Nor is one that the user may not read:
 * whether a conflict is expected would tell where the record stands.
 */
function namesOf(pending: readonly PendingSummary[], access: Access): RecordName[] {
  return pending
    .filter(({ collection, id }) => collectionProblem(collection) === null && idProblem(id) === null)
    .filter(({ collection, id }) => mayRead(access, collection, id as RecordId))
    .map(({ collection, id }) => ({
      collection,
      id: id as RecordId,
      key: recordKey(collection, id as RecordId),
    }));
}
