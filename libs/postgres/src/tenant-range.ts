import type { TenantId } from '@syncline/core';

/** Every key of a tenant's spaces lies between these two; no tenant holds a slash or what follows it. */
export function spacesOfTenant(tenant: TenantId): readonly [after: string, before: string] {
  return [`${tenant}/`, `${tenant}0`];
}
