import { type Curve, curvePicture } from '../curve-picture';
import { highestHeld, type LoadReport } from './load-report';
import { timeOf } from './report-page';
import type { Quantile, Step } from './step';

/** Latency over load, with the last ramp behind it. */
export function loadPicture(now: LoadReport, last: LoadReport | null): string {
  const highest = highestHeld(now);
  return curvePicture({
    title: `${now.scenario}: latency over load`,
    xLabel: 'calls in a second',
    yLabel: 'milliseconds',
    limit: { y: now.bounds.p99Ms, label: `${now.bounds.p99Ms} ms` },
    mark: { x: highest, label: highest === 0 ? 'none hold' : `${highest}/s hold` },
    curves: [...(last === null ? [] : curvesOf(last, 'second')), ...curvesOf(now, 'first')],
  });
}

function curvesOf({ atMs, steps }: LoadReport, colour: Curve['colour']): Curve[] {
  return (['p99', 'p50'] as const).map((quantile) => ({
    label: `${quantile}, ${timeOf(atMs)}`,
    colour,
    dashed: quantile === 'p50',
    points: steps.flatMap((step) => pointOf(step, quantile)),
  }));
}

function pointOf({ rate, latencyMs }: Step, quantile: Quantile): [number, number][] {
  return latencyMs === null ? [] : [[rate, latencyMs[quantile]]];
}
