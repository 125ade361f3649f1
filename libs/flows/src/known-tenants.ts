import type { TenantId } from '@syncline/core';
import type { Clock, Directory, Tenant, Tenants } from '@syncline/ports';

export interface KnownTenantsDeps {
  readonly tenants: Pick<Tenants, 'tenant'>;
  readonly directory: Pick<Directory, 'onAccessChange'>;
  readonly clock: Clock;
  readonly tenantsDeclaredOnly: boolean;
}

export interface KnownTenants extends Pick<Tenants, 'tenant'> {
  close(): void;
}

/** What nobody is told of, as a change of quotas, is followed after so long at the latest. */
const KNOWN_FOR_MS = 5_000;
const TENANTS_MAX = 10_000;

interface Known {
  readonly found: Promise<Tenant | null>;
  readonly untilMs: number;
}

/**
 * For the beginnings of sessions, of which many come at once. What lets a tenant's users in is remembered for a while, or
 * until there is news of the tenant; what keeps them out is asked for each time. A session that came in because the news was
 * lost is ended like those that were open before. Calls have nothing that would end them, and ask the store itself.
 */
export function knownTenants(deps: KnownTenantsDeps): KnownTenants {
  const { tenants, directory, clock, tenantsDeclaredOnly } = deps;
  const known = new Map<TenantId, Known>();
  const letsIn = (tenant: Tenant | null): boolean =>
    tenant === null ? !tenantsDeclaredOnly : !tenant.suspended;

  const stop = directory.onAccessChange((change) => {
    if (change.kind === 'tenant') known.delete(change.tenant);
  });

  const ask = async (id: TenantId, untilMs: number): Promise<Tenant | null> => {
    const asked: Known = { found: tenants.tenant(id), untilMs };
    known.set(id, asked);
    let remember = false;
    try {
      const tenant = await asked.found;
      remember = letsIn(tenant);
      return tenant;
    } finally {
      if (!remember && known.get(id) === asked) known.delete(id);
    }
  };

  return {
    async tenant(id) {
      const nowMs = clock.nowMs();
      const before = known.get(id);
      if (before !== undefined && before.untilMs > nowMs) return before.found;
      // The one that was found first is the first to be forgotten.
      known.delete(id);
      if (known.size >= TENANTS_MAX) known.delete(known.keys().next().value!);
      return ask(id, nowMs + KNOWN_FOR_MS);
    },
    close: stop,
  };
}
