/**
 * Token buckets shared by all gateways. Contract: `take` takes from all named buckets or from none; a bucket
 * refills evenly and never above its burst. `retryAfterMs` is 0 when it was granted, and otherwise the time after
 * which the same request is granted if no one else takes. Amounts above the burst are granted when the bucket is
 * full, and leave it in debt. A request names a bucket at most once, with a rate above 0.
 */
export interface RateLimits {
  take(wanted: readonly RateRequest[]): Promise<RateAnswer>;
}

export interface RateRequest {
  /** For example `changes/tenant/device`. */
  readonly bucket: string;
  readonly amount: number;
  readonly perSecond: number;
  readonly burst: number;
}

export interface RateAnswer {
  readonly granted: boolean;
  readonly retryAfterMs: number;
  /** What is left in the emptiest of the buckets, never below 0. */
  readonly remaining: number;
}
