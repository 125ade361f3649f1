import { type DeviceId, spaceKey, type SpaceKey, type TenantId, type UserId } from '@syncline/core';
import type { DeviceSession } from '../session/device-session';

/** The sessions of this gateway; those of others are not counted. */
export interface OpenSessions {
  ofTenant(tenant: TenantId): number;
  ofDevice(tenant: TenantId, device: DeviceId): number;
  /** Those of a user on a space. */
  ofMember(space: SpaceKey, user: UserId): number;
}

export function openSessions(all: () => Iterable<Pick<DeviceSession, 'identity' | 'state'>>): OpenSessions {
  const count = (
    tenant: TenantId,
    counts: (session: Pick<DeviceSession, 'identity' | 'state'>) => boolean,
  ) => {
    let found = 0;
    for (const session of all()) if (session.identity?.tenant === tenant && counts(session)) found++;
    return found;
  };
  return {
    ofTenant: (tenant) => count(tenant, () => true),
    ofDevice: (tenant, device) => count(tenant, ({ state }) => state.hello?.device === device),
    ofMember(space, user) {
      let found = 0;
      for (const { identity, state } of all()) {
        if (identity?.user !== user) continue;
        const follows = [...state.subscriptions.keys()].some((id) => spaceKey(identity.tenant, id) === space);
        if (follows) found++;
      }
      return found;
    },
  };
}
