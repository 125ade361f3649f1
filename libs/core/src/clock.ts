declare const brand: unique symbol;

/**
 * A hybrid logical clock's reading as one safe integer: milliseconds since 1970 times 1024, plus a counter.
 * It sorts as a number, fits one int64 on the wire, and lasts until the year 2248.
 */
export type HlcTime = number & { readonly [brand]: 'HlcTime' };

export const TICKS_PER_MS = 1024;
export const ZERO_TIME = 0 as HlcTime;

export function hlcTime(ms: number, counter = 0): HlcTime {
  return (ms * TICKS_PER_MS + counter) as HlcTime;
}

export function msOf(time: HlcTime): number {
  return Math.floor(time / TICKS_PER_MS);
}

export function isHlcTime(value: number): value is HlcTime {
  return Number.isSafeInteger(value) && value >= 0;
}

/** The reading for a local event: never behind the wall clock, always after everything seen before. */
export function tick(last: HlcTime, nowMs: number): HlcTime {
  const wall = hlcTime(nowMs);
  return wall > last ? wall : ((last + 1) as HlcTime);
}

/** What a clock becomes on seeing another's reading; one too far ahead is not believed beyond the limit. */
export function observe(last: HlcTime, seen: HlcTime, nowMs: number, skewMsMax: number): HlcTime {
  const { time } = clamp(seen, nowMs, skewMsMax);
  return time > last ? time : last;
}

export interface ClampedTime {
  readonly time: HlcTime;
  /** How far ahead of the limit the reading was; 0 when it was taken as it came. */
  readonly aheadMs: number;
}

export function clamp(time: HlcTime, nowMs: number, skewMsMax: number): ClampedTime {
  const limit = hlcTime(nowMs + skewMsMax, TICKS_PER_MS - 1);
  if (time <= limit) return { time, aheadMs: 0 };
  return { time: limit, aheadMs: msOf(time) - msOf(limit) };
}
