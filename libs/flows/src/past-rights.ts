import { type Access, type Answer, granted, refused, type SpaceId, type SpaceKey } from '@syncline/core';
import type { Identity } from '@syncline/ports';
import { asMember, type SpaceRightsDeps } from './space-rights';

/** A space with what the caller may do in it. */
export interface PastAccess {
  readonly key: SpaceKey;
  readonly access: Access;
}

/** Who runs the installation may do in a space what its owner may. */
const OPERATORS: Access = { role: 'owner', collections: new Map() };

/** For those who may read something of a space now: of what was they may read the same. */
export function asReader(deps: SpaceRightsDeps) {
  return async (identity: Identity, space: SpaceId): Promise<Answer<PastAccess>> => {
    const member = await asMember(deps, identity, { tenant: null, space });
    if (!member.ok) return member;
    const { key, access } = member.value;
    return granted({ key, access: access ?? OPERATORS });
  };
}

/** For what concerns a space as a whole: its audit trail, and bringing it back. */
export function asItsOwner(deps: SpaceRightsDeps) {
  const reader = asReader(deps);
  return async (identity: Identity, space: SpaceId): Promise<Answer<PastAccess>> => {
    const found = await reader(identity, space);
    return !found.ok || found.value.access.role === 'owner' ? found : refused('PERMISSION_DENIED');
  };
}
