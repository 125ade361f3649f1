import { median, percentile } from './numbers';
import { nowMs } from './stopwatch';

export interface Latencies {
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of the median, from the first third of what was sent to the last. */
  readonly growthMs: number;
}

/** How a rate was endured. All times begin when a change was due. */
export interface Point {
  readonly perSecond: number;
  /** What was answered, by the time from the first change that was due to the last outcome. */
  readonly achievedPerSecond: number;
  /** Until the writer had its outcome. */
  readonly outcome: Latencies;
  /** Until each of the others had it in a whole checkpoint. */
  readonly delivery: Latencies;
  /** It was too much, so that the rest was not sent. */
  readonly cutShort: boolean;
}

/** What becomes of changes with numbers in a row, each of which has one writer and the same number of watchers. */
export interface Load {
  due(change: number, dueMs: number): void;
  answered(change: number): void;
  seen(change: number): void;
  /** Of what was answered, and seen, until now. */
  readonly answers: number;
  readonly sights: number;
  /** For how long the oldest change that is not done with has been due. */
  lagMs(): number;
  point(perSecond: number, sent: number, cutShort: boolean): Point;
}

export function newLoad(first: number, count: number, watchers: number): Load {
  const dueMs = new Float64Array(count);
  const outcomeMs = new Float64Array(count);
  const seenBy = new Uint8Array(count);
  const deliveryMs = new Float64Array(count * watchers);
  const state = { answers: 0, sights: 0, sent: 0, oldest: 0, lastOutcomeMs: 0 };
  const isDone = (at: number): boolean => outcomeMs[at]! > 0 && seenBy[at] === watchers;
  return {
    due(change, ms) {
      dueMs[change - first] = ms;
      state.sent++;
    },
    answered(change) {
      const now = nowMs();
      outcomeMs[change - first] = now - dueMs[change - first]!;
      state.lastOutcomeMs = now;
      state.answers++;
    },
    seen(change) {
      const at = change - first;
      deliveryMs[at * watchers + seenBy[at]!++] = nowMs() - dueMs[at]!;
      state.sights++;
    },
    get answers() {
      return state.answers;
    },
    get sights() {
      return state.sights;
    },
    lagMs() {
      while (state.oldest < state.sent && isDone(state.oldest)) state.oldest++;
      return state.oldest === state.sent ? 0 : nowMs() - dueMs[state.oldest]!;
    },
    point(perSecond, sent, cutShort) {
      const tookMs = state.lastOutcomeMs - dueMs[0]!;
      return {
        perSecond,
        achievedPerSecond: (sent * 1_000) / tookMs,
        outcome: latenciesOf(outcomeMs.subarray(0, sent)),
        delivery: latenciesOf(deliveryMs.subarray(0, sent * watchers)),
        cutShort,
      };
    },
  };
}

/** They are in the order in which the changes were due. */
function latenciesOf(inOrder: Float64Array): Latencies {
  const third = Math.floor(inOrder.length / 3);
  const all = [...inOrder];
  return {
    p50Ms: percentile(all, 0.5),
    p99Ms: percentile(all, 0.99),
    growthMs: median(all.slice(-third)) - median(all.slice(0, third)),
  };
}
