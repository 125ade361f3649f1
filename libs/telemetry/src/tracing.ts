import { setTimeout as later } from 'node:timers/promises';
import type { Context, ContextManager } from '@opentelemetry/api';
import type { Log } from './log';
import { tracesWith } from './otel-traces';
import { noTraces, type Traces } from './traces';

export interface TracingOptions {
  /** Of an OpenTelemetry collector that takes OTLP over HTTP; null to record nothing. */
  readonly otlpUrl: string | null;
  /** Of what no device asked to trace. */
  readonly sampledPercent: number;
  /** The program, and which one of several. */
  readonly service: string;
  readonly instance: string;
  readonly log: Log;
  /** From 0 to below 1. */
  readonly chance: { fraction(): number };
  /** What a collector did not take by then is lost. */
  readonly sendWithinMs?: number;
}

export interface Tracing {
  readonly traces: Traces;
  /** Sends what waits, for a short while. */
  close(): Promise<void>;
}

/** Spans that wait to be sent; the next ones are dropped. Nobody waits for a collector that is not there. */
const WAITING_SPANS_MAX = 2_048;
const SENT_AT_ONCE_MAX = 512;
const SEND_EVERY_MS = 2_000;
const SEND_WITHIN_MS = 5_000;
const CLOSE_WITHIN_MS = 1_000;

/** The OpenTelemetry packages are loaded by those alone who trace. */
export async function startTracing(options: TracingOptions): Promise<Tracing> {
  const { otlpUrl, sampledPercent, service, instance, log, chance, sendWithinMs = SEND_WITHIN_MS } = options;
  if (otlpUrl === null) return { traces: noTraces, close: () => Promise.resolve() };
  const [{ NodeSDK, resources, tracing, core, api }, { OTLPTraceExporter }] = await Promise.all([
    import('@opentelemetry/sdk-node'),
    import('@opentelemetry/exporter-trace-otlp-http'),
  ]);
  core.setGlobalErrorHandler(tellingOnce(log));
  const exporter = new OTLPTraceExporter({
    url: `${otlpUrl.replace(/\/+$/, '')}/v1/traces`,
    timeoutMillis: sendWithinMs,
  });
  const sdk = new NodeSDK({
    resource: resources.resourceFromAttributes({
      'service.name': `syncline-${service}`,
      'service.instance.id': instance,
    }),
    autoDetectResources: false,
    contextManager: handedOnByHand(api.ROOT_CONTEXT),
    textMapPropagator: null,
    instrumentations: [],
    metricReaders: [],
    logRecordProcessors: [],
    sampler: new tracing.AlwaysOnSampler(),
    spanProcessors: [
      new tracing.BatchSpanProcessor(exporter, {
        maxQueueSize: WAITING_SPANS_MAX,
        maxExportBatchSize: SENT_AT_ONCE_MAX,
        scheduledDelayMillis: SEND_EVERY_MS,
        exportTimeoutMillis: sendWithinMs,
      }),
    ],
  });
  sdk.start();
  log.info('traces are sent', { to: new URL(otlpUrl).host, sampledPercent });
  return {
    traces: tracesWith(api.trace.getTracer('syncline'), () => chance.fraction() * 100 < sampledPercent),
    async close() {
      const sent = sdk.shutdown().catch((error: unknown) => log.debug('traces could not be sent', { error }));
      await Promise.race([sent, later(CLOSE_WITHIN_MS, undefined, { ref: false })]);
      api.trace.disable();
    },
  };
}

/** A collector that is gone would be told of with every batch. */
function tellingOnce(log: Log): (error: unknown) => void {
  let told = false;
  return (error) => {
    if (told) return log.debug('traces could not be sent', { error });
    told = true;
    log.warn('traces could not be sent; what follows of it is told at debug level', { error });
  };
}

/** Contexts travel as strings here. What the SDK would use instead slows down every promise of the process. */
function handedOnByHand(root: Context): ContextManager {
  const manager: ContextManager = {
    active: () => root,
    with: (_, work, self, ...args) => work.call(self as ThisParameterType<typeof work>, ...args),
    bind: (_, target) => target,
    enable: () => manager,
    disable: () => manager,
  };
  return manager;
}
