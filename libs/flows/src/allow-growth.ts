import type { Quota, SpaceId, TenantId } from '@syncline/core';
import { spaceKey } from '@syncline/core';
import type {
  Directory,
  SpaceDetails,
  Spaces,
  Tenant,
  TenantQuotas,
  Tenants,
  TenantUsage,
} from '@syncline/ports';

export interface AllowGrowthDeps {
  readonly tenants: Pick<Tenants, 'tenants' | 'usage'>;
  readonly spaces: Pick<Spaces, 'listSpaces'>;
  readonly directory: Pick<Directory, 'setQuota'>;
}

export const NOTHING_USED: TenantUsage = {
  spaces: 0,
  records: 0,
  storedBytes: 0,
  artifactBytes: 0,
  devices: 0,
};

const UNLIMITED = Number.MAX_SAFE_INTEGER;
const AT_ONCE = 100;

/**
 * How much a space may hold: what its tenant allows each space, and no more growth than the tenant as a whole has left.
 * Null for any amount.
 */
export function allowanceOf(
  { recordsPerSpaceMax, recordsMax, storedBytesMax }: TenantQuotas,
  used: TenantUsage,
  held: Pick<SpaceDetails, 'records' | 'bytes'>,
): Quota | null {
  if (recordsPerSpaceMax === null && recordsMax === null && storedBytesMax === null) return null;
  const recordsLeft = recordsMax === null ? UNLIMITED : held.records + Math.max(0, recordsMax - used.records);
  const bytesMax =
    storedBytesMax === null ? UNLIMITED : held.bytes + Math.max(0, storedBytesMax - used.storedBytes);
  return { recordsMax: Math.min(recordsPerSpaceMax ?? UNLIMITED, recordsLeft), bytesMax };
}

/**
 * Tells each space of a tenant how far it may grow. What is left is shared by all of them, and counted now and then: until
 * the next count, every space may use up what was left at the last one. So nothing is locked across spaces, and a
 * tenant passes its quota by what its other spaces write in between at the most.
 */
export function allowGrowth({ tenants, spaces, directory }: AllowGrowthDeps) {
  return async ({ id: tenant, quotas }: Pick<Tenant, 'id' | 'quotas'>): Promise<number> => {
    const used = await tenants.usage(tenant, 0);
    let changed = 0;
    let after: SpaceId | null = null;
    for (;;) {
      const request = { tenant, idPrefix: '', after, limit: AT_ONCE, devicesSinceMs: UNLIMITED };
      const part: readonly SpaceDetails[] = await spaces.listSpaces(request);
      for (const details of part) {
        const wanted = allowanceOf(quotas, used, details);
        if (suffices(details, wanted)) continue;
        await directory.setQuota(spaceKey(tenant, details.space), wanted);
        changed++;
      }
      if (part.length < AT_ONCE) return changed;
      after = part[part.length - 1]!.space;
    }
  };
}

/** The same for all tenants with a quota that their spaces share. */
export function allowGrowthOfAll(deps: AllowGrowthDeps) {
  const allow = allowGrowth(deps);
  return async (): Promise<number> => {
    let changed = 0;
    let after: TenantId | null = null;
    for (;;) {
      const part: readonly Tenant[] = await deps.tenants.tenants(after, AT_ONCE);
      for (const tenant of part) if (sharesQuota(tenant.quotas)) changed += await allow(tenant);
      if (part.length < AT_ONCE) return changed;
      after = part[part.length - 1]!.id;
    }
  };
}

const sharesQuota = ({ recordsMax, storedBytesMax }: TenantQuotas): boolean =>
  recordsMax !== null || storedBytesMax !== null;

/** Between half of the growth that is left and all of it: otherwise every write would make another one necessary. */
function suffices({ quota, records, bytes }: SpaceDetails, wanted: Quota | null): boolean {
  if (quota === null || wanted === null) return quota === wanted;
  const fits = (now: number, best: number, held: number) => now <= best && now - held >= (best - held) / 2;
  return fits(quota.recordsMax, wanted.recordsMax, records) && fits(quota.bytesMax, wanted.bytesMax, bytes);
}
