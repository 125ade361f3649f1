import { systemTimer } from '@syncline/memory';
import { faultsOf } from './check-space';
import type { Member } from './pool';
import type { Stack } from './stack';

const REST_MS_MAX = 60_000;
const LOOKS_MAX = 40;
const LOOK_MS = 250;

/** Everything that was made has its answer and its checkpoint. */
export const isAtRest = (member: Member, space: string): boolean => {
  const status = member.device().status(space);
  return status !== null && status.caughtUp && status.pending + status.settled + status.staged === 0;
};

export async function rest(members: readonly Member[], space: string): Promise<void> {
  await Promise.all(
    members.map((member) => member.device().waitFor('rest', () => isAtRest(member, space), REST_MS_MAX)),
  );
}

/**
 * Waits until all devices rest and stand where the space stands, and looks at everything then. What others wrote last
 * may still be under way to a device that has nothing to do, so the first faults are not the last word.
 */
export async function faultsAtRest(
  stack: Stack,
  space: string,
  members: readonly Member[],
): Promise<readonly string[]> {
  let faults: readonly string[] = [];
  for (let look = 0; look < LOOKS_MAX; look++) {
    await rest(members, space);
    faults = await faultsOf(stack, space, members);
    if (faults.length === 0) return [];
    await new Promise<void>((resolve) => void systemTimer().after(LOOK_MS, resolve));
  }
  return faults;
}
