import {
  type Answer,
  type DeviceId,
  granted,
  refused,
  type Role,
  type SpaceId,
  spaceKey,
  type SpaceKey,
} from '@syncline/core';
import type { Clock, DeltaStore, Directory, Identity } from '@syncline/ports';
import { admitTenant, type AdmitTenantDeps } from './admit-tenant';
import { accessTo } from './open-space';

export interface ArtifactRightsDeps {
  readonly directory: Pick<Directory, 'access'>;
  readonly deltas: Pick<DeltaStore, 'heads'>;
}

export type ArtifactRight = 'read' | 'write';

const RIGHT_OF_ROLE: Readonly<Record<Role, ArtifactRight>> = {
  owner: 'write',
  editor: 'write',
  reader: 'read',
};

/**
 * The space, for those who may do this with its artifacts. No collection narrows that: nobody knows yet which records refer
 * to an artifact. Whoever has no access to a space must not learn that it exists.
 */
export function artifactRights({ directory, deltas }: ArtifactRightsDeps) {
  return async (identity: Identity, space: SpaceId, to: ArtifactRight): Promise<Answer<SpaceKey>> => {
    const key = spaceKey(identity.tenant, space);
    const access = await accessTo(directory, identity, key, { space });
    if (access === null || !(await deltas.heads([key])).has(key)) return refused('SPACE_NOT_FOUND');
    const mayDoIt = to === 'read' || RIGHT_OF_ROLE[access.role] === to;
    return mayDoIt ? granted(key) : refused('PERMISSION_DENIED');
  };
}

export interface RecheckTransferDeps extends ArtifactRightsDeps, AdmitTenantDeps {
  readonly directory: Pick<Directory, 'access' | 'isRevoked'>;
  readonly clock: Clock;
}

/** A transfer may outlast the rights that it began with. */
export function recheckTransfer(deps: RecheckTransferDeps) {
  const { directory, clock } = deps;
  const admit = admitTenant(deps);
  const rights = artifactRights(deps);
  return async (
    identity: Identity,
    device: DeviceId,
    space: SpaceId,
    to: ArtifactRight,
  ): Promise<Answer<unknown>> => {
    if (identity.expiresAtMs <= clock.nowMs()) return refused('AUTH_EXPIRED');
    const ofTenant = await admit(identity);
    if (!ofTenant.ok) return ofTenant;
    if (await directory.isRevoked({ tenant: identity.tenant, device })) return refused('DEVICE_REVOKED');
    return rights(identity, space, to);
  };
}
