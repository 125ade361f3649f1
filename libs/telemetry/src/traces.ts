/** Facts of a span: few, small, and never what a user wrote. */
export type SpanFacts = Readonly<Record<string, string | number | boolean>>;

export type SpanKind = 'inside' | 'server' | 'client' | 'producer' | 'consumer';

export interface Begun {
  /** W3C traceparent of what it belongs to; empty for nothing. */
  readonly parent?: string;
  readonly kind?: SpanKind;
  /** Other traces that it works for as well. */
  readonly links?: readonly string[];
  /** Now, unless it is told afterwards. */
  readonly atMs?: number;
  readonly facts?: SpanFacts;
}

export interface Span {
  /** How others go on with it: a W3C traceparent. */
  readonly traceparent: string;
  tell(facts: SpanFacts): void;
  fail(why: string): void;
  end(atMs?: number): void;
}

/** What the rest of the code knows about tracing. Most of what happens is not traced: then there is no span, and nothing to do. */
export interface Traces {
  /** A part of a trace, or the begin of one: for whoever decides what is traced. */
  begin(name: string, begun?: Begun): Span | null;
  /** A part of a trace that others record; null where they do not. */
  follow(name: string, begun: Begun & { readonly parent: string }): Span | null;
}

/** Records nothing. */
export const noTraces: Traces = { begin: () => null, follow: () => null };

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
const SAMPLED = 1;

export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;
}

const NO_TRACE = '0'.repeat(32);
const NO_SPAN = '0'.repeat(16);

/** What a W3C traceparent says; null for none, and for what cannot be read. */
export function traceContextOf(traceparent: string): TraceContext | null {
  if (traceparent === '') return null;
  const [, traceId, spanId, flags] = TRACEPARENT.exec(traceparent) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return null;
  if (traceId === NO_TRACE || spanId === NO_SPAN) return null;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & SAMPLED) === SAMPLED };
}

export function isTraced(traceparent: string): boolean {
  return traceContextOf(traceparent)?.sampled ?? false;
}

/** For events of a log, so that they are found by their trace; nothing for what is not traced. */
export function traceFacts(span: Pick<Span, 'traceparent'> | null | undefined): { readonly trace?: string } {
  const known = span == null ? null : traceContextOf(span.traceparent);
  return known === null ? {} : { trace: known.traceId };
}
