import type { Held, Share } from './taken-ahead';

export interface Busy {
  readonly bucket: string;
  readonly held: Held;
}

/** Buckets from which something was spent that had been taken ahead: they will need it again. */
export interface BusyBuckets {
  add(bucket: string, held: Held): void;
  forget(bucket: string): void;
  /** Of those that can be asked together with a bucket, up to so many, each with what `choose` makes of it. */
  take(beside: string, max: number, choose: (busy: Busy) => Share | 'later' | 'no'): Share[];
}

export function busyBuckets(): BusyBuckets {
  const homes = new Map<string, Map<string, Held>>();

  const forget = (bucket: string): void => {
    const home = homeOf(bucket);
    const ofHome = homes.get(home);
    ofHome?.delete(bucket);
    if (ofHome?.size === 0) homes.delete(home);
  };

  return {
    add(bucket, held) {
      held.isBusy = true;
      const home = homeOf(bucket);
      const ofHome = homes.get(home);
      if (ofHome === undefined) homes.set(home, new Map([[bucket, held]]));
      else ofHome.set(bucket, held);
    },
    forget,
    take(beside, max, choose) {
      const shares: Share[] = [];
      for (const [bucket, held] of homes.get(homeOf(beside)) ?? []) {
        if (shares.length === max) break;
        const chosen = choose({ bucket, held });
        if (chosen === 'later') continue;
        held.isBusy = false;
        forget(bucket);
        if (chosen !== 'no') shares.push(chosen);
      }
      return shares;
    },
  };
}

/** Only buckets with the same text before the first slash can be asked together. */
function homeOf(bucket: string): string {
  const end = bucket.indexOf('/');
  return end < 0 ? bucket : bucket.slice(0, end);
}
