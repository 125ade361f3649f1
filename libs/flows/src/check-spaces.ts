import {
  type Access,
  type Answer,
  checkPlan,
  type CheckPlan,
  type CursorKeys,
  decodeCursor,
  granted,
  type Limits,
  overLimit,
  type Refusal,
  refusal,
  sameHash,
  scopeHash,
  spaceKey,
  type SpaceKey,
  type Subscribe,
} from '@syncline/core';
import type { DeltaStore, Directory, Head, Identity } from '@syncline/ports';
import { accessTo } from './open-space';

export interface CheckSpacesDeps {
  readonly deltas: Pick<DeltaStore, 'heads'>;
  readonly directory: Directory;
  readonly keys: CursorKeys;
  readonly limits: Limits;
  /** What a sync of one space would do. */
  plan(space: SpaceKey, access: Access, subscribe: Subscribe): Promise<Answer<CheckPlan>>;
}

/**
 * What a sync of several spaces would do. Spaces that have not moved cost a look at their heads, all together one query,
 * and at the user's right to see them.
 */
export function checkSpaces(deps: CheckSpacesDeps) {
  const { deltas, directory, keys, limits } = deps;
  const planOf = async (
    key: SpaceKey,
    subscribe: Subscribe,
    access: Access | null,
    head: Head | undefined,
  ): Promise<Answer<CheckPlan>> => {
    if (access === null || head === undefined) return { ok: false, refusal: refusal('SPACE_NOT_FOUND') };
    if (standsAt(subscribe, key, access, head, keys))
      return granted(checkPlan(head.head, { records: 0, bytes: 0 }, [], new Map()));
    return deps.plan(key, access, subscribe);
  };

  return async (identity: Identity, asked: readonly Subscribe[]): Promise<Answer<readonly CheckPlan[]>> => {
    const { spacesPerSessionMax: max } = limits;
    if (asked.length > max)
      return {
        ok: false,
        refusal: overLimit('TOO_MANY_SUBSCRIPTIONS', 'spacesPerSessionMax', max, asked.length),
      };
    const spaces = asked.map((subscribe) => ({ subscribe, key: spaceKey(identity.tenant, subscribe.space) }));
    const heads = await deltas.heads([...new Set(spaces.map(({ key }) => key))]);
    const plans: CheckPlan[] = [];
    for (const [index, { subscribe, key }] of spaces.entries()) {
      const access = await accessTo(directory, identity, key, subscribe);
      const planned = await planOf(key, subscribe, access, heads.get(key));
      if (!planned.ok) return { ok: false, refusal: about(planned.refusal, index, subscribe) };
      plans.push(planned.value);
    }
    return granted(plans);
  };
}

function standsAt(
  { cursor: bytes, scope, pending }: Subscribe,
  key: SpaceKey,
  access: Access,
  { epoch, head }: Head,
  keys: CursorKeys,
): boolean {
  if (bytes === null || pending.length > 0) return false;
  const cursor = decodeCursor(bytes, key, keys);
  if (cursor === null || cursor.epoch !== epoch || cursor.checkpoint !== head) return false;
  return sameHash(cursor.scope, scopeHash(scope, access));
}

/** Of several spaces, the caller has to know which one it was. */
function about(refused: Refusal, index: number, { space }: Subscribe): Refusal {
  const violation = { field: `spaces[${index}]`, description: refused.message };
  return {
    ...refused,
    facts: { ...refused.facts, space },
    violations: [...refused.violations, violation],
  };
}
