import { type Answer, granted, type Limits, refused } from '@syncline/core';
import type { Clock, Directory, Identity, RateLimits, Tokens } from '@syncline/ports';
import { addressBucket, HANDSHAKE_SHARE } from './admit-call';
import { admitTenant, type AdmitTenantDeps } from './admit-tenant';
import { bucketsOf, takenFrom } from './rated';
import { limitsOf, type RatesOf } from './tenant-rates';

export interface IdentifyCallerDeps extends AdmitTenantDeps {
  readonly tokens: Tokens;
  readonly directory: Pick<Directory, 'isRevoked'>;
  readonly rates: RateLimits;
  readonly ratesOf: RatesOf;
  readonly clock: Clock;
  readonly limits: Limits;
}

/** Finds out who makes a call that names no device, and whether they may come in. */
export function identifyCaller(deps: IdentifyCallerDeps) {
  const { tokens, directory, rates, ratesOf, clock, limits } = deps;
  const admit = admitTenant(deps);
  return async (token: string, address: string | null): Promise<Answer<Identity>> => {
    if (token === '') return refused('UNAUTHENTICATED');
    const heard = address === null ? granted([]) : await takenFrom(rates, [addressBucket(address, limits)]);
    if (!heard.ok) return heard;
    const verified = await tokens.verify(token, clock.nowMs());
    if (!verified.ok) return verified;
    const { identity } = verified;
    const { tenant, user, device } = identity;
    const admitted = await admit(identity);
    if (!admitted.ok) return admitted;
    if (device !== undefined && (await directory.isRevoked({ tenant, device })))
      return refused('DEVICE_REVOKED');
    // Calls without a device count for their user and tenant alone.
    const sender = { tenant, user, device: device! };
    const own = limitsOf(limits, await ratesOf(tenant));
    const [, ...buckets] = bucketsOf('handshakes', sender, HANDSHAKE_SHARE, own);
    const taken = await takenFrom(rates, buckets);
    return taken.ok ? granted(identity) : taken;
  };
}
