import { compareUtf8, type SpaceKey, type TenantId, tenantOf } from '@syncline/core';
import type { Tenant, Tenants, TenantStanding } from '@syncline/ports';
import { usedBytes } from './artifact-store';
import type { StoreTables } from './store-tables';

export function tenants(tables: StoreTables): Tenants {
  const { tenants: declared, accessChanges } = tables;
  return {
    async createTenant(tenant) {
      if (declared.has(tenant.id)) return false;
      declared.set(tenant.id, tenant);
      if (tenant.suspended) accessChanges.tell({ kind: 'tenant', tenant: tenant.id, standing: 'suspended' });
      return true;
    },
    async changeTenant(tenant) {
      const before = declared.get(tenant.id);
      if (before === undefined) return null;
      const after = { ...tenant, createdAtMs: before.createdAtMs };
      declared.set(tenant.id, after);
      if (before.suspended !== after.suspended) {
        accessChanges.tell({ kind: 'tenant', tenant: tenant.id, standing: standingOf(after) });
      }
      return after;
    },
    tenant: async (id) => declared.get(id) ?? null,
    async tenants(after, limit) {
      const ids = [...declared.keys()].sort(compareUtf8);
      return ids
        .filter((id) => after === null || compareUtf8(id, after) > 0)
        .slice(0, limit)
        .map((id) => declared.get(id)!);
    },
    async standings(ids) {
      const known = ids.flatMap((id) => declared.get(id) ?? []);
      return new Map(known.map((tenant) => [tenant.id, standingOf(tenant)]));
    },
    async removeTenant(id) {
      if (spacesOf(tables, id).length > 0) throw new RangeError(`tenant ${id} has spaces`);
      forgetDevices(tables, id);
      if (!declared.delete(id)) return false;
      accessChanges.tell({ kind: 'tenant', tenant: id, standing: 'removed' });
      return true;
    },
    async usage(id, devicesSinceMs) {
      const states = spacesOf(tables, id).map((key) => tables.spaces.get(key)!.state);
      const devices = [...(tables.devices.get(id)?.values() ?? [])];
      return {
        spaces: states.length,
        records: states.reduce((sum, { records }) => sum + records, 0),
        storedBytes: states.reduce((sum, { bytes }) => sum + bytes, 0),
        artifactBytes: usedBytes(tables, id),
        devices: devices.filter(({ seenAtMs }) => seenAtMs !== null && seenAtMs >= devicesSinceMs).length,
      };
    },
  };
}

function standingOf({ suspended }: Tenant): TenantStanding {
  return suspended ? 'suspended' : 'active';
}

function spacesOf({ spaces }: StoreTables, tenant: TenantId): SpaceKey[] {
  return [...spaces.keys()].filter((key) => tenantOf(key) === tenant);
}

function forgetDevices({ devices, revoked, integrityKeys }: StoreTables, tenant: TenantId): void {
  devices.delete(tenant);
  for (const name of revoked) if (name.startsWith(`${tenant}/`)) revoked.delete(name);
  for (const name of integrityKeys.keys()) if (name.startsWith(`${tenant}/`)) integrityKeys.delete(name);
}
