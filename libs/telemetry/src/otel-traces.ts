import {
  type Attributes,
  type Link,
  ROOT_CONTEXT,
  type Span as OtelSpan,
  type SpanContext,
  SpanKind as OtelKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Tracer,
} from '@opentelemetry/api';
import {
  type Begun,
  type Span,
  type SpanKind,
  type TraceContext,
  traceContextOf,
  type Traces,
} from './traces';

const KINDS: Readonly<Record<SpanKind, OtelKind>> = {
  inside: OtelKind.INTERNAL,
  server: OtelKind.SERVER,
  client: OtelKind.CLIENT,
  producer: OtelKind.PRODUCER,
  consumer: OtelKind.CONSUMER,
};

/**
 * Contexts are handed on by hand, as plain strings: nothing here depends on what the runtime remembers between two steps.
 * The tracer records all that it is asked for: whoever asks for nothing is left out before that, at no cost.
 */
export function tracesWith(tracer: Tracer, isSampled: () => boolean): Traces {
  const start = (name: string, begun: Begun, parent: TraceContext | null): Span | null => {
    const { kind = 'inside', links = [], atMs, facts } = begun;
    const options = {
      kind: KINDS[kind],
      links: links.flatMap(linkTo),
      ...(atMs === undefined ? {} : { startTime: atMs }),
      ...(facts === undefined ? {} : { attributes: facts }),
    };
    const context =
      parent === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, remoteContextOf(parent));
    const span = tracer.startSpan(name, options, context);
    return span.isRecording() ? spanOf(span) : null;
  };
  return {
    begin(name, begun = {}) {
      const parent = traceContextOf(begun.parent ?? '');
      return parent?.sampled === true || isSampled() ? start(name, begun, parent) : null;
    },
    follow(name, begun) {
      const parent = traceContextOf(begun.parent);
      return parent?.sampled === true ? start(name, begun, parent) : null;
    },
  };
}

function spanOf(span: OtelSpan): Span {
  return {
    traceparent: traceparentOf(span.spanContext()),
    tell: (facts: Attributes) => void span.setAttributes(facts),
    fail: (message) => void span.setStatus({ code: SpanStatusCode.ERROR, message }),
    end: (atMs) => span.end(atMs),
  };
}

function linkTo(traceparent: string): Link[] {
  const known = traceContextOf(traceparent);
  return known === null ? [] : [{ context: remoteContextOf(known) }];
}

function remoteContextOf({ traceId, spanId, sampled }: TraceContext): SpanContext {
  return { traceId, spanId, traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE, isRemote: true };
}

function traceparentOf({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}
