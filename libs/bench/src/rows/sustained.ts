import { type Crowd, openCrowd } from '../crowd';
import { curvePicture } from '../curve-picture';
import type { Point } from '../load';
import { median } from '../numbers';
import { type Bench, Diverged, type Figure, insist, type Row } from '../row';
import { headsOf, recordCount } from '../store-facts';

const RATES = [250, 500, 1_000, 1_500, 2_000, 3_000, 4_000, 6_000, 8_000, 12_000, 16_000];
const RATE_MIN = 10;
const P99_MS_MAX = 1_000;
/** From the first third to the last: so much a single pause may do, and any rate that is too high within seconds. */
const GROWTH_MS_MAX = 150;
const STEP = 0.9;
const WARM_UP_SECONDS = 1;

interface Lengths {
  readonly stepSeconds: number;
  readonly repeatSeconds: number;
  /** How often the gap between what holds and what does not is halved. */
  readonly halvings: number;
}

const QUICK: Lengths = { stepSeconds: 1.5, repeatSeconds: 1.5, halvings: 1 };
const FULL: Lengths = { stepSeconds: 6, repeatSeconds: 5, halvings: 2 };

export const sustained: Row = {
  name: 'sustained',
  what: '1,000 sessions in 100 spaces write single changes by the clock, and 9 others see each',
  async measure(bench) {
    const lengths = bench.quick ? QUICK : FULL;
    const crowd = await openCrowd(bench);
    try {
      const curve = await climb(bench, crowd, lengths);
      const highest = Math.max(RATES[0]!, ...curve.filter(holds).map(({ perSecond }) => perSecond));
      const repeats: Point[] = [];
      for (let held = highest; repeats.length < bench.repeats; held = repeats.at(-1)!.perSecond)
        repeats.push(await endured(crowd, Math.min(highest, held / STEP), lengths.repeatSeconds));
      await insistOnAll(bench, crowd);
      return [figure(curve, repeats)];
    } finally {
      crowd.close();
    }
  },
};

const holds = ({ outcome, delivery, cutShort }: Point): boolean =>
  !cutShort &&
  [outcome, delivery].every(({ p99Ms, growthMs }) => p99Ms < P99_MS_MAX && growthMs < GROWTH_MS_MAX);

/** Faster and faster until it is too much, and then a few looks in between. */
async function climb(bench: Bench, crowd: Crowd, { stepSeconds, halvings }: Lengths): Promise<Point[]> {
  const curve: Point[] = [];
  const isEndured = async (rate: number): Promise<boolean> => {
    const first = await crowd.endure(rate, stepSeconds);
    // Something else may have been going on.
    const point = holds(first) ? first : await crowd.endure(rate, stepSeconds);
    curve.push(point);
    bench.say(`  ${told(point)}`);
    return holds(point);
  };
  await crowd.endure(RATES[0]!, WARM_UP_SECONDS);
  let good = 0;
  let bad = 0;
  for (const rate of RATES) {
    if (await isEndured(rate)) good = rate;
    else bad = rate;
    if (bad > 0) break;
  }
  for (let halving = 0; halving < halvings && good > 0 && bad > 0; halving++) {
    const between = (good + bad) / 2;
    if (await isEndured(between)) good = between;
    else bad = between;
  }
  return curve.sort((left, right) => left.perSecond - right.perSecond);
}

/** What holds this time: the rate, or one as little below it as need be. */
async function endured(crowd: Crowd, first: number, seconds: number): Promise<Point> {
  for (let rate = first; rate >= RATE_MIN; rate *= STEP) {
    const point = await crowd.endure(rate, seconds);
    if (holds(point)) return point;
  }
  throw new Diverged(`not even ${RATE_MIN} changes in a second are endured`);
}

async function insistOnAll({ stack }: Bench, crowd: Crowd): Promise<void> {
  const stored = await recordCount(stack, crowd.spaces);
  insist(stored === crowd.sent, `${stored} of ${crowd.sent} acknowledged records are stored`);
  const astray = crowd.astray(await headsOf(stack, crowd.spaces));
  insist(astray === 0, `${astray} devices do not stand at the head of their space`);
}

function figure(curve: readonly Point[], repeats: readonly Point[]): Figure {
  const values = repeats.map(({ achievedPerSecond }) => achievedPerSecond);
  return {
    name: 'sustained',
    unit: 'changes/s',
    values,
    floors: null,
    goal: null,
    checked:
      'each change answered APPLIED, seen once by each of the 9 others and counted in Postgres; all devices at the heads',
    more: { curve, repeats },
    picture: pictureOf(curve, median(values)),
  };
}

const told = ({ perSecond, outcome, delivery, cutShort }: Point): string =>
  `${perSecond} changes/s: outcome p50 ${Math.round(outcome.p50Ms)} ms, p99 ${Math.round(outcome.p99Ms)} ms; ` +
  `delivery p50 ${Math.round(delivery.p50Ms)} ms, p99 ${Math.round(delivery.p99Ms)} ms${cutShort ? '; cut short' : ''}`;

function pictureOf(curve: readonly Point[], highest: number): string {
  const of = (value: (point: Point) => number) =>
    curve.map((point) => [point.perSecond, value(point)] as const);
  return curvePicture({
    title: 'Latency of single changes, 1,000 sessions in 100 spaces',
    xLabel: 'changes in a second, each sent to 9 others',
    yLabel: 'milliseconds since it was due',
    limit: { y: P99_MS_MAX, label: '1 s' },
    mark: { x: highest, label: `${Math.round(highest).toLocaleString('en')}/s hold` },
    curves: [
      {
        label: 'seen by the others, p99',
        colour: 'second',
        dashed: false,
        points: of((at) => at.delivery.p99Ms),
      },
      {
        label: 'seen by the others, p50',
        colour: 'second',
        dashed: true,
        points: of((at) => at.delivery.p50Ms),
      },
      { label: 'outcome, p99', colour: 'first', dashed: false, points: of((at) => at.outcome.p99Ms) },
      { label: 'outcome, p50', colour: 'first', dashed: true, points: of((at) => at.outcome.p50Ms) },
    ],
  });
}
