import type { BenchStack } from './bench-stack';

/** What a row has at hand. */
export interface Bench {
  readonly stack: BenchStack;
  /** Fewer and shorter loads: the same table, with less certainty. */
  readonly quick: boolean;
  /** How often everything is measured. */
  readonly repeats: number;
  say(line: string): void;
}

/** Measures one thing on the real services, and says how it made sure that nothing was lost on the way. */
export interface Row {
  readonly name: string;
  readonly what: string;
  /** A quick look at the whole table leaves it out, unless it is named. */
  readonly onlyInFull?: true;
  measure(bench: Bench): Promise<readonly Figure[]>;
}

/** One line of the table. */
export interface Figure {
  /** The row's name, and which of its figures where there are several: `live-200 p50`. */
  readonly name: string;
  readonly unit: string;
  /** One of each repeat. */
  readonly values: readonly number[];
  /** What the same work takes without Syncline, measured in the same repeat; null where nothing compares. */
  readonly floors: readonly number[] | null;
  /** What the figure is meant to reach; null where it is just told. */
  readonly goal: Goal | null;
  /** What was compared to be sure that the load was not lost. */
  readonly checked: string;
  /** Further facts for the JSON, such as the points of a curve. */
  readonly more?: Readonly<Record<string, unknown>>;
  /** An SVG that shows it. */
  readonly picture?: string;
}

/** `times` the floor, with `plus` in the figure's unit; without a floor `plus` is the whole of it. */
export interface Goal {
  readonly at: 'least' | 'most';
  readonly times: number;
  readonly plus: number;
}

export const atLeast = (times: number): Goal => ({ at: 'least', times, plus: 0 });
export const atMost = (times: number, plus = 0): Goal => ({ at: 'most', times, plus });
export const least = (plus: number): Goal => ({ at: 'least', times: 0, plus });
export const most = (plus: number): Goal => ({ at: 'most', times: 0, plus });

/** The row is not reported: what arrived is not what was sent, or it cannot be measured here. */
export class Diverged extends Error {
  override readonly name = 'Diverged';
}

export function insist(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Diverged(otherwise);
}
