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
  /**
   * For example `acme/changes/device/d1`. Buckets with the same text before the first slash are kept together; only
   * such buckets can be asked for in one request.
   */
  readonly bucket: string;
  readonly amount: number;
  readonly perSecond: number;
  readonly burst: number;
}

export interface RateAnswer {
  readonly granted: boolean;
  readonly retryAfterMs: number;
  /** What is left in each bucket, in the order of the request, never below 0. */
  readonly remaining: readonly number[];
  /** The bucket that takes longest until it has enough, as its place in the request; null when granted. */
  readonly lacking: number | null;
}
