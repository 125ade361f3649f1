import type { SpacePush } from '@syncline/flows';

export interface WaitingPush extends SpacePush {
  readonly bytes: number;
  /** It goes ahead of what waits. */
  readonly critical: boolean;
}

/** The pushes that wait in one lane, in the order in which they are to be committed. */
export interface WaitingPushes<Push extends WaitingPush> {
  readonly length: number;
  add(push: Push): void;
  /** The next ones, bounded in changes and in bytes; at least one when there is any. */
  take(changesMax: number, bytesMax: number): Push[];
}

export function waitingPushes<Push extends WaitingPush>(): WaitingPushes<Push> {
  const pushes: Push[] = [];
  return {
    get length() {
      return pushes.length;
    },
    add(push) {
      if (push.critical) pushes.splice(placeOfCritical(pushes, push), 0, push);
      else pushes.push(push);
    },
    take(changesMax, bytesMax) {
      let count = 0;
      let changes = 0;
      let bytes = 0;
      for (const next of pushes) {
        changes += next.push.changes.length;
        bytes += next.bytes;
        if (count > 0 && (changes > changesMax || bytes > bytesMax)) break;
        count++;
      }
      return pushes.splice(0, count);
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
