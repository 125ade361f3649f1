import { type Answer, granted, type Limits } from '@syncline/core';
import type { RateLimits } from '@syncline/ports';
import { bucketsOf, type RatedBucket, type RatedSender, takenFrom } from './rated';
import { limitsOf, type RatesOf } from './tenant-rates';

export interface AdmitHandshakeDeps {
  readonly rates: RateLimits;
  readonly ratesOf: RatesOf;
  readonly limits: Limits;
}

export interface AdmitHandshake {
  /** Before anyone knows who is asking. */
  fromAddress(address: string): Promise<Answer<null>>;
  /** Once it is known. */
  of(sender: RatedSender): Promise<Answer<null>>;
}

/** Counts the beginning of a session, against the tenant's own limits where it has some. */
export function admitHandshake({ rates, ratesOf, limits }: AdmitHandshakeDeps): AdmitHandshake {
  const take = async (buckets: readonly RatedBucket[]): Promise<Answer<null>> => {
    const taken = await takenFrom(rates, buckets);
    return taken.ok ? granted(null) : taken;
  };
  return {
    fromAddress: (address) =>
      take([
        {
          limit: 'handshakesPerSecondPerAddressMax',
          bucket: `${address}/handshakes`,
          amount: 1,
          perSecond: limits.handshakesPerSecondPerAddressMax,
          burst: limits.handshakesBurstPerAddressMax,
        },
      ]),
    of: async (sender) =>
      take(bucketsOf('handshakes', sender, 1, limitsOf(limits, await ratesOf(sender.tenant)))),
  };
}
