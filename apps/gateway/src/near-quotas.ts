import { limitName, type QuotaState, type SpaceKey, spaceOf } from '@syncline/core';
import { type Spaces, Unavailable } from '@syncline/ports';
import type { Log } from '@syncline/telemetry';

export interface NearQuotasDeps {
  readonly store: Pick<Spaces, 'details'>;
  readonly log: Log;
}

/** From this share of a quota on, devices are told of it. */
const NEAR = 0.8;
/** Below this share it is not looked at again for a while. */
const FAR = 0.5;
const FAR_FOR_MS = 10_000;
const SPACES_MAX = 10_000;

/**
 * The quotas of a space that are nearly used up; for most spaces none. It never rejects: what was committed is answered
 * whatever becomes of this.
 */
export async function nearQuotas(
  deps: NearQuotasDeps,
  space: SpaceKey,
  nowMs: number,
): Promise<readonly QuotaState[]> {
  return (await quotasOf(deps, space, nowMs)).filter(({ allowed, used }) => used >= NEAR * allowed);
}

/** The same for whoever asks at every push: where all was far from its end a moment ago, nothing is read. */
export function nearQuotasAtPush(deps: NearQuotasDeps): Ask {
  const farUntilMs = new Map<SpaceKey, number>();
  return async (space, nowMs) => {
    if (nowMs < (farUntilMs.get(space) ?? 0)) return [];
    const states = await quotasOf(deps, space, nowMs);
    if (farUntilMs.size >= SPACES_MAX) farUntilMs.clear();
    if (states.every(({ allowed, used }) => used < FAR * allowed)) farUntilMs.set(space, nowMs + FAR_FOR_MS);
    return states.filter(({ allowed, used }) => used >= NEAR * allowed);
  };
}

type Ask = (space: SpaceKey, nowMs: number) => Promise<readonly QuotaState[]>;

async function quotasOf(
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
  return [
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
}
