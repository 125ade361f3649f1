import {
  type Answer,
  type DeviceId,
  granted,
  limitName,
  type Limits,
  refused,
  type TenantId,
} from '@syncline/core';
import type { RateLimits } from '@syncline/ports';

export interface AdmitPushDeps {
  readonly rates: RateLimits;
  readonly limits: Limits;
}

/** Counts a push against the limits of its device; tells how many more changes may follow at once. */
export function admitPush({ rates, limits }: AdmitPushDeps) {
  return async (
    tenant: TenantId,
    device: DeviceId,
    changes: number,
  ): Promise<Answer<{ remaining: number }>> => {
    const { changesPerSecondMax, changesBurstMax } = limits;
    const bucket = `changes/${tenant}/${device}`;
    const answer = await rates.take([
      { bucket, amount: changes, perSecond: changesPerSecondMax, burst: changesBurstMax },
    ]);
    if (answer.granted) return granted({ remaining: Math.floor(answer.remaining) });
    return refused('RATE_LIMITED', {
      retryAfterMs: answer.retryAfterMs,
      facts: {
        limit: limitName('changesPerSecondMax'),
        allowed: String(changesPerSecondMax),
        value: String(changes),
      },
    });
  };
}
