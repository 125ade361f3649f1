import type { TenantId } from '@syncline/core';
import type { TenantStanding } from './directory';

/** How much a tenant may hold. Null always means as the installation is configured. */
export interface TenantQuotas {
  readonly spacesMax: number | null;
  readonly recordsMax: number | null;
  readonly storedBytesMax: number | null;
  readonly artifactBytesMax: number | null;
  readonly devicesPerUserMax: number | null;
  readonly sessionsMax: number | null;
  readonly recordsPerSpaceMax: number | null;
}

/** How fast a tenant may go. Null always means as the installation is configured. */
export interface TenantRates {
  readonly changesPerSecondMax: number | null;
  readonly changesBurstMax: number | null;
  readonly artifactBytesPerSecondMax: number | null;
  readonly tenantChangesPerSecondMax: number | null;
  readonly tenantSessionsPerSecondMax: number | null;
}

/** Who issues the tokens that a tenant's users come with. */
export interface TokenIssuer {
  readonly issuer: string;
  /** Empty for any. */
  readonly audience: string;
  readonly jwksUrl: string;
  readonly userClaim: string;
}

export interface Tenant {
  readonly id: TenantId;
  readonly name: string;
  readonly suspended: boolean;
  readonly quotas: TenantQuotas;
  readonly rates: TenantRates;
  readonly issuers: readonly TokenIssuer[];
  readonly createdAtMs: number;
}

export interface TenantUsage {
  readonly spaces: number;
  readonly records: number;
  readonly storedBytes: number;
  readonly artifactBytes: number;
  /** Devices seen since the time that was asked for. */
  readonly devices: number;
}

/**
 * The tenants that were declared. Contract:
 * - `createTenant` answers false when there is one of this id, and changes nothing then. `changeTenant` replaces everything
 *   but the time of creation; null stands for a tenant that was not declared.
 * - `tenants` lists in the order of the ids, from the one after `after` on. `standings` knows those that were declared; the
 *   others are missing from its answer.
 * - `removeTenant` forgets the tenant, its devices and their keys. Its spaces have been removed before; it rejects while
 *   there are any. It answers false when there was nothing to forget.
 * - A tenant that is suspended, used again or removed is told to the listeners of the directory.
 * - `usage` adds up what its spaces hold, and locks none of them. It is 0 all over for a tenant of which nothing is known.
 */
export interface Tenants {
  createTenant(tenant: Tenant): Promise<boolean>;
  changeTenant(tenant: Tenant): Promise<Tenant | null>;
  tenant(id: TenantId): Promise<Tenant | null>;
  tenants(after: TenantId | null, limit: number): Promise<readonly Tenant[]>;
  standings(ids: readonly TenantId[]): Promise<ReadonlyMap<TenantId, TenantStanding>>;
  removeTenant(id: TenantId): Promise<boolean>;
  usage(id: TenantId, devicesSinceMs: number): Promise<TenantUsage>;
}
