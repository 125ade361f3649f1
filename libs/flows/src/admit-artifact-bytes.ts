import { type Answer, type DeviceId, granted, type Limits, type TenantId, type UserId } from '@syncline/core';
import type { RateLimits } from '@syncline/ports';
import { takenFrom } from './rated';
import { limitsOf, type RatesOf } from './tenant-rates';

export interface AdmitArtifactBytesDeps {
  readonly rates: RateLimits;
  readonly ratesOf: RatesOf;
  readonly limits: Limits;
}

export interface ArtifactSender {
  readonly tenant: TenantId;
  readonly user: UserId;
  /** Null for a call that names none: those of a user count together. */
  readonly device: DeviceId | null;
}

/** Counts bytes of artifacts that go to a device or come from it; at once, a second's worth may. */
export function admitArtifactBytes({ rates, ratesOf, limits }: AdmitArtifactBytesDeps) {
  return async ({ tenant, user, device }: ArtifactSender, bytes: number): Promise<Answer<null>> => {
    const { artifactBytesPerSecondMax: perSecond } = limitsOf(limits, await ratesOf(tenant));
    const holder = device === null ? `user/${user}` : `device/${device}`;
    const taken = await takenFrom(rates, [
      {
        limit: 'artifactBytesPerSecondMax',
        bucket: `${tenant}/artifactBytes/${holder}`,
        amount: bytes,
        perSecond,
        burst: perSecond,
      },
    ]);
    return taken.ok ? granted(null) : taken;
  };
}
