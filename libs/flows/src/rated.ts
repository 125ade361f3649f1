import {
  type Answer,
  type DeviceId,
  granted,
  type Limits,
  overLimit,
  type TenantId,
  type UserId,
} from '@syncline/core';
import type { RateLimits, RateRequest } from '@syncline/ports';

/** Who uses up what their device, their user and their tenant are allowed together. */
export interface RatedSender {
  readonly tenant: TenantId;
  readonly user: UserId;
  readonly device: DeviceId;
}

/** A bucket, and the limit that its rate comes from. */
export interface RatedBucket extends RateRequest {
  readonly limit: keyof Limits;
}

type Rated = 'changes' | 'pushBytes' | 'handshakes';
type Holder = '' | 'PerUser' | 'PerTenant';

/** Names are told apart many times a push, which is quick for those that were seen before. */
const namesOf: Record<Rated, WeakMap<RatedSender, readonly [string, string, string]>> = {
  changes: new WeakMap(),
  pushBytes: new WeakMap(),
  handshakes: new WeakMap(),
};

function bucketNames(what: Rated, sender: RatedSender): readonly [string, string, string] {
  const known = namesOf[what].get(sender);
  if (known !== undefined) return known;
  const { tenant, user, device } = sender;
  const under = `${tenant}/${what}`;
  const names = [`${under}/device/${device}`, `${under}/user/${user}`, `${under}/tenant`] as const;
  namesOf[what].set(sender, names);
  return names;
}

/** The buckets of device, user and tenant for one kind of thing; a tenant's stand together. */
export function bucketsOf(
  what: Rated,
  sender: RatedSender,
  amount: number,
  limits: Limits,
): readonly RatedBucket[] {
  const [device, user, tenant] = bucketNames(what, sender);
  const bucket = (name: string, holder: Holder): RatedBucket => {
    const limit = `${what}PerSecond${holder}Max` as const;
    return {
      limit,
      bucket: name,
      amount,
      perSecond: limits[limit],
      burst: limits[`${what}Burst${holder}Max`],
    };
  };
  return [bucket(device, ''), bucket(user, 'PerUser'), bucket(tenant, 'PerTenant')];
}

/** What is left in each bucket; refused with the limit of the bucket that takes longest to have enough. */
export async function takenFrom(
  rates: RateLimits,
  buckets: readonly RatedBucket[],
): Promise<Answer<readonly number[]>> {
  const answer = await rates.take(buckets);
  if (answer.lacking === null) return granted(answer.remaining);
  const { limit, perSecond, amount } = buckets[answer.lacking]!;
  const refusal = overLimit('RATE_LIMITED', limit, perSecond, amount);
  return { ok: false, refusal: { ...refusal, retryAfterMs: answer.retryAfterMs } };
}
