import { openMany } from './open-many';
import type { Bench } from './row';

/** One of a fleet's devices, before it has connected. */
export interface Place {
  /** In the fleet; the devices of a space stand one after the other. */
  readonly at: number;
  readonly space: string;
  readonly device: string;
  readonly token: string;
}

export interface Fleet<Member> {
  readonly spaces: readonly string[];
  readonly members: readonly Member[];
}

export interface FleetSize {
  readonly spaces: number;
  readonly devicesPerSpace: number;
}

/** Fresh spaces with the same number of devices in each. */
export async function newFleet<Member>(
  { stack }: Bench,
  about: string,
  { spaces: count, devicesPerSpace }: FleetSize,
  open: (place: Place) => Promise<Member>,
): Promise<Fleet<Member>> {
  const spaces = await openMany(count, () => stack.newSpace(about));
  const tokens = spaces.map((space) => stack.tokenFor(space));
  const members = await openMany(count * devicesPerSpace, (at) => {
    const nth = Math.floor(at / devicesPerSpace);
    return open({ at, space: spaces[nth]!, device: `${about}-${at}`, token: tokens[nth]! });
  });
  return { spaces, members };
}
