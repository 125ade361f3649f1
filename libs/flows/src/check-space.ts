import {
  type Answer,
  checkPlan,
  type CheckPlan,
  granted,
  type RecordId,
  recordKey,
  refused,
  spaceKey,
  type Subscribe,
} from '@syncline/core';
import type { DeltaStore, Directory } from '@syncline/ports';
import { type OpenSpaceDeps, accessTo, type SpaceCaller, startOf } from './open-space';

export interface CheckSpaceDeps extends Pick<OpenSpaceDeps, 'keys'> {
  readonly deltas: DeltaStore;
  readonly directory: Directory;
}

/** Says what a sync would do, and changes nothing: not even that the device was seen. */
export function checkSpace({ deltas, directory, keys }: CheckSpaceDeps) {
  return async (
    { identity }: Pick<SpaceCaller, 'identity'>,
    subscribe: Subscribe,
  ): Promise<Answer<CheckPlan>> => {
    const key = spaceKey(identity.tenant, subscribe.space);
    const access = await accessTo(directory, identity, key, subscribe);
    const state = await deltas.state(key);
    if (access === null || state === null) return refused('SPACE_NOT_FOUND');
    const start = startOf(subscribe, key, state, access, keys);
    if (!start.ok) return start;
    const position = start.value.cursor.position;
    const none = { records: 0, bytes: 0 };
    const lacking = position === state.head ? none : ((await deltas.count(key, position)) ?? none);
    const names = subscribe.pending.map(({ collection, id }) => ({
      collection,
      id: id as RecordId,
      key: recordKey(collection, id as RecordId),
    }));
    const stored = names.length === 0 ? new Map() : ((await deltas.records(key, names)) ?? new Map());
    return granted(checkPlan(state.head, lacking, subscribe.pending, stored));
  };
}
