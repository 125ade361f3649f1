import { type Limits, payloadBytes, type PushResult, tenantOf } from '@syncline/core';
import type { RateLimits } from '@syncline/ports';
import type { ChangeAsServiceDeps } from './change-as-service';
import type { SpacePush } from './push-changes';
import { bucketsOf, takenFrom } from './rated';
import { limitsOf, type RatesOf } from './tenant-rates';

export interface RatedServiceDeps extends Pick<ChangeAsServiceDeps, 'push'> {
  readonly pushRates: RateLimits;
  readonly ratesOf: RatesOf;
  readonly limits: Limits;
}

/** What the service changes for a person counts against the limits of the user and the tenant, as if a device had done it. */
export function ratedService({ push, pushRates, ratesOf, limits: usual }: RatedServiceDeps) {
  return async (one: SpacePush): Promise<PushResult> => {
    const { user, device, changes } = one.push;
    const tenant = tenantOf(one.space);
    const limits = limitsOf(usual, await ratesOf(tenant));
    const bytes = changes.reduce((sum, change) => sum + payloadBytes(change), 0);
    // No device has done it, so none is held up by it.
    const [, ...inChanges] = bucketsOf('changes', { tenant, user, device }, changes.length, limits);
    const [, ...inBytes] = bucketsOf('pushBytes', { tenant, user, device }, bytes, limits);
    const taken = await takenFrom(pushRates, [...inChanges, ...inBytes]);
    return taken.ok ? push(one) : { kind: 'refused', refusal: taken.refusal };
  };
}
