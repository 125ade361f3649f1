import type { Step } from './step';

/** One ramp of one scenario, as it is kept. */
export interface LoadReport {
  readonly scenario: string;
  readonly about: string;
  /** When it began, in milliseconds since 1970. */
  readonly atMs: number;
  /** Where the load came from; the service may be elsewhere. */
  readonly machine: string;
  readonly target: string;
  readonly ghz: string;
  readonly bounds: Bounds;
  readonly steps: readonly Step[];
  /** Why it did not go on to the next rate; null after the last one. */
  readonly stopped: string | null;
}

/** What ends a ramp. */
export interface Bounds {
  readonly p99Ms: number;
  /** Of all calls of a step, the share that is not answered well. */
  readonly refusedShare: number;
}

export const DEFAULT_BOUNDS: Bounds = { p99Ms: 500, refusedShare: 0.01 };

/** Below this share of the rate that was asked for, it is not the service that is measured. */
const BEGUN_SHARE_MIN = 0.9;

/** Why a step is the last one; null when the next one may begin. */
export function tooMuch(step: Step, { p99Ms, refusedShare }: Bounds): string | null {
  const { calls, answered, latencyMs, rate, begunPerSecond } = step;
  if (latencyMs === null) return 'no call was answered well';
  const share = (calls - answered) / calls;
  if (share > refusedShare)
    return `${percent(share)} of the calls were not answered well, ${percent(refusedShare)} are allowed`;
  if (latencyMs.p99 > p99Ms) return `p99 was ${Math.round(latencyMs.p99)} ms, ${p99Ms} ms are allowed`;
  if (begunPerSecond < rate * BEGUN_SHARE_MIN)
    return `the load itself could not keep up: ${Math.round(begunPerSecond)} of ${rate} calls were begun in a second`;
  return null;
}

/** The highest rate that was within the bounds; 0 when none was. */
export function highestHeld({ steps, bounds }: Pick<LoadReport, 'steps' | 'bounds'>): number {
  return Math.max(0, ...steps.filter((step) => tooMuch(step, bounds) === null).map(({ rate }) => rate));
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
