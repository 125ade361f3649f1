import type { Limits, TenantId } from '@syncline/core';
import { type Clock, type TenantRates, type Tenants, Unavailable } from '@syncline/ports';

/** The rates that a tenant has of its own; null for one that has none, or was not declared. */
export type RatesOf = (tenant: TenantId) => Promise<TenantRates | null>;

export interface TenantRatesDeps {
  readonly tenants: Pick<Tenants, 'tenant'>;
  readonly clock: Clock;
}

/** A change of rates is followed after so long at the latest. */
const KNOWN_FOR_MS = 5_000;
const TENANTS_MAX = 10_000;

interface Known {
  readonly rates: Promise<TenantRates | null>;
  readonly untilMs: number;
}

/** Rates are asked for with every push, so what was found is remembered for a while. */
export function tenantRates({ tenants, clock }: TenantRatesDeps): RatesOf {
  const known = new Map<TenantId, Known>();

  const find = async (tenant: TenantId): Promise<TenantRates | null> => {
    try {
      return (await tenants.tenant(tenant))?.rates ?? null;
    } catch (error) {
      // Without the store nobody gets far; the limits of the installation hold meanwhile.
      if (error instanceof Unavailable) return null;
      throw error;
    }
  };

  return (tenant) => {
    const nowMs = clock.nowMs();
    const before = known.get(tenant);
    if (before !== undefined && before.untilMs > nowMs) return before.rates;
    // The one that was found first is the first to be forgotten.
    known.delete(tenant);
    if (known.size >= TENANTS_MAX) known.delete(known.keys().next().value!);
    const rates = find(tenant);
    known.set(tenant, { rates, untilMs: nowMs + KNOWN_FOR_MS });
    return rates;
  };
}

/** The limits of the installation, with the tenant's own in the place of those that it has. */
export function limitsOf(limits: Limits, rates: TenantRates | null): Limits {
  if (rates === null) return limits;
  const ownChanges = rates.tenantChangesPerSecondMax;
  const ownHandshakes = rates.tenantSessionsPerSecondMax;
  return {
    ...limits,
    changesPerSecondMax: rates.changesPerSecondMax ?? limits.changesPerSecondMax,
    changesBurstMax: rates.changesBurstMax ?? limits.changesBurstMax,
    artifactBytesPerSecondMax: rates.artifactBytesPerSecondMax ?? limits.artifactBytesPerSecondMax,
    ...(ownChanges === null
      ? {}
      : {
          changesPerSecondPerTenantMax: ownChanges,
          changesBurstPerTenantMax: burstFor(
            ownChanges,
            limits.changesPerSecondPerTenantMax,
            limits.changesBurstPerTenantMax,
          ),
        }),
    ...(ownHandshakes === null
      ? {}
      : {
          handshakesPerSecondPerTenantMax: ownHandshakes,
          handshakesBurstPerTenantMax: burstFor(
            ownHandshakes,
            limits.handshakesPerSecondPerTenantMax,
            limits.handshakesBurstPerTenantMax,
          ),
        }),
  };
}

/** Nobody says what a tenant may do at once: as many seconds' worth as in the installation. */
function burstFor(perSecond: number, usualPerSecond: number, usualBurst: number): number {
  return Math.max(1, Math.ceil((perSecond * usualBurst) / usualPerSecond));
}
