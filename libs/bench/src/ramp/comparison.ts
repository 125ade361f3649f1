import { median } from '../numbers';
import { highestHeld, type LoadReport } from './load-report';
import type { ComparedQuantile, Step } from './step';

/** What has become other than it was by more than either ramp varies in itself. */
export interface Difference {
  readonly is: 'slower' | 'faster';
  readonly rate: number;
  readonly quantile: ComparedQuantile;
  readonly nowMs: Range;
  readonly lastMs: Range;
}

export interface Range {
  readonly least: number;
  readonly greatest: number;
}

export interface Comparison {
  readonly lastAtMs: number;
  /** Rates that both have, for steps of the same length. */
  readonly rates: readonly number[];
  readonly differences: readonly Difference[];
  readonly held: { readonly now: number; readonly last: number };
  /** What differs around the service, so that a difference may not be the service's. */
  readonly otherwise: readonly string[];
}

const QUANTILES: readonly ComparedQuantile[] = ['p50', 'p95'];

export function compared(now: LoadReport, last: LoadReport): Comparison {
  const pairs = now.steps.flatMap((step) => {
    const before = last.steps.find(({ rate, seconds }) => rate === step.rate && seconds === step.seconds);
    return before === undefined ? [] : [[step, before] as const];
  });
  return {
    lastAtMs: last.atMs,
    rates: pairs.map(([{ rate }]) => rate),
    differences: pairs.flatMap(([step, before]) =>
      QUANTILES.flatMap((quantile) => differenceOf(step, before, quantile) ?? []),
    ),
    held: { now: highestHeld(now), last: highestHeld(last) },
    otherwise: (['machine', 'target', 'ghz'] as const)
      .filter((name) => now[name] !== last[name])
      .map((name) => `${name}: ${now[name]} instead of ${last[name]}`),
  };
}

/** Only where the medians of the parts lie further from each other than the parts of either step do. */
function differenceOf(now: Step, last: Step, quantile: ComparedQuantile): Difference | null {
  const [nowMs, lastMs] = [now, last].map(({ partsMs }) => partsMs[quantile]) as [number[], number[]];
  if (nowMs.length === 0 || lastMs.length === 0) return null;
  const ranges = { nowMs: rangeOf(nowMs), lastMs: rangeOf(lastMs) };
  const apart = median(nowMs) - median(lastMs);
  if (Math.abs(apart) <= Math.max(widthOf(ranges.nowMs), widthOf(ranges.lastMs))) return null;
  return { is: apart > 0 ? 'slower' : 'faster', rate: now.rate, quantile, ...ranges };
}

const rangeOf = (values: readonly number[]): Range => ({
  least: Math.min(...values),
  greatest: Math.max(...values),
});

const widthOf = ({ least, greatest }: Range): number => greatest - least;
