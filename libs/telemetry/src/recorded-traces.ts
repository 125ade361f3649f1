import { type Begun, isTraced, type Span, type SpanFacts, traceContextOf, type Traces } from './traces';

export interface RecordedSpan {
  readonly name: string;
  readonly traceparent: string;
  /** W3C traceparent; empty for the first one of a trace. */
  readonly parent: string;
  readonly begun: Begun;
  readonly facts: SpanFacts;
  readonly failure: string | null;
  /** Whether it has ended, and when where that was told. */
  readonly ended: boolean;
  readonly endedAtMs: number | null;
}

/** Keeps everything in memory: for tests. */
export interface RecordedTraces extends Traces {
  readonly spans: readonly RecordedSpan[];
  named(name: string): readonly RecordedSpan[];
}

type Mutable<Value> = { -readonly [Key in keyof Value]: Value[Key] };

export function recordedTraces(): RecordedTraces {
  const spans: Mutable<RecordedSpan>[] = [];
  const hex = (digits: number): string => (spans.length + 1).toString(16).padStart(digits, '0');

  const begin = (name: string, begun: Begun = {}): Span => {
    const { parent = '', facts = {} } = begun;
    const traceId = traceContextOf(parent)?.traceId ?? hex(32);
    const traceparent = `00-${traceId}-${hex(16)}-01`;
    const span = { name, traceparent, parent, begun, facts, failure: null, ended: false, endedAtMs: null };
    const recorded: Mutable<RecordedSpan> = span;
    spans.push(recorded);
    return {
      traceparent,
      tell: (more) => void (recorded.facts = { ...recorded.facts, ...more }),
      fail: (why) => void (recorded.failure = why),
      end(atMs?: number) {
        recorded.ended = true;
        recorded.endedAtMs = atMs ?? null;
      },
    };
  };

  return {
    spans,
    named: (name) => spans.filter((span) => span.name === name),
    begin,
    follow: (name, begun) => (isTraced(begun.parent) ? begin(name, begun) : null),
  };
}
