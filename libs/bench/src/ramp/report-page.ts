import type { Comparison, Difference, Range } from './comparison';
import { highestHeld, type LoadReport } from './load-report';
import type { Step } from './step';

/** A report to be read: a table, what stopped the ramp, and what has changed since the last one. */
export function reportPage(report: LoadReport, comparison: Comparison | null, picture: string): string {
  const { scenario, about, atMs, machine, target, ghz, steps } = report;
  return [
    `# Load: ${scenario}`,
    '',
    `${sentence(about)} ${timeOf(atMs)}, to ${target}, from ${machine}, ghz ${ghz}.`,
    '',
    ...table(steps),
    '',
    `![Latency over load](${picture})`,
    '',
    held(report),
    '',
    ...(comparison === null ? ['There is no earlier report to compare with.'] : comparisonLines(comparison)),
    '',
  ].join('\n');
}

const HEADS = ['calls/s', 'begun/s', 'calls', 'answered', 'p50', 'p95', 'p99', 'max', 'refused'];

function table(steps: readonly Step[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(HEADS),
    line(HEADS.map((_, at) => (at === HEADS.length - 1 ? '---' : '---:'))),
    ...steps.map((step) => line(cellsOf(step))),
  ];
}

function cellsOf({ rate, begunPerSecond, calls, answered, latencyMs, refused }: Step): string[] {
  const latencies =
    latencyMs === null
      ? ['–', '–', '–', '–']
      : [latencyMs.p50, latencyMs.p95, latencyMs.p99, latencyMs.max].map(milliseconds);
  const reasons = Object.entries(refused).map(([reason, count]) => `${count} × ${reason}`);
  const counts = [rate, Math.round(begunPerSecond), calls, answered].map(String);
  return [...counts, ...latencies, reasons.join(', ')];
}

function held(report: LoadReport): string {
  const highest = highestHeld(report);
  const most =
    highest === 0 ? 'No rate was within the bounds.' : `${highest} calls a second are within the bounds.`;
  return report.stopped === null ? most : `${most} It went no further: ${report.stopped}.`;
}

/** The same lines are said on the screen. */
export function comparisonLines({ lastAtMs, rates, differences, held, otherwise }: Comparison): string[] {
  const when = `Compared with ${timeOf(lastAtMs)}`;
  if (rates.length === 0) return [`${when}: no step has the rate and the length of one of then.`];
  return [
    `${when}, at ${rates.join(', ')} calls a second:`,
    '',
    ...(differences.length === 0 ? ['- nothing is slower or faster by more than its spread'] : []),
    ...differences.map((difference) => `- ${differenceLine(difference)}`),
    ...(held.now === held.last
      ? []
      : [`- within the bounds up to ${held.now} calls a second, before up to ${held.last}`]),
    ...otherwise.map((each) => `- not the same: ${each}`),
  ];
}

function differenceLine({ is, rate, quantile, nowMs, lastMs }: Difference): string {
  return `${is}: ${quantile} at ${rate} calls a second, ${rangeText(nowMs)} instead of ${rangeText(lastMs)}`;
}

/** What is said of a step as soon as it is over. */
export function stepLine({ rate, calls, answered, latencyMs, refused }: Step): string {
  const latency =
    latencyMs === null
      ? 'none answered'
      : `p50 ${milliseconds(latencyMs.p50)}, p95 ${milliseconds(latencyMs.p95)}, p99 ${milliseconds(latencyMs.p99)}`;
  const reasons = Object.entries(refused).map(([reason, count]) => `; ${count} × ${reason}`);
  return `${String(rate).padStart(5)} calls/s: ${answered} of ${calls} answered, ${latency}${reasons.join('')}`;
}

const rangeText = ({ least, greatest }: Range): string =>
  `${milliseconds(least)} to ${milliseconds(greatest)}`;

const milliseconds = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

export function timeOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
