import {
  compareUtf8,
  nextEpoch,
  type SpaceId,
  spaceOf,
  type TenantId,
  tenantOf,
  type UserId,
} from '@syncline/core';
import type { Directory, Membership } from '@syncline/ports';
import { declareIn } from './declarations';
import { deviceName } from './device-registry';
import { memberOf, setMember } from './members';
import { spaceTable } from './space-table';
import { existing, type StoreTables } from './store-tables';

export function directory(tables: StoreTables): Directory {
  const { spaces, revoked, accessChanges } = tables;
  return {
    async createSpace(space, quota) {
      if (spaces.has(space)) return false;
      spaces.set(space, spaceTable(space, quota, tables.removed.get(space)));
      return true;
    },
    async declare(space, declared) {
      const nobody = { description: '', declaredAtMs: tables.clock.nowMs(), declaredBy: null };
      return declareIn(existing(tables, space), { rules: declared, ...nobody }).rules.rulesVersion;
    },
    access: async (space, user) => memberOf(tables, space, user)?.access ?? null,
    async setAccess(space, user, access) {
      const table = existing(tables, space);
      const addedAtMs = table.members.get(user)?.addedAtMs ?? tables.clock.nowMs();
      const member = access === null ? null : { user, access, addedAtMs, expiresAtMs: null };
      setMember(tables, space, user, member);
    },
    spacesOf: async (tenant, user, after, limit) => membershipsOf(tables, tenant, user, after, limit),
    async setQuota(space, quota) {
      existing(tables, space).quota = quota;
    },
    newEpoch: (space) =>
      tables.locks.hold([space], async () => {
        const table = existing(tables, space);
        table.state = nextEpoch(table.state);
        table.announced = table.state.head;
        tables.unannounced.delete(space);
        return table.state.epoch;
      }),
    isRevoked: async (device) => revoked.has(deviceName(device)),
    revokedAmong: async (devices) => devices.filter((device) => revoked.has(deviceName(device))),
    async revoke(device) {
      revoked.add(deviceName(device));
      accessChanges.tell({ kind: 'revoked', device });
    },
    onAccessChange: (listener) => accessChanges.add(listener),
  };
}

function membershipsOf(
  tables: StoreTables,
  tenant: TenantId,
  user: UserId,
  after: SpaceId | null,
  limit: number,
): Membership[] {
  const found: Membership[] = [];
  for (const key of tables.spaces.keys()) {
    const access = tenantOf(key) === tenant ? memberOf(tables, key, user)?.access : undefined;
    if (access === undefined) continue;
    const space = spaceOf(key);
    if (after === null || compareUtf8(space, after) > 0) found.push({ space, access });
  }
  return found.sort((left, right) => compareUtf8(left.space, right.space)).slice(0, limit);
}
