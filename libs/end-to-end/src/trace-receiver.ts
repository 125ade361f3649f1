import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A span as a service sent it. */
export interface SentSpan {
  readonly service: string;
  readonly name: string;
  readonly trace: string;
  readonly id: string;
  /** Empty for the first one of a trace that no device began. */
  readonly parent: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly facts: Readonly<Record<string, unknown>>;
  /** Ids of spans of other traces. */
  readonly links: readonly string[];
  readonly failure: string | null;
}

/** In the place of an OpenTelemetry collector. */
export interface TraceReceiver {
  readonly url: string;
  readonly spans: readonly SentSpan[];
  close(): Promise<void>;
}

export async function openTraceReceiver(): Promise<TraceReceiver> {
  const spans: SentSpan[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      spans.push(...spansIn(Buffer.concat(parts).toString()));
      response.setHeader('content-type', 'application/json').end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, spans, close: () => closed(server) };
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

interface Attribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface Exported {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly ExportedSpan[] }[];
  }[];
}

interface ExportedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly Attribute[];
  readonly links: readonly { readonly spanId: string }[];
  readonly status: { readonly code?: number; readonly message?: string };
}

const FAILED = 2;
const NANOS_PER_MS = 1_000_000;

function spansIn(body: string): SentSpan[] {
  return (JSON.parse(body) as Exported).resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(factsOf(resource.attributes)['service.name']);
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => spanOf(service, span)));
  });
}

function spanOf(service: string, span: ExportedSpan): SentSpan {
  return {
    service,
    name: span.name,
    trace: span.traceId,
    id: span.spanId,
    parent: span.parentSpanId ?? '',
    fromMs: Number(span.startTimeUnixNano) / NANOS_PER_MS,
    toMs: Number(span.endTimeUnixNano) / NANOS_PER_MS,
    facts: factsOf(span.attributes),
    links: span.links.map(({ spanId }) => spanId),
    failure: span.status.code === FAILED ? (span.status.message ?? '') : null,
  };
}

function factsOf(attributes: readonly Attribute[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
