import type { Clock, RateLimits, RateRequest } from '@syncline/ports';

/** Counted in thousandths, so that whole rates per second refill to the millisecond without rounding. */
interface Bucket {
  readonly thousandths: number;
  readonly atMs: number;
  readonly fullAtMs: number;
}

const SWEEP_SIZE_MIN = 1_024;

export function memoryRateLimits({ clock }: { readonly clock: Clock }): RateLimits {
  const buckets = new Map<string, Bucket>();
  let sweepAt = SWEEP_SIZE_MIN;

  /** A full bucket is like one that was never used. */
  const forgetFull = (nowMs: number): void => {
    if (buckets.size < sweepAt) return;
    for (const [name, { fullAtMs }] of buckets) if (fullAtMs <= nowMs) buckets.delete(name);
    sweepAt = Math.max(SWEEP_SIZE_MIN, buckets.size * 2);
  };

  return {
    async take(wanted) {
      const nowMs = clock.nowMs();
      const asked = wanted.map((request) => ({
        request,
        level: levelOf(buckets.get(request.bucket), request, nowMs),
      }));
      const waits = asked.map(({ request, level }) => waitMs(request, level));
      const retryAfterMs = Math.max(0, ...waits);
      if (retryAfterMs > 0) {
        const remaining = asked.map(({ level }) => wholeOf(level));
        return { granted: false, retryAfterMs, remaining, lacking: waits.indexOf(retryAfterMs) };
      }
      const remaining = asked.map(({ request, level }) => {
        const thousandths = level - request.amount * 1_000;
        buckets.set(request.bucket, filling(thousandths, request, nowMs));
        return wholeOf(thousandths);
      });
      forgetFull(nowMs);
      return { granted: true, retryAfterMs: 0, remaining, lacking: null };
    },
  };
}

function filling(thousandths: number, { perSecond, burst }: RateRequest, nowMs: number): Bucket {
  return { thousandths, atMs: nowMs, fullAtMs: nowMs + Math.ceil((burst * 1_000 - thousandths) / perSecond) };
}

/** A thousandth a millisecond for each unit a second. A clock that was set back refills nothing. */
function levelOf(bucket: Bucket | undefined, { perSecond, burst }: RateRequest, nowMs: number): number {
  if (bucket === undefined) return burst * 1_000;
  const refilled = bucket.thousandths + Math.max(0, nowMs - bucket.atMs) * perSecond;
  return Math.min(burst * 1_000, refilled);
}

function waitMs({ amount, perSecond, burst }: RateRequest, level: number): number {
  const missing = Math.min(amount, burst) * 1_000 - level;
  return missing <= 0 ? 0 : Math.ceil(missing / perSecond);
}

function wholeOf(thousandths: number): number {
  return Math.max(0, Math.floor(thousandths / 1_000));
}
