import os from 'node:os';
import type { Measured } from './measure';
import { median, spread } from './numbers';
import type { Figure, Goal } from './row';

/** A figure as it is told: medians of all repeats, and of the ratios of each repeat. */
export interface Told {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly floor: number | null;
  readonly ratio: number | null;
  /** Between the least and the greatest repeat, as a share of the median. */
  readonly spread: number;
  /** The value that the goal asks for; null where there is none. */
  readonly goal: number | null;
  readonly reached: boolean | null;
}

export function told({ name, unit, values, floors, goal }: Figure): Told {
  const value = median(values);
  const floor = floors === null ? null : median(floors);
  const ratio = floors === null ? null : median(values.map((each, at) => each / floors[at]!));
  const asked = goal === null ? null : askedBy(goal, floor);
  const reached = goal === null ? null : reaches(values, floors, goal);
  return { name, unit, value, floor, ratio, spread: spread(values), goal: asked, reached };
}

function askedBy({ times, plus }: Goal, floor: number | null): number {
  return times * (floor ?? 0) + plus;
}

/** Each repeat is held to what its own floor asks for, as the machine is not as fast in all of them. */
function reaches(values: readonly number[], floors: readonly number[] | null, goal: Goal): boolean {
  const ahead = median(values.map((value, at) => value - askedBy(goal, floors?.[at] ?? null)));
  return goal.at === 'least' ? ahead >= 0 : ahead <= 0;
}

const HEADS = ['', 'value', 'floor', 'ratio', 'spread', 'goal', ''] as const;

export function tableOf(measured: readonly Measured[]): string {
  const lines = measured.flatMap(({ row, figures, refused }) =>
    refused === null
      ? figures.map((figure) => cellsOf(figure))
      : [[row.name, 'not reported', '', '', '', '', '']],
  );
  const widths = HEADS.map((head, at) => Math.max(head.length, ...lines.map((cells) => cells[at]!.length)));
  const lineOf = (cells: readonly string[]): string =>
    cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))).join('  ');
  return [lineOf(HEADS), ...lines.map(lineOf)].join('\n');
}

function cellsOf(figure: Figure): string[] {
  const { name, unit, value, floor, ratio, spread: apart, goal, reached } = told(figure);
  return [
    name,
    `${rounded(value)} ${unit}`,
    floor === null ? '–' : rounded(floor),
    ratio === null ? '–' : ratio.toFixed(2),
    `${Math.round(apart * 100)} %`,
    goal === null ? '–' : `${figure.goal?.at === 'least' ? '≥' : '≤'} ${rounded(goal)}`,
    reached === null ? '' : reached ? 'reached' : 'missed',
  ];
}

function rounded(value: number): string {
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString('en');
  return value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);
}

/** Everything that was measured, for programs. */
export function reportOf(measured: readonly Measured[], options: object): object {
  const [cpu] = os.cpus();
  return {
    options,
    machine: { cpu: cpu?.model, cores: os.cpus().length, memoryBytes: os.totalmem(), node: process.version },
    rows: measured.map(({ row, figures, refused, tookMs }) => ({
      name: row.name,
      what: row.what,
      tookMs: Math.round(tookMs),
      ...(refused === null ? {} : { refused }),
      figures: figures.map((figure) => ({
        ...told(figure),
        values: figure.values,
        floors: figure.floors,
        checked: figure.checked,
        ...figure.more,
      })),
    })),
  };
}
