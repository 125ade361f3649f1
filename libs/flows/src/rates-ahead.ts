import type { Clock, RateAnswer, RateLimits, RateRequest } from '@syncline/ports';
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
const SWEEP_SIZE_MIN = 1_024;

/**
 * Spares most small requests the way to the shared buckets: takes a little ahead, and answers from that. No limit is ever
 * exceeded by it, however many processes do the same, because what was taken ahead lapses as the shared bucket fills up:
 * what is left in all places together is never more than the burst. A limit is stricter by what other processes have taken
 * ahead and not spent, each at most what refills in `AHEAD_MS`, and nothing is taken ahead where little is left. As
 * remaining is told what the bucket held when it was last asked, and what is left here.
 */
export function ratesAhead({ rates, clock }: RatesAheadDeps): RateLimits {
  const known = new Map<string, Held>();
  let sweepAt = SWEEP_SIZE_MIN;

  const heldFor = (request: RateRequest, nowMs: number): Held => {
    const before = known.get(request.bucket);
    if (before !== undefined) {
      lapse(before, request, nowMs);
      return before;
    }
    const fresh = held(request, nowMs);
    known.set(request.bucket, fresh);
    return fresh;
  };

  /** Nothing can be left of what was taken ahead from a bucket that is full again. */
  const forgetFull = (nowMs: number): void => {
    if (known.size < sweepAt) return;
    for (const [bucket, of] of known) {
      lapse(of, of, nowMs);
      if (of.asking === 0 && of.levelMax >= of.burst) known.delete(bucket);
    }
    sweepAt = Math.max(SWEEP_SIZE_MIN, known.size * 2);
  };

  const ask = async (shares: readonly Share[], askedAtMs: number): Promise<RateAnswer> => {
    for (const share of shares) {
      share.held.left -= share.paid;
      share.held.asking += 1;
      share.held.asked += share.wanted;
      if (share.ahead > 0) share.held.askingAhead = true;
    }
    let answer: RateAnswer | null = null;
    try {
      answer = await rates.take(shares.map(({ request, wanted }) => ({ ...request, amount: wanted })));
    } finally {
      const nowMs = clock.nowMs();
      shares.forEach((share, place) => settle(share, answer, place, { askedAtMs, nowMs }));
    }
    return { ...answer, remaining: shares.map((share) => remaining(share.held)) };
  };

  return {
    async take(wanted) {
      const nowMs = clock.nowMs();
      const all = wanted.map((request) => ({ request, held: heldFor(request, nowMs) }));
      if (all.every(covered)) {
        for (const { request, held } of all) held.left -= request.amount;
        return granted(all);
      }
      forgetFull(nowMs);
      const mayTakeAhead = all.every((one) => isSmall(one.request) && hasPlenty(one, nowMs));
      const shares = all.map((one) => shareOf(one, mayTakeAhead));
      const answer = await ask(shares, nowMs);
      if (answer.granted || shares.every(({ ahead }) => ahead === 0)) return answer;
      // Others have taken much since the bucket last told what it held.
      const againAtMs = clock.nowMs();
      const exact = wanted.map((request) => shareOf({ request, held: heldFor(request, againAtMs) }, false));
      return ask(exact, againAtMs);
    },
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
  const lacking = mayTakeAhead && !held.askingAhead ? aheadMax(request) - (held.left - paid) : 0;
  const ahead = Math.max(0, lacking);
  return { request, held, paid, ahead, wanted: request.amount - paid + ahead };
}
