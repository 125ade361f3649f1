import { limitName, type QuotaState, type SpaceKey, spaceOf } from '@syncline/core';
import { type Spaces, Unavailable } from '@syncline/ports';
import type { Log } from '@syncline/telemetry';

export interface NearQuotasDeps {
  readonly store: Pick<Spaces, 'details'>;
  readonly log: Log;
}

/** From this share of a quota on, devices are told of it. */
const NEAR = 0.8;

/**
 * The quotas of a space that are nearly used up; for most spaces none. It never rejects: what was committed is answered
 * whatever becomes of this.
 */
export async function nearQuotas(
  { store, log }: NearQuotasDeps,
  space: SpaceKey,
  nowMs: number,
): Promise<readonly QuotaState[]> {
  const details = await store.details(space, nowMs).catch((error: unknown) => {
    if (!(error instanceof Unavailable)) log.error('the quotas of a space cannot be read', { error });
    return null;
  });
  const quota = details?.quota ?? null;
  if (details === null || quota === null) return [];
  const states = [
    {
      space: spaceOf(space),
      name: limitName('recordsMax'),
      allowed: quota.recordsMax,
      used: details.records,
    },
    {
      space: spaceOf(space),
      name: limitName('storedBytesMax'),
      allowed: quota.bytesMax,
      used: details.bytes,
    },
  ];
  return states.filter(({ allowed, used }) => used >= NEAR * allowed);
}
