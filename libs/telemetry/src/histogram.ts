import { traceContextOf } from './traces';

/** One row of a histogram: a single combination of its labels. */
export interface KeptHistogram {
  /** With the W3C traceparent of what took so long or was so large, where that is traced; empty for nothing. */
  observe(value: number, traceparent?: string): void;
}

export interface OwnHistogram {
  series(labels: Readonly<Record<string, string>>): KeptHistogram;
  /** Its lines in the text format of OpenMetrics. */
  text(): string;
}

export interface HistogramShape {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  /** Ascending. */
  readonly bounds: readonly number[];
}

interface Row extends KeptHistogram {
  readonly text: () => string;
}

/** So often an exemplar is shown: whoever looks sees it, and nobody is led to a trace that is long forgotten. */
const EXEMPLAR_SHOWN_MAX = 8;

interface Exemplar {
  readonly text: string;
  shown: number;
}

/**
 * In the place of the library's own, which looks its labels up and checks them at every value. Here an observation is a
 * search through a few bounds and two additions. An exemplar goes without its time: what collects it gives it one.
 */
export function ownHistogram(shape: HistogramShape): OwnHistogram {
  const { name, help, labels, bounds } = shape;
  const rows = new Map<string, Row>();
  const head = `# HELP ${name} ${escaped(help)}\n# TYPE ${name} histogram\n`;
  const made = (values: Readonly<Record<string, string>>, key: string): Row => {
    const shown = labels.map((label) => `${label}="${escaped(values[label] ?? '')}"`);
    const row = newRow(name, shown, bounds);
    rows.set(key, row);
    return row;
  };
  // Without labels there is one row only, and it is there from the beginning.
  if (labels.length === 0) made({}, '');
  return {
    series(values) {
      const key = labels.map((label) => values[label]).join('\u0000');
      return rows.get(key) ?? made(values, key);
    },
    text: () => `${head}${[...rows.values()].map((row) => row.text()).join('')}`,
  };
}

function newRow(name: string, labels: readonly string[], bounds: readonly number[]): Row {
  const counts = [...bounds, Infinity].map(() => 0);
  const exemplars: (Exemplar | null)[] = counts.map(() => null);
  let sum = 0;
  const line = (suffix: string, shown: readonly string[], value: number, exemplar = ''): string =>
    `${name}${suffix}${shown.length === 0 ? '' : `{${shown.join(',')}}`} ${value}${exemplar}\n`;
  const exemplarAt = (at: number): string => {
    const exemplar = exemplars[at] ?? null;
    if (exemplar === null) return '';
    exemplar.shown++;
    if (exemplar.shown === EXEMPLAR_SHOWN_MAX) exemplars[at] = null;
    return exemplar.text;
  };
  return {
    observe(value, traceparent = '') {
      let at = 0;
      while (at < bounds.length && value > bounds[at]!) at++;
      counts[at]!++;
      sum += value;
      if (traceparent === '') return;
      const context = traceContextOf(traceparent);
      if (context?.sampled === true)
        exemplars[at] = { text: ` # {trace_id="${context.traceId}"} ${value}`, shown: 0 };
    },
    text() {
      let count = 0;
      const buckets = counts.map((inBucket, at) => {
        count += inBucket;
        const le = `le="${at === bounds.length ? '+Inf' : boundText(bounds[at]!)}"`;
        return line('_bucket', [...labels, le], count, exemplarAt(at));
      });
      return `${buckets.join('')}${line('_sum', labels, sum)}${line('_count', labels, count)}`;
    },
  };
}

/** As OpenMetrics wants it: `1.0`, so that every version of Prometheus calls a bucket the same. */
const boundText = (bound: number): string => (Number.isInteger(bound) ? `${bound}.0` : String(bound));

const escaped = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
