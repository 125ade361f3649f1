import { type Answer, granted, refused } from '@syncline/core';
import type { Identity, Tenant, Tenants } from '@syncline/ports';

export interface AdmitTenantDeps {
  readonly tenants: Pick<Tenants, 'tenant'>;
  /** Users of tenants that were not declared are turned away; otherwise those have the defaults of the installation. */
  readonly tenantsDeclaredOnly: boolean;
}

/** Whether anyone of a tenant may come in; null for one that was not declared. Who runs the installation always may. */
export function admitTenant({ tenants, tenantsDeclaredOnly }: AdmitTenantDeps) {
  return async ({ tenant: id, operator }: Identity): Promise<Answer<Tenant | null>> => {
    const tenant = await tenants.tenant(id);
    if (operator === true) return granted(tenant);
    if (tenant === null && tenantsDeclaredOnly) return refused('TENANT_NOT_FOUND');
    return tenant?.suspended === true ? refused('TENANT_SUSPENDED') : granted(tenant);
  };
}
