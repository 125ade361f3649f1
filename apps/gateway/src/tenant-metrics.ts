import type { TenantId } from '@syncline/core';
import { boundedNames, type KeptCounter, type Metrics } from '@syncline/telemetry';

/** So many tenants are told apart in metrics, those that came first; all others are one. */
const TENANTS_MAX = 100;
const WAYS = 2;

/** What one tenant does here. */
export interface TenantCounts {
  readonly pushes: KeptCounter;
  readonly changes: KeptCounter;
  readonly refusals: KeptCounter;
  readonly receivedBytes: KeptCounter;
  readonly sentBytes: KeptCounter;
}

export interface TenantMetrics {
  of(tenant: TenantId): TenantCounts;
  /** The name that it goes by: its own, or that of all others. */
  named(tenant: TenantId): string;
}

export function tenantMetrics(metrics: Metrics): TenantMetrics {
  const named = boundedNames(TENANTS_MAX);
  const counter = (name: `tenant_${string}_total`, help: string) =>
    metrics.counter<'tenant'>({ name, help, labels: ['tenant'], combinationsMax: TENANTS_MAX + 1 });
  const pushes = counter(
    'tenant_pushes_total',
    'Pushes answered, by tenant; those beyond the first hundred are one.',
  );
  const changes = counter(
    'tenant_changes_total',
    'Changes in pushes that were answered with outcomes, by tenant.',
  );
  const refusals = counter('tenant_refusals_total', 'Refusals on sessions, by tenant.');
  const bytes = metrics.counter<'tenant' | 'way'>({
    name: 'tenant_session_bytes_total',
    help: 'Bytes of messages on sessions, from devices and to them, by tenant.',
    labels: ['tenant', 'way'],
    combinationsMax: WAYS * (TENANTS_MAX + 1),
  });
  const known = new Map<string, TenantCounts>();
  const countsOf = (tenant: string): TenantCounts => {
    const counts = {
      pushes: pushes.kept({ tenant }),
      changes: changes.kept({ tenant }),
      refusals: refusals.kept({ tenant }),
      receivedBytes: bytes.kept({ tenant, way: 'in' }),
      sentBytes: bytes.kept({ tenant, way: 'out' }),
    };
    known.set(tenant, counts);
    return counts;
  };
  return {
    named,
    of(tenant) {
      // Whoever has a name of his own is looked up once.
      const before = known.get(tenant);
      if (before !== undefined) return before;
      const name = named(tenant);
      return known.get(name) ?? countsOf(name);
    },
  };
}
