import { Counter, collectDefaultMetrics, Gauge, type OpenMetricsContentType, Registry } from 'prom-client';
import { boundedLabels } from './bounded-labels';
import { type KeptHistogram, type OwnHistogram, ownHistogram } from './histogram';

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

interface Reading<Label extends string> {
  readonly labels: LabelValues<Label>;
  readonly value: number;
}

export interface WatchedMetric<Label extends string> {
  /**
   * Says where the value is found whenever somebody looks; before, there is none. With labels, there are several, and one
   * that is missing the next time is not told any more.
   */
  by(read: () => [Label] extends [never] ? number : readonly Reading<Label>[]): void;
}

export interface HistogramMetric<Label extends string> {
  /** With a traceparent, the value becomes an exemplar of its bucket where that is sampled. */
  observe(labels: LabelValues<Label>, value: number, traceparent?: string): void;
  /** For what is observed very often: the labels are looked at once. */
  kept(labels: LabelValues<Label>): KeptHistogram;
}

export type MetricKind = 'counter' | 'gauge' | 'histogram';

/** A metric as the documentation tells of it. */
export interface MetricFacts {
  /** In full, as queries name it. */
  readonly name: string;
  readonly kind: MetricKind;
  readonly labels: readonly string[];
  readonly help: string;
}

/** Asked twice for the same name, the same metric is the answer: several parts of a process may share one. */
export interface Metrics {
  counter<Label extends string = never>(options: CounterOptions<Label>): CounterMetric<Label>;
  gauge<Label extends string = never>(options: GaugeOptions<Label>): GaugeMetric<Label>;
  /** A gauge whose values are asked for whenever somebody looks. */
  watched<Label extends string = never>(options: GaugeOptions<Label>): WatchedMetric<Label>;
  histogram<Label extends string = never>(options: HistogramOptions<Label>): HistogramMetric<Label>;
  /** Everything that was made, in the order of the names. */
  catalogue(): readonly MetricFacts[];
  /** In the text format of OpenMetrics. */
  text(): Promise<string>;
  readonly contentType: string;
}

export interface MetricsOptions {
  /** Memory, event loop and garbage collection of this process as well. */
  readonly withProcess?: boolean;
}

type OpenMetricsRegistry = Registry<OpenMetricsContentType>;

const PREFIX = 'syncline_';
const COMBINATIONS_MAX = 200;
const END = '# EOF\n';
const BUCKETS: Record<Unit, readonly number[]> = {
  seconds: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  bytes: [64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304],
  changes: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000],
  records: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000],
  pushes: [1, 2, 5, 10, 20, 50, 100, 200, 500],
  spaces: [1, 2, 5, 10, 20, 50, 100, 200, 500],
};

export function createMetrics({ withProcess = true }: MetricsOptions = {}): Metrics {
  const registry: OpenMetricsRegistry = new Registry<OpenMetricsContentType>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  if (withProcess) collectDefaultMetrics({ register: registry });
  const made = new Map<string, { readonly facts: MetricFacts; readonly metric: unknown }>();
  const histograms: OwnHistogram[] = [];

  const once = <Metric>(
    kind: MetricKind,
    options: Described<string>,
    make: (name: string) => Metric,
  ): Metric => {
    const name = `${PREFIX}${options.name}`;
    if (!/^[a-z][a-z0-9_]*$/.test(name)) throw new RangeError(`${name} is not a name of a metric`);
    const { labels = [], help } = options;
    const before = made.get(name);
    if (before === undefined) {
      const metric = make(name);
      made.set(name, { facts: { name, kind, labels, help }, metric });
      return metric;
    }
    const known = before.facts.labels.join(',');
    if (known !== labels.join(',')) throw new RangeError(`${name} exists with other labels: ${known}`);
    return before.metric as Metric;
  };

  return {
    counter: (options) => once('counter', options, (name) => counterIn(registry, name, options)),
    gauge: (options) => once('gauge', options, (name) => gaugeIn(registry, name, options)),
    watched: (options) => once('gauge', options, (name) => watchedIn(registry, name, options)),
    histogram: (options) =>
      once('histogram', { ...options, name: `${options.name}_${options.unit}` }, (name) => {
        const { help, labels = [], unit, buckets: bounds = BUCKETS[unit] } = options;
        const histogram = ownHistogram({ name, help, labels, bounds });
        histograms.push(histogram);
        const bounded = bound(options);
        const kept = (values: LabelValues<string>): KeptHistogram => histogram.series(bounded(values));
        return { kept, observe: (values, value, traceparent) => kept(values).observe(value, traceparent) };
      }),
    catalogue: () =>
      [...made.values()].map(({ facts }) => facts).sort((one, other) => (one.name < other.name ? -1 : 1)),
    async text() {
      // A line must not be empty, as it is where there is nothing.
      const others = (await registry.metrics()).slice(0, -END.length).trimStart();
      return `${others}${histograms.map((histogram) => histogram.text()).join('')}${END}`;
    },
    contentType: registry.contentType,
  };
}

function counterIn<Label extends string>(
  registry: OpenMetricsRegistry,
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

function gaugeIn<Label extends string>(
  registry: OpenMetricsRegistry,
  name: string,
  options: GaugeOptions<Label>,
): GaugeMetric<Label> {
  const gauge = new Gauge({ ...described(name, options), registers: [registry] });
  const bounded = bound(options);
  return {
    set: (labels, value) => gauge.set(bounded(labels), value),
    add: (labels, by = 1) => gauge.inc(bounded(labels), by),
  };
}

function watchedIn<Label extends string>(
  registry: OpenMetricsRegistry,
  name: string,
  options: GaugeOptions<Label>,
): WatchedMetric<Label> {
  const bounded = bound(options);
  let read = (): number | readonly Reading<Label>[] => [];
  const gauge: Gauge = new Gauge({
    ...described(name, options),
    registers: [registry],
    collect() {
      gauge.reset();
      // Without labels that makes it 0, which nobody has said.
      if ((options.labels ?? []).length === 0) gauge.remove();
      const found = read();
      if (typeof found === 'number') return gauge.set(found);
      // What lies beyond the bound of combinations adds up.
      for (const { labels, value } of found) gauge.inc(bounded(labels), value);
    },
  });
  return {
    by(found) {
      read = found;
    },
  };
}

function described(name: string, { help, labels = [] }: Described<string>) {
  return { name, help, labelNames: [...labels] };
}

function bound<Label extends string>({ labels = [], combinationsMax }: Described<Label>) {
  return boundedLabels(labels, combinationsMax ?? COMBINATIONS_MAX);
}
