import type { LoadReport } from './load-report';
import { DEFAULT_BOUNDS } from './load-report';
import { type GhzCall, type Step, stepOf } from './step';

const START_MS = Date.UTC(2026, 10, 21, 12);

/** A call that began so long after the first one. */
export function ghzCall(
  begunMs: number,
  latencyMs: number,
  error: readonly [status: string, said: string] | null = null,
): GhzCall {
  return {
    timestamp: new Date(START_MS + begunMs + latencyMs).toISOString(),
    latency: latencyMs * 1_000_000,
    status: error?.[0] ?? 'OK',
    error: error === null ? '' : `rpc error: code = ${error[0]} desc = ${error[1]}`,
  };
}

/** A step of two seconds: the latencies take turns. */
export function stepAt(rate: number, latenciesMs: readonly number[]): Step {
  const details = Array.from({ length: rate * 2 }, (_, at) =>
    ghzCall((at * 1_000) / rate, latenciesMs[at % latenciesMs.length]!),
  );
  return stepOf({ details }, { rate, seconds: 2 });
}

export function reportOf(steps: readonly Step[], more: Partial<LoadReport> = {}): LoadReport {
  return {
    scenario: 'push',
    about: 'each call pushes one new record',
    atMs: START_MS,
    machine: 'a machine (2)',
    target: '127.0.0.1:7400',
    ghz: 'v1',
    bounds: DEFAULT_BOUNDS,
    steps,
    stopped: null,
    ...more,
  };
}
