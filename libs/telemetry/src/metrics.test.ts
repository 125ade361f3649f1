import { boundedNames } from './bounded-labels';
import { createMetrics } from './metrics';

const valuesOf = async (metrics: { text(): Promise<string> }) =>
  (await metrics.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));

describe('metrics', () => {
  test('count, measure and spread', async () => {
    const metrics = createMetrics({ withProcess: false });
    const pushes = metrics.counter({ name: 'pushes_total', help: 'Pushes.', labels: ['result'] });
    pushes.add({ result: 'ok' });
    pushes.add({ result: 'ok' }, 2);
    metrics.counter({ name: 'resets_total', help: 'Resets.' }).add({});
    const open = metrics.gauge({ name: 'sessions_open', help: 'Sessions.' });
    open.set({}, 5);
    open.add({}, -2);
    metrics.watched({ name: 'waiting_pushes', help: 'Waiting.' }).by(() => 7);
    const took = metrics.histogram({ name: 'push', unit: 'seconds', help: 'Time.', buckets: [0.1, 1] });
    took.observe({}, 0.5);
    expect(await valuesOf(metrics)).toEqual([
      'syncline_pushes_total{result="ok"} 3',
      'syncline_resets_total 1',
      'syncline_sessions_open 3',
      'syncline_waiting_pushes 7',
      'syncline_push_seconds_bucket{le="0.1"} 0',
      'syncline_push_seconds_bucket{le="1.0"} 1',
      'syncline_push_seconds_bucket{le="+Inf"} 1',
      'syncline_push_seconds_sum 0.5',
      'syncline_push_seconds_count 1',
    ]);
    expect(metrics.contentType).toContain('application/openmetrics-text');
  });

  test('end as OpenMetrics ends, and have no empty line', async () => {
    expect(await createMetrics({ withProcess: false }).text()).toBe('# EOF\n');
    const metrics = createMetrics();
    metrics.counter({ name: 'pushes_total', help: 'Pushes.' }).add({});
    metrics.histogram({ name: 'push', unit: 'seconds', help: 'Time.' }).observe({}, 1);
    const text = await metrics.text();
    expect(text).toContain('# TYPE syncline_pushes counter\nsyncline_pushes_total 1\n');
    expect(text.endsWith('\n# EOF\n')).toBe(true);
    expect(text.split('\n').slice(0, -1)).not.toContain('');
  });

  test('tell of each other what they are', () => {
    const metrics = createMetrics();
    metrics.histogram<'how'>({ name: 'push', unit: 'seconds', help: 'Time.', labels: ['how'] });
    metrics.counter({ name: 'pushes_total', help: 'Pushes.' });
    metrics.watched({ name: 'open', help: 'Open.' });
    expect(metrics.catalogue()).toEqual([
      { name: 'syncline_open', kind: 'gauge', labels: [], help: 'Open.' },
      { name: 'syncline_push_seconds', kind: 'histogram', labels: ['how'], help: 'Time.' },
      { name: 'syncline_pushes_total', kind: 'counter', labels: [], help: 'Pushes.' },
    ]);
  });

  test('of which somebody else knows the values have those of the moment, and none before', async () => {
    const metrics = createMetrics({ withProcess: false });
    const open = metrics.watched<'tenant'>({
      name: 'open',
      help: 'Open.',
      labels: ['tenant'],
      combinationsMax: 2,
    });
    const alone = metrics.watched({ name: 'alone', help: 'Alone.' });
    expect(await valuesOf(metrics)).toEqual([]);
    const readings = { tenants: ['a', 'b', 'c', 'd'] };
    open.by(() => readings.tenants.map((tenant) => ({ labels: { tenant }, value: 2 })));
    alone.by(() => 0);
    const first = [
      'syncline_open{tenant="a"} 2',
      'syncline_open{tenant="b"} 2',
      'syncline_open{tenant="other"} 4',
    ];
    expect(await valuesOf(metrics)).toEqual([...first, 'syncline_alone 0']);
    readings.tenants = ['b'];
    expect(await valuesOf(metrics)).toEqual(['syncline_open{tenant="b"} 2', 'syncline_alone 0']);
  });

  test('are the same when asked for again, and of one registry only', async () => {
    const metrics = createMetrics({ withProcess: false });
    const options = { name: 'pushes_total', help: 'Pushes.', labels: ['result'] } as const;
    metrics.counter(options).add({ result: 'ok' });
    metrics.counter(options).add({ result: 'ok' });
    expect(await valuesOf(metrics)).toEqual(['syncline_pushes_total{result="ok"} 2']);
    expect(() => metrics.counter({ name: 'pushes_total', help: 'Pushes.' })).toThrow('other labels: result');
    expect(await valuesOf(createMetrics({ withProcess: false }))).toEqual([]);
  });

  test('tell only so many combinations of labels apart', async () => {
    const metrics = createMetrics({ withProcess: false });
    const calls = metrics.counter({
      name: 'calls_total',
      help: 'Calls.',
      labels: ['method'],
      combinationsMax: 2,
    });
    for (const method of ['a', 'b', 'c', 'a', 'd']) calls.add({ method });
    expect(await valuesOf(metrics)).toEqual([
      'syncline_calls_total{method="a"} 2',
      'syncline_calls_total{method="b"} 1',
      'syncline_calls_total{method="other"} 2',
    ]);
  });

  test('may share the names that are told apart', () => {
    const named = boundedNames(2);
    expect(['a', 'b', 'c', 'a', 'd', 'b'].map(named)).toEqual(['a', 'b', 'other', 'a', 'other', 'b']);
  });

  test('keep counters of which there is much to count', async () => {
    const metrics = createMetrics({ withProcess: false });
    const sent = metrics.counter({ name: 'sent_total', help: 'Sent.', labels: ['kind'], combinationsMax: 2 });
    const pages = sent.kept({ kind: 'page' });
    sent.kept({ kind: 'notice' });
    pages.add();
    pages.add(4);
    sent.add({ kind: 'page' });
    expect(await valuesOf(metrics)).toEqual(['syncline_sent_total{kind="page"} 6']);
    sent.kept({ kind: 'page' }).add();
    sent.kept({ kind: 'plan' }).add(2);
    pages.add();
    const all = ['syncline_sent_total{kind="page"} 8', 'syncline_sent_total{kind="other"} 2'];
    expect((await valuesOf(metrics)).sort()).toEqual(all.sort());
    expect((await valuesOf(metrics)).sort()).toEqual(all.sort());
  });

  test('have names that are names', () => {
    const metrics = createMetrics({ withProcess: false });
    expect(() => metrics.gauge({ name: 'Sessions-Open', help: '' })).toThrow(RangeError);
  });

  test('tell of the process as well', async () => {
    expect(await createMetrics().text()).toContain('nodejs_heap_size_used_bytes');
  });
});
