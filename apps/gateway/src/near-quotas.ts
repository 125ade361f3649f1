import { limitName, type QuotaState, type SpaceKey, spaceOf } from '@syncline/core';
import { type Spaces, Unavailable } from '@syncline/ports';

/** From this share of a quota on, devices are told of it. */
const NEAR = 0.8;

/** The quotas of a space that are nearly used up; for most spaces none. An answer is not held back for their sake. */
export async function nearQuotas(
  spaces: Pick<Spaces, 'details'>,
  space: SpaceKey,
  nowMs: number,
): Promise<readonly QuotaState[]> {
  const details = await spaces.details(space, nowMs).catch((error: unknown) => {
    if (error instanceof Unavailable) return null;
    throw error;
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
