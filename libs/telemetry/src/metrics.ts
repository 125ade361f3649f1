import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { boundedLabels } from './bounded-labels';

/** What a histogram counts in; it ends the metric's name. */
export type Unit = 'seconds' | 'bytes' | 'changes' | 'records' | 'pushes' | 'spaces';

export type LabelValues<Label extends string> = Readonly<Record<Label, string>>;

interface Described<Label extends string> {
  /** Without the prefix, in snake case, such as `pushes_total` or `sessions_open`. */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly Label[];
  /** So many combinations of label values are told apart; what comes later counts as `other`. */
  readonly combinationsMax?: number;
}

export interface CounterOptions<Label extends string> extends Described<Label> {
  readonly name: `${string}_total`;
}

export type GaugeOptions<Label extends string> = Described<Label>;

export interface HistogramOptions<Label extends string> extends Described<Label> {
  /** The name is the given one and this: `push` and `seconds` make `push_seconds`. */
  readonly unit: Unit;
  readonly buckets?: readonly number[];
}

export interface CounterMetric<Label extends string> {
  add(labels: LabelValues<Label>, by?: number): void;
  /** For what is counted very often: the labels are looked at once, and then only a number grows. */
  kept(labels: LabelValues<Label>): KeptCounter;
}

export interface KeptCounter {
  add(by?: number): void;
}

export interface GaugeMetric<Label extends string> {
  set(labels: LabelValues<Label>, value: number): void;
  add(labels: LabelValues<Label>, by?: number): void;
}

export interface HistogramMetric<Label extends string> {
  observe(labels: LabelValues<Label>, value: number): void;
}

/** Asked twice for the same name, the same metric is the answer: several parts of a process may share one. */
export interface Metrics {
  counter<Label extends string = never>(options: CounterOptions<Label>): CounterMetric<Label>;
  gauge<Label extends string = never>(options: GaugeOptions<Label>): GaugeMetric<Label>;
  /** A gauge whose value is asked for whenever somebody looks. */
  watched(options: Described<never>, value: () => number): void;
  histogram<Label extends string = never>(options: HistogramOptions<Label>): HistogramMetric<Label>;
  /** In the text format of Prometheus. */
  text(): Promise<string>;
  readonly contentType: string;
}

export interface MetricsOptions {
  /** Memory, event loop and garbage collection of this process as well. */
  readonly withProcess?: boolean;
}

const PREFIX = 'syncline_';
const COMBINATIONS_MAX = 200;
const BUCKETS: Record<Unit, readonly number[]> = {
  seconds: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  bytes: [64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304],
  changes: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000],
  records: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000],
  pushes: [1, 2, 5, 10, 20, 50, 100, 200, 500],
  spaces: [1, 2, 5, 10, 20, 50, 100, 200, 500],
};

export function createMetrics({ withProcess = true }: MetricsOptions = {}): Metrics {
  const registry = new Registry();
  if (withProcess) collectDefaultMetrics({ register: registry });
  const made = new Map<string, { readonly labels: string; readonly metric: unknown }>();

  const once = <Metric>(options: Described<string>, make: (name: string) => Metric): Metric => {
    const name = `${PREFIX}${options.name}`;
    if (!/^[a-z][a-z0-9_]*$/.test(name)) throw new RangeError(`${name} is not a name of a metric`);
    const labels = (options.labels ?? []).join(',');
    const before = made.get(name);
    if (before === undefined) {
      const metric = make(name);
      made.set(name, { labels, metric });
      return metric;
    }
    if (before.labels !== labels) throw new RangeError(`${name} exists with other labels: ${before.labels}`);
    return before.metric as Metric;
  };

  return {
    counter: (options) => once(options, (name) => counterIn(registry, name, options)),
    gauge: (options) =>
      once(options, (name) => {
        const gauge = new Gauge({ ...described(name, options), registers: [registry] });
        const bounded = bound(options);
        return {
          set: (labels, value) => gauge.set(bounded(labels), value),
          add: (labels, by = 1) => gauge.inc(bounded(labels), by),
        };
      }),
    watched: (options, value) => {
      once(options, (name) => {
        const gauge: Gauge = new Gauge({
          ...described(name, options),
          registers: [registry],
          collect: () => gauge.set(value()),
        });
        return gauge;
      });
    },
    histogram: (options) =>
      once({ ...options, name: `${options.name}_${options.unit}` }, (name) => {
        const buckets = [...(options.buckets ?? BUCKETS[options.unit])];
        const histogram = new Histogram({ ...described(name, options), buckets, registers: [registry] });
        const bounded = bound(options);
        return { observe: (labels, value) => histogram.observe(bounded(labels), value) };
      }),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

function counterIn<Label extends string>(
  registry: Registry,
  name: string,
  options: CounterOptions<Label>,
): CounterMetric<Label> {
  const bringIn: (() => void)[] = [];
  const collect = (): void => bringIn.forEach((bring) => bring());
  const counter = new Counter({ ...described(name, options), registers: [registry], collect });
  const bounded = bound(options);
  return {
    add: (labels, by = 1) => counter.inc(bounded(labels), by),
    kept(labels) {
      const shown = bounded(labels);
      let count = 0;
      bringIn.push(() => {
        if (count > 0) counter.inc(shown, count);
        count = 0;
      });
      return {
        add(by = 1) {
          count += by;
        },
      };
    },
  };
}

function described(name: string, { help, labels = [] }: Described<string>) {
  return { name, help, labelNames: [...labels] };
}

function bound<Label extends string>({ labels = [], combinationsMax }: Described<Label>) {
  return boundedLabels(labels, combinationsMax ?? COMBINATIONS_MAX);
}
