import { type Answer, granted, type Reason, type RecordId, type SpaceId } from '@syncline/core';
import type { Identity } from '@syncline/ports';
import type { Decision } from './conflict-choice';
import type { ConflictFilter } from './conflict-filter';
import { type InSpace, inOwnSpace } from './conflict-rights';
import { decideOne, type DecideConflictsDeps } from './decide-conflicts';
import { scanConflicts } from './scan-conflicts';

export interface ResolveConflictsCall {
  readonly space: SpaceId;
  /** Empty to decide those that fit the filter. */
  readonly ids: readonly RecordId[];
  readonly filter: ConflictFilter;
  readonly decision: Decision;
}

export interface ResolvedConflicts {
  readonly resolved: readonly RecordId[];
  readonly failed: ReadonlyMap<RecordId, Reason>;
  readonly more: boolean;
}

export const DECIDED_AT_ONCE_MAX = 1_000;
/** So many decisions are on their way together; a space takes them one after the other in any case. */
const SIDE_BY_SIDE = 8;

/** Many conflicts in the same way, by an owner: each by itself, so that one that cannot be decided does not hold up the others. */
export function decideManyConflicts(deps: DecideConflictsDeps) {
  return async (identity: Identity, call: ResolveConflictsCall): Promise<Answer<ResolvedConflicts>> => {
    const { space, decision } = call;
    const entered = await inOwnSpace(deps, identity, space);
    if (!entered.ok) return entered;
    const { ids, more } = call.ids.length > 0 ? named(call) : await fitting(deps, entered.value, call);
    const decide = decideOne(deps, identity, entered.value);
    const resolved: RecordId[] = [];
    const failed = new Map<RecordId, Reason>();
    const waiting = ids.values();
    const work = async (): Promise<void> => {
      for (const id of waiting) {
        const answer = await decide({ space, id, decision, seenVersion: null });
        if (answer.ok) resolved.push(id);
        else failed.set(id, answer.refusal.reason);
      }
    };
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
    // Where none could be decided, asking again would come to the same.
    return granted({ resolved, failed, more: more && resolved.length > 0 });
  };
}

interface Ids {
  readonly ids: readonly RecordId[];
  readonly more: boolean;
}

const named = ({ ids }: ResolveConflictsCall): Ids => ({ ids: [...new Set(ids)], more: false });

async function fitting(
  { conflicts }: DecideConflictsDeps,
  { key: space, access }: InSpace,
  { filter }: ResolveConflictsCall,
): Promise<Ids> {
  const ids: RecordId[] = [];
  const left = await scanConflicts(
    conflicts,
    { space, access, filter, waiting: true, before: null },
    ({ id }) => ids.length < DECIDED_AT_ONCE_MAX && ids.push(id) > 0,
  );
  return { ids, more: left !== null };
}
