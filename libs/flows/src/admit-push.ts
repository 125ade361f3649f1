import { type Answer, granted, type Limits } from '@syncline/core';
import type { RateLimits } from '@syncline/ports';
import { bucketsOf, type RatedSender, takenFrom } from './rated';
import { limitsOf, type RatesOf } from './tenant-rates';

export interface AdmitPushDeps {
  /** May be taken a little ahead, as pushes are many and small. */
  readonly pushRates: RateLimits;
  readonly ratesOf: RatesOf;
  readonly limits: Limits;
}

export interface PushSize {
  readonly changes: number;
  /** Of what the changes carry; see core's `payloadBytes`. */
  readonly bytes: number;
}

export interface AdmittedPush {
  /** So many changes more may follow at once. */
  readonly remaining: number;
  /** What the device may do over a longer time. */
  readonly changesPerSecondMax: number;
}

/** Counts a push against the limits of its device, user and tenant, the tenant's own where it has some. */
export function admitPush({ pushRates, ratesOf, limits: usual }: AdmitPushDeps) {
  return async (sender: RatedSender, size: PushSize): Promise<Answer<AdmittedPush>> => {
    const limits = limitsOf(usual, await ratesOf(sender.tenant));
    const changes = bucketsOf('changes', sender, size.changes, limits);
    const bytes = bucketsOf('pushBytes', sender, size.bytes, limits);
    const taken = await takenFrom(pushRates, [...changes, ...bytes]);
    if (!taken.ok) return taken;
    const remaining = Math.min(...taken.value.slice(0, changes.length));
    return granted({ remaining, changesPerSecondMax: limits.changesPerSecondMax });
  };
}
