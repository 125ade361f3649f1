import { tracing } from '@opentelemetry/sdk-node';
import { tracesWith } from './otel-traces';
import { isTraced, noTraces, traceContextOf } from './traces';

const TRACED = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const UNTRACED = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';

function recorded(isSampled = true) {
  const exporter = new tracing.InMemorySpanExporter();
  const provider = new tracing.BasicTracerProvider({
    sampler: new tracing.AlwaysOnSampler(),
    spanProcessors: [new tracing.SimpleSpanProcessor(exporter)],
  });
  return {
    traces: tracesWith(provider.getTracer('test'), () => isSampled),
    spans: () => exporter.getFinishedSpans(),
  };
}

describe('a traceparent', () => {
  test.each([
    [TRACED, { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', sampled: true }],
    [UNTRACED, { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', sampled: false }],
    ['', null],
    ['00-00000000000000000000000000000000-b7ad6b7169203331-01', null],
    ['00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01', null],
    ['01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', null],
    [`${TRACED}-more`, null],
  ])('%s', (traceparent, expected) => {
    expect(traceContextOf(traceparent)).toEqual(expected);
    expect(isTraced(traceparent)).toBe(expected?.sampled ?? false);
  });
});

describe('spans', () => {
  test('belong to what they follow, and to the trace of its begin', () => {
    const { traces, spans } = recorded();
    const outer = traces.begin('outer', {
      parent: TRACED,
      kind: 'server',
      facts: { changes: 2 },
      atMs: 1_800_000_001_000,
    })!;
    const inner = traces.follow('inner', { parent: outer.traceparent, links: [TRACED, 'nothing'] })!;
    inner.tell({ records: 3 });
    inner.fail('no reason');
    inner.end();
    outer.end(1_800_000_002_500);
    const [first, second] = spans();
    expect(first).toMatchObject({
      name: 'inner',
      parentSpanContext: { spanId: second!.spanContext().spanId },
      attributes: { records: 3 },
      status: { message: 'no reason' },
      links: [{ context: { spanId: 'b7ad6b7169203331' } }],
    });
    expect(second).toMatchObject({
      name: 'outer',
      kind: 1,
      attributes: { changes: 2 },
      startTime: [1_800_000_001, 0],
      endTime: [1_800_000_002, 500_000_000],
      parentSpanContext: { spanId: 'b7ad6b7169203331' },
    });
    const ids = spans().map((span) => span.spanContext().traceId);
    expect(ids).toEqual(Array(2).fill('0af7651916cd43dd8448eb211c80319c'));
  });

  test('are not there where nothing is recorded', () => {
    const { traces, spans } = recorded(false);
    expect(traces.begin('unsampled')).toBeNull();
    expect(traces.begin('of a device that does not trace', { parent: UNTRACED })).toBeNull();
    expect(traces.follow('of nobody', { parent: '' })).toBeNull();
    expect(traces.follow('of one who does not trace', { parent: UNTRACED })).toBeNull();
    expect(noTraces.begin('never')).toBeNull();
    expect(noTraces.follow('never', { parent: TRACED })).toBeNull();
    expect(spans()).toEqual([]);
  });

  test('begin in the trace that a device names, also where it does not ask for it', () => {
    const { traces } = recorded();
    expect(traces.begin('named', { parent: UNTRACED })!.traceparent).toContain(
      '0af7651916cd43dd8448eb211c80319c',
    );
    expect(traces.begin('of nobody', { parent: 'nothing' })!.traceparent).not.toContain('0af7651916cd43dd');
  });
});
