import type { SpaceKey } from '@syncline/core';
import type { SpacePush } from '@syncline/flows';

export interface WaitingPush extends SpacePush {
  readonly bytes: number;
  /** It goes ahead of what waits. */
  readonly critical: boolean;
}

/** The pushes that wait for a commit, in the order in which they are to be committed. */
export interface WaitingPushes<Push extends WaitingPush> {
  readonly length: number;
  /** Of those that can be taken now. */
  readonly free: { readonly pushes: number; readonly changes: number; readonly critical: number };
  add(push: Push): void;
  /**
   * The next ones, bounded in changes and in bytes; at least one when any is free. Their spaces are held from then on: nothing
   * more can be taken of them.
   */
  take(changesMax: number, bytesMax: number): Push[];
  /** What was taken is done with, and its spaces are free. */
  done(taken: readonly Push[]): void;
}

export function waitingPushes<Push extends WaitingPush>(): WaitingPushes<Push> {
  const held = new Set<SpaceKey>();
  const free = { pushes: 0, changes: 0, critical: 0 };
  let pushes: Push[] = [];

  const countIfFree = ({ space, push, critical }: Push): void => {
    if (held.has(space)) return;
    free.pushes++;
    free.changes += push.changes.length;
    if (critical) free.critical++;
  };
  const countFree = (): void => {
    Object.assign(free, { pushes: 0, changes: 0, critical: 0 });
    for (const push of pushes) countIfFree(push);
  };

  return {
    get length() {
      return pushes.length;
    },
    free,
    add(push) {
      if (push.critical) pushes.splice(placeOfCritical(pushes, push), 0, push);
      else pushes.push(push);
      countIfFree(push);
    },
    take(changesMax, bytesMax) {
      const [taken, left]: [Push[], Push[]] = [[], []];
      let changes = 0;
      let bytes = 0;
      let isFull = false;
      for (const next of pushes) {
        if (!isFull && !held.has(next.space)) {
          changes += next.push.changes.length;
          bytes += next.bytes;
          isFull = taken.length > 0 && (changes > changesMax || bytes > bytesMax);
          if (!isFull) {
            taken.push(next);
            continue;
          }
        }
        left.push(next);
      }
      pushes = left;
      for (const { space } of taken) held.add(space);
      countFree();
      return taken;
    },
    done(taken) {
      for (const { space } of taken) held.delete(space);
      countFree();
    },
  };
}

/** Behind the critical ones that wait already, and never past an earlier push of its device: numbers follow each other. */
function placeOfCritical(pushes: readonly WaitingPush[], { space, push }: WaitingPush): number {
  const isEarlier = (other: WaitingPush) => other.space === space && other.push.device === push.device;
  const ownBefore = pushes.findLastIndex(isEarlier) + 1;
  const firstOther = pushes.findIndex(({ critical }, index) => index >= ownBefore && !critical);
  return firstOther < 0 ? pushes.length : firstOther;
}
