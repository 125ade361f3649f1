import { type Access, type Answer, granted, refused, type SpaceId, type SpaceKey } from '@syncline/core';
import type { Identity } from '@syncline/ports';
import { asMember, type SpaceRightsDeps } from './space-rights';

export interface InSpace {
  readonly key: SpaceKey;
  /** An operator may do what an owner may. */
  readonly access: Access;
}

const OPERATOR: Access = { role: 'owner', collections: new Map() };

/** The space, for its members and for operators. */
export async function inSpace(
  deps: SpaceRightsDeps,
  identity: Identity,
  space: SpaceId,
): Promise<Answer<InSpace>> {
  const member = await asMember(deps, identity, { tenant: null, space });
  if (!member.ok) return member;
  const { key, access } = member.value;
  return granted({ key, access: access ?? OPERATOR });
}

/** The same for what is done to many conflicts at once. */
export async function inOwnSpace(
  deps: SpaceRightsDeps,
  identity: Identity,
  space: SpaceId,
): Promise<Answer<InSpace>> {
  const entered = await inSpace(deps, identity, space);
  return entered.ok && entered.value.access.role !== 'owner' ? refused('PERMISSION_DENIED') : entered;
}
