import type { Clock, RateAnswer, RateLimits, RateRequest } from '@syncline/ports';
import { busyBuckets } from './busy-buckets';
import { held, type Held, lapse, settle, type Share } from './taken-ahead';

export interface RatesAheadDeps {
  readonly rates: RateLimits;
  readonly clock: Clock;
}

/** Taken ahead is what a bucket refills in this time. */
const AHEAD_MS = 200;
/** Never more than this share of a burst; nothing is taken ahead with larger requests. */
const AHEAD_SHARE_MAX = 0.1;
/** With less than this share of its burst left, a bucket is asked for just what is wanted. */
const PLENTY_SHARE = 0.5;
/** Nothing is taken ahead for whoever asks less often than this. */
const OFTEN_MS = 1_000;
/** So many other buckets are asked along with those of a request: the servers of the buckets do nothing else meanwhile. */
const ALONG_MAX = 64;
const SWEEP_SIZE_MIN = 1_024;

/**
 * Spares most small requests the way to the shared buckets: takes a little ahead, and answers from that. No limit is ever
 * exceeded by it, however many processes do the same, because what was taken ahead lapses as the shared bucket fills up:
 * what is left in all places together is never more than the burst. A limit is stricter by what other processes have taken
 * ahead and not spent, each at most what refills in `AHEAD_MS`, and nothing is taken ahead where little is left. As
 * remaining is told what the bucket held when it was last asked, and what is left here.
 *
 * What was taken ahead soon lapses in all buckets that are far from empty. So a request that has to go there takes ahead for
 * the others that are busy as well, and those that come meanwhile wait for it: many devices ask as rarely as one would.
 */
export function ratesAhead({ rates, clock }: RatesAheadDeps): RateLimits {
  const known = knownBuckets();
  const ask = asking({ rates, clock });

  const along = (all: readonly Asked[], nowMs: number): Share[] =>
    known.busy.take(all[0]!.request.bucket, ALONG_MAX, ({ bucket, held }) => {
      if (all.some((one) => one.held === held)) return 'no';
      lapse(held, held, nowMs);
      const request = { bucket, amount: 0, perSecond: held.perSecond, burst: held.burst };
      if (held.left >= aheadMax(request) / 2) return 'later';
      return held.askingAhead === null && hasPlenty({ request, held }, nowMs)
        ? shareOf({ request, held }, true)
        : 'no';
    });

  const spend = (all: readonly Asked[]): void => {
    for (const { request, held } of all) {
      held.left -= request.amount;
      if (!held.isBusy) known.busy.add(request.bucket, held);
    }
  };

  const takeFromShared = async (all: readonly Asked[], nowMs: number): Promise<RateAnswer> => {
    known.forgetFull(nowMs);
    const mayTakeAhead = all.every((one) => isSmall(one.request) && hasPlenty(one, nowMs));
    const shares = all.map((one) => shareOf(one, mayTakeAhead));
    const others = shares.some(({ ahead }) => ahead > 0) ? along(all, nowMs) : [];
    const answer = await ask([...shares, ...others], nowMs);
    if (answer.granted) return { ...answer, remaining: answer.remaining.slice(0, all.length) };
    if (shares.every(({ ahead }) => ahead === 0)) return answer;
    // Others have taken much since the bucket last told what it held.
    const againAtMs = clock.nowMs();
    const exact = all.map(({ request }) =>
      shareOf({ request, held: known.heldFor(request, againAtMs) }, false),
    );
    return ask(exact, againAtMs);
  };

  const asked = (wanted: readonly RateRequest[], nowMs: number): readonly Asked[] =>
    wanted.map((request) => ({ request, held: known.heldFor(request, nowMs) }));

  return {
    async take(wanted) {
      let nowMs = clock.nowMs();
      let all = asked(wanted, nowMs);
      const underWay = all.find((one) => !covered(one) && one.held.askingAhead !== null);
      if (underWay !== undefined && all.every(({ request }) => isSmall(request))) {
        // Whether it fails is for the one who asks to say.
        await underWay.held.askingAhead!.catch(() => null);
        nowMs = clock.nowMs();
        all = asked(wanted, nowMs);
      }
      if (!all.every(covered)) return takeFromShared(all, nowMs);
      spend(all);
      return granted(all);
    },
  };
}

/** What is known of buckets, and which of them are busy. */
function knownBuckets() {
  const known = new Map<string, Held>();
  const busy = busyBuckets();
  let sweepAt = SWEEP_SIZE_MIN;

  return {
    busy,
    heldFor(request: RateRequest, nowMs: number): Held {
      const before = known.get(request.bucket);
      if (before !== undefined) {
        lapse(before, request, nowMs);
        return before;
      }
      const fresh = held(request, nowMs);
      known.set(request.bucket, fresh);
      return fresh;
    },
    /** Nothing can be left of what was taken ahead from a bucket that is full again. */
    forgetFull(nowMs: number): void {
      if (known.size < sweepAt) return;
      for (const [bucket, of] of known) {
        lapse(of, of, nowMs);
        if (of.asking > 0 || of.levelMax < of.burst) continue;
        known.delete(bucket);
        busy.forget(bucket);
      }
      sweepAt = Math.max(SWEEP_SIZE_MIN, known.size * 2);
    },
  };
}

/** Asks the shared buckets, and takes in what they answer. */
function asking({ rates, clock }: RatesAheadDeps) {
  return async (shares: readonly Share[], askedAtMs: number): Promise<RateAnswer> => {
    const answering = rates.take(shares.map(({ request, wanted }) => ({ ...request, amount: wanted })));
    for (const share of shares) {
      share.held.left -= share.paid;
      share.held.asking += 1;
      share.held.asked += share.wanted;
      if (share.ahead > 0) share.held.askingAhead = answering;
    }
    let answer: RateAnswer | null = null;
    try {
      answer = await answering;
    } finally {
      const nowMs = clock.nowMs();
      shares.forEach((share, place) => settle(share, answer, place, { askedAtMs, nowMs }));
    }
    return { ...answer, remaining: shares.map((share) => remaining(share.held)) };
  };
}

type Asked = Pick<Share, 'request' | 'held'>;

function covered({ request, held }: Asked): boolean {
  return held.left > 0 && held.left >= request.amount;
}

function granted(all: readonly Asked[]): RateAnswer {
  return { granted: true, retryAfterMs: 0, remaining: all.map(({ held }) => remaining(held)), lacking: null };
}

function remaining({ told, left }: Held): number {
  return Math.floor(told + left);
}

/** At least one, if that is not too much. */
function aheadMax({ perSecond, burst }: RateRequest): number {
  return Math.floor(Math.min(Math.max(1, (perSecond * AHEAD_MS) / 1_000), burst * AHEAD_SHARE_MAX));
}

function isSmall(request: RateRequest): boolean {
  return request.amount <= aheadMax(request);
}

function hasPlenty({ request, held }: Asked, nowMs: number): boolean {
  const oftenEnough = Math.abs(nowMs - held.toldAtMs) <= OFTEN_MS;
  return oftenEnough && held.told + held.left >= request.burst * PLENTY_SHARE;
}

function shareOf({ request, held }: Asked, mayTakeAhead: boolean): Share {
  // More than the burst is granted from a full bucket alone, and then nothing is left here.
  const paid = request.amount > request.burst ? 0 : Math.min(held.left, request.amount);
  const lacking = mayTakeAhead && held.askingAhead === null ? aheadMax(request) - (held.left - paid) : 0;
  const ahead = Math.max(0, lacking);
  return { request, held, paid, ahead, wanted: request.amount - paid + ahead };
}
