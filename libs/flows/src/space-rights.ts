import {
  type Access,
  type Answer,
  granted,
  refused,
  type SpaceId,
  spaceKey,
  type SpaceKey,
  type TenantId,
} from '@syncline/core';
import type { DeltaStore, Directory, Identity } from '@syncline/ports';
import { accessTo } from './open-space';

/** A space as a call names it; null stands for the caller's own tenant. */
export interface NamedSpace {
  readonly tenant: TenantId | null;
  readonly space: SpaceId;
}

export interface SpaceRightsDeps {
  readonly directory: Pick<Directory, 'access'>;
  readonly deltas: Pick<DeltaStore, 'heads'>;
}

/** For calls that concern the installation as a whole. */
export function asOperator({ operator }: Identity): Answer<null> {
  return operator === true ? granted(null) : refused('PERMISSION_DENIED', { message: NEEDS_OPERATOR });
}

const NEEDS_OPERATOR = 'Only who runs the installation may do this. Use a token that says so.';

/** The tenant that a call is about: of another one than the caller's, nobody but an operator may know. */
export function tenantFor(identity: Identity, tenant: TenantId | null): Answer<TenantId> {
  if (tenant === null || tenant === identity.tenant) return granted(identity.tenant);
  return identity.operator === true ? granted(tenant) : refused('PERMISSION_DENIED');
}

/** Whoever has no access to a space must not learn that it exists. */
export async function asMember(
  { directory, deltas }: SpaceRightsDeps,
  identity: Identity,
  { tenant, space }: NamedSpace,
): Promise<Answer<{ readonly key: SpaceKey; readonly access: Access | null }>> {
  const key = spaceKey(tenant ?? identity.tenant, space);
  if (!(await deltas.heads([key])).has(key)) return refused('SPACE_NOT_FOUND');
  if (identity.operator === true) return granted({ key, access: null });
  if (tenant !== null && tenant !== identity.tenant) return refused('SPACE_NOT_FOUND');
  const access = await accessTo(directory, identity, key, { space });
  return access === null ? refused('SPACE_NOT_FOUND') : granted({ key, access });
}

/** The space, for its owner or an operator. */
export async function asOwner(
  deps: SpaceRightsDeps,
  identity: Identity,
  named: NamedSpace,
): Promise<Answer<SpaceKey>> {
  const member = await asMember(deps, identity, named);
  if (!member.ok) return member;
  const { key, access } = member.value;
  return access === null || access.role === 'owner' ? granted(key) : refused('PERMISSION_DENIED');
}
