import { allowGrowthOfAll, type AllowGrowthDeps } from '@syncline/flows';
import { type Clock, type Members, Unavailable, type UpkeepStore } from '@syncline/ports';
import type { Log } from '@syncline/telemetry';
import type { DeltaMetrics } from './delta-metrics';
import type { DeltaSettings } from './delta-settings';

export interface TenancyDeps extends AllowGrowthDeps {
  readonly members: Pick<Members, 'endMemberships'>;
  readonly upkeep: Pick<UpkeepStore, 'lease' | 'release'>;
  /** Of the lease: one of its own for every process. */
  readonly holder: string;
  readonly settings: Pick<DeltaSettings, 'allowGrowthEveryMs'>;
  readonly clock: Clock;
  readonly metrics: DeltaMetrics;
  readonly log: Log;
}

export interface Tenancy {
  /** Ends the memberships whose time has come. Several instances may do so at once. */
  endMemberships(this: void): Promise<void>;
  /** Tells the spaces of each tenant how far they may grow; none where another instance has the lease. */
  allowGrowth(this: void): Promise<void>;
  release(): Promise<void>;
}

const TASK = 'allow-growth';
/** For so many rounds the lease lasts without being renewed. */
const LEASE_ROUNDS = 2;

export function keepTenants(deps: TenancyDeps): Tenancy {
  const { members, upkeep, holder, settings, clock, metrics, log } = deps;
  const allow = allowGrowthOfAll(deps);

  const attempt = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      metrics.failed('keep');
      if (error instanceof Unavailable) log.warn(`${what} has to wait`, { error });
      else log.error(`${what} failed`, { error });
    }
  };

  return {
    endMemberships: () =>
      attempt('ending memberships', async () => {
        const ended = await members.endMemberships(clock.nowMs());
        if (ended > 0) log.info('memberships have ended', { memberships: ended });
      }),
    allowGrowth: () =>
      attempt('counting what tenants hold', async () => {
        const forMs = LEASE_ROUNDS * settings.allowGrowthEveryMs;
        if (await upkeep.lease(TASK, holder, clock.nowMs(), forMs)) await allow();
      }),
    // Where the store is away, the lease runs out by itself.
    release: () => upkeep.release(TASK, holder).catch(() => undefined),
  };
}
