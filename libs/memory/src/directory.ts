import { nextEpoch } from '@syncline/core';
import type { Directory, TenantDevice } from '@syncline/ports';
import { spaceTable } from './space-table';
import { existing, type StoreTables } from './store-tables';

export function directory(tables: StoreTables): Directory {
  const { spaces, revoked, accessChanges } = tables;
  return {
    async createSpace(space, quota) {
      if (spaces.has(space)) return false;
      spaces.set(space, spaceTable(space, quota));
      return true;
    },
    async declare(space, declared) {
      const table = existing(tables, space);
      const rulesVersion = (table.rules.get(declared.collection)?.rulesVersion ?? 0) + 1;
      table.rules = new Map(table.rules).set(declared.collection, { ...declared, rulesVersion });
      return rulesVersion;
    },
    access: async (space, user) => spaces.get(space)?.members.get(user) ?? null,
    async setAccess(space, user, access) {
      const table = existing(tables, space);
      if (access === null) table.members.delete(user);
      else table.members.set(user, access);
      table.accessChanges++;
      accessChanges.tell({ kind: 'access', space, user, access });
    },
    async setQuota(space, quota) {
      existing(tables, space).quota = quota;
    },
    newEpoch: (space) =>
      tables.locks.hold([space], async () => {
        const table = existing(tables, space);
        table.state = nextEpoch(table.state);
        table.announced = table.state.head;
        return table.state.epoch;
      }),
    isRevoked: async (device) => revoked.has(nameOf(device)),
    revokedAmong: async (devices) => devices.filter((device) => revoked.has(nameOf(device))),
    async revoke(device) {
      revoked.add(nameOf(device));
      accessChanges.tell({ kind: 'revoked', device });
    },
    onAccessChange: (listener) => accessChanges.add(listener),
  };
}

function nameOf({ tenant, device }: TenantDevice): string {
  return `${tenant}/${device}`;
}
