import {
  type Answer,
  type Epoch,
  granted,
  refused,
  type SpaceId,
  spaceKey,
  type SpaceKey,
  type TenantId,
} from '@syncline/core';
import type { Announcements, DeltaStore, Directory, Identity, Spaces } from '@syncline/ports';
import { asOwner, tenantFor } from './space-rights';

export interface BeginEpochDeps {
  readonly directory: Pick<Directory, 'access' | 'newEpoch'>;
  readonly spaces: Pick<Spaces, 'listSpaces'>;
  readonly deltas: Pick<DeltaStore, 'heads' | 'state'>;
  readonly announcements: Pick<Announcements, 'publish'>;
}

export interface BeginEpochCall {
  readonly tenant: TenantId | null;
  /** Null for every space of the tenant. */
  readonly space: SpaceId | null;
}

export interface Begun {
  readonly spaces: number;
  /** Of the space that was asked for; null when it was every one. */
  readonly epoch: Epoch | null;
}

const SPACES_AT_ONCE = 100;

/** After a restore: nothing that a device knows from before is trusted. All spaces at once are for an operator. */
export function beginEpoch(deps: BeginEpochDeps) {
  return async (identity: Identity, { tenant, space }: BeginEpochCall): Promise<Answer<Begun>> => {
    if (space === null) return inEverySpace(deps, identity, tenant);
    const owned = await asOwner(deps, identity, { tenant, space });
    if (!owned.ok) return owned;
    const epoch = await inSpace(deps, owned.value);
    return epoch === null ? refused('SPACE_NOT_FOUND') : granted({ spaces: 1, epoch });
  };
}

async function inEverySpace(
  deps: BeginEpochDeps,
  identity: Identity,
  named: TenantId | null,
): Promise<Answer<Begun>> {
  const tenant = identity.operator === true ? tenantFor(identity, named) : refused('PERMISSION_DENIED');
  if (!tenant.ok) return tenant;
  let after: SpaceId | null = null;
  let spaces = 0;
  for (;;) {
    const request = { tenant: tenant.value, idPrefix: '', after, limit: SPACES_AT_ONCE, devicesSinceMs: 0 };
    const part = await deps.spaces.listSpaces(request);
    for (const { space } of part) if ((await inSpace(deps, spaceKey(tenant.value, space))) !== null) spaces++;
    if (part.length < SPACES_AT_ONCE) return granted({ spaces, epoch: null });
    after = part[part.length - 1]!.space;
  }
}

/** Sessions that are open start over as soon as they hear of versions of another epoch. */
async function inSpace(
  { directory, deltas, announcements }: BeginEpochDeps,
  space: SpaceKey,
): Promise<Epoch | null> {
  if ((await deltas.state(space)) === null) return null;
  const epoch = await directory.newEpoch(space);
  const state = await deltas.state(space);
  if (state === null) return null;
  const { head, digests } = state;
  await announcements.publish(space, {
    epoch,
    from: head,
    to: head,
    entries: null,
    clock: new Map(),
    digests,
  });
  return epoch;
}
