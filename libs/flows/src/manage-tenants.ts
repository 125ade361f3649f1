import { type Answer, granted, type Limits, refused, spaceKey, type TenantId } from '@syncline/core';
import type { Clock, Directory, Identity, Spaces, Tenant, Tenants, TenantUsage } from '@syncline/ports';
import { allowGrowth } from './allow-growth';
import { type Listed, listedBy, type PartRequest } from './parts';
import { asOperator, tenantFor } from './space-rights';

export interface ManageTenantsDeps {
  readonly tenants: Tenants;
  readonly spaces: Pick<Spaces, 'listSpaces' | 'removeSpace'>;
  readonly directory: Pick<Directory, 'setQuota'>;
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'offlineHorizonMs'>;
}

/** A tenant, and how much it uses. */
export interface TenantInUse {
  readonly tenant: Tenant;
  readonly usage: TenantUsage;
}

const REMOVED_AT_ONCE = 100;

/** Tenants are for those who run the installation. */
export function manageTenants({ tenants, spaces, directory, clock, limits }: ManageTenantsDeps) {
  const allow = allowGrowth({ tenants, spaces, directory });
  return {
    create: async (identity: Identity, tenant: Tenant): Promise<Answer<Tenant>> => {
      const allowed = asOperator(identity);
      if (!allowed.ok) return allowed;
      const created = { ...tenant, createdAtMs: clock.nowMs() };
      if (!(await tenants.createTenant(created))) return refused('ALREADY_EXISTS');
      // It may have been in use before it was declared.
      await allow(created);
      return granted(created);
    },
    change: async (identity: Identity, tenant: Tenant): Promise<Answer<Tenant>> => {
      const allowed = asOperator(identity);
      if (!allowed.ok) return allowed;
      const changed = await tenants.changeTenant(tenant);
      if (changed === null) return refused('TENANT_NOT_FOUND');
      await allow(changed);
      return granted(changed);
    },
    find: async (identity: Identity, id: TenantId | null): Promise<Answer<TenantInUse>> => {
      const allowed = asOperator(identity);
      if (!allowed.ok) return allowed;
      const named = tenantFor(identity, id);
      if (!named.ok) return named;
      const tenant = await tenants.tenant(named.value);
      if (tenant === null) return refused('TENANT_NOT_FOUND');
      const usage = await tenants.usage(tenant.id, clock.nowMs() - limits.offlineHorizonMs);
      return granted({ tenant, usage });
    },
    list: async (identity: Identity, part: PartRequest<TenantId>): Promise<Answer<Listed<Tenant>>> => {
      const allowed = asOperator(identity);
      if (!allowed.ok) return allowed;
      return granted(
        await listedBy(
          part,
          ({ id }) => id,
          (after, limit) => tenants.tenants(after, limit),
        ),
      );
    },
    /** The tenant is suspended first, so that nothing new arises; a call that breaks off can be made again. */
    remove: async (identity: Identity, id: TenantId): Promise<Answer<{ readonly spaces: number }>> => {
      const allowed = asOperator(identity);
      if (!allowed.ok) return allowed;
      const tenant = await tenants.tenant(id);
      if (tenant === null) return refused('TENANT_NOT_FOUND');
      await tenants.changeTenant({ ...tenant, suspended: true });
      let removed = 0;
      for (;;) {
        const request = { tenant: id, idPrefix: '', after: null, limit: REMOVED_AT_ONCE, devicesSinceMs: 0 };
        const found = await spaces.listSpaces(request);
        if (found.length === 0) break;
        for (const { space } of found)
          if ((await spaces.removeSpace(spaceKey(id, space))) !== null) removed++;
      }
      await tenants.removeTenant(id);
      return granted({ spaces: removed });
    },
  };
}
