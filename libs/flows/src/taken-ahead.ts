import type { RateAnswer, RateRequest } from '@syncline/ports';

/** What was taken ahead from a shared bucket. */
export interface Held {
  burst: number;
  perSecond: number;
  /** Taken and not spent yet. */
  left: number;
  /**
   * The bucket held no more than this at `atMs`, by what was taken from here alone. While requests are on their way it
   * may stand above the burst by what they ask for, as nobody knows whether it was full before they came or after.
   */
  levelMax: number;
  atMs: number;
  /** What it said that it held when it was last asked, and when. */
  told: number;
  toldAtMs: number;
  /** Requests on their way, and what they ask for. */
  asking: number;
  asked: number;
  /** The one among them that takes ahead; null for none. */
  askingAhead: Promise<unknown> | null;
  /** Something was spent here since the last request that took ahead. */
  isBusy: boolean;
}

/** Of a request to several buckets, what concerns one. */
export interface Share {
  readonly request: RateRequest;
  readonly held: Held;
  /** Paid from what was left. */
  readonly paid: number;
  readonly ahead: number;
  /** From the shared bucket. */
  readonly wanted: number;
}

type Rate = Pick<RateRequest, 'burst' | 'perSecond'>;

export function held({ burst, perSecond }: Rate, atMs: number): Held {
  return {
    burst,
    perSecond,
    left: 0,
    levelMax: burst,
    atMs,
    told: 0,
    toldAtMs: atMs,
    asking: 0,
    asked: 0,
    askingAhead: null,
    isBusy: false,
  };
}

/** What is left, here and in the bucket, is never more than the burst. */
export function lapse(held: Held, rate: Rate, nowMs: number): void {
  const passedMs = nowMs - held.atMs;
  const comparable = passedMs >= 0 && held.burst === rate.burst && held.perSecond === rate.perSecond;
  held.burst = rate.burst;
  held.perSecond = rate.perSecond;
  const refilled = comparable ? held.levelMax + (passedMs * rate.perSecond) / 1_000 : Infinity;
  held.levelMax = Math.min(refilled, rate.burst + held.asked);
  held.atMs = nowMs;
  held.left = Math.min(held.left, Math.max(0, rate.burst - held.levelMax));
}

/** Takes in the answer; null for none, when nobody knows whether anything was taken. */
export function settle(
  { held, paid, ahead, wanted }: Share,
  answer: RateAnswer | null,
  place: number,
  { askedAtMs, nowMs }: { readonly askedAtMs: number; readonly nowMs: number },
): void {
  lapse(held, held, nowMs);
  held.asking -= 1;
  held.asked -= wanted;
  if (ahead > 0) held.askingAhead = null;
  held.left += answer?.granted === true ? ahead : paid;
  if (answer === null) return;
  held.told = answer.remaining[place]!;
  held.toldAtMs = nowMs;
  if (!answer.granted) return;
  held.levelMax -= wanted;
  // With nothing older left, nothing that others took before has to be counted with it. Buckets tell whole amounts.
  if (held.asking > 0 || held.left > ahead) return;
  held.levelMax = Math.min(held.burst, held.told + 1);
  held.atMs = askedAtMs;
}
