import { createMetrics } from './metrics';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SAMPLED = `00-${TRACE}-b7ad6b7169203331-01`;
const UNSAMPLED = `00-${TRACE}-b7ad6b7169203331-00`;

describe('a histogram', () => {
  const started = () => {
    const metrics = createMetrics({ withProcess: false });
    const took = metrics.histogram<'how'>({
      name: 'took',
      unit: 'seconds',
      help: 'Time, as in "now".',
      labels: ['how'],
      buckets: [0.5, 1],
    });
    return { took, text: () => metrics.text() };
  };

  test('is text as OpenMetrics wants it', async () => {
    const { took, text } = started();
    for (const value of [0.5, 0.75, 7]) took.observe({ how: 'so' }, value);
    took.observe({ how: 'a "b"\n\\' }, 1);
    expect(await text()).toBe(
      [
        '# HELP syncline_took_seconds Time, as in \\"now\\".',
        '# TYPE syncline_took_seconds histogram',
        'syncline_took_seconds_bucket{how="so",le="0.5"} 1',
        'syncline_took_seconds_bucket{how="so",le="1.0"} 2',
        'syncline_took_seconds_bucket{how="so",le="+Inf"} 3',
        'syncline_took_seconds_sum{how="so"} 8.25',
        'syncline_took_seconds_count{how="so"} 3',
        'syncline_took_seconds_bucket{how="a \\"b\\"\\n\\\\",le="0.5"} 0',
        'syncline_took_seconds_bucket{how="a \\"b\\"\\n\\\\",le="1.0"} 1',
        'syncline_took_seconds_bucket{how="a \\"b\\"\\n\\\\",le="+Inf"} 1',
        'syncline_took_seconds_sum{how="a \\"b\\"\\n\\\\"} 1',
        'syncline_took_seconds_count{how="a \\"b\\"\\n\\\\"} 1',
        '# EOF',
        '',
      ].join('\n'),
    );
  });

  test('has an exemplar in a bucket where something traced fell last', async () => {
    const { took, text } = started();
    took.observe({ how: 'so' }, 0.9, SAMPLED);
    took.observe({ how: 'so' }, 0.2, UNSAMPLED);
    took.observe({ how: 'so' }, 0.2, 'nonsense');
    took.observe({ how: 'so' }, 0.6);
    const buckets = (await text()).split('\n').filter((line) => line.includes('_bucket'));
    expect(buckets).toEqual([
      'syncline_took_seconds_bucket{how="so",le="0.5"} 2',
      `syncline_took_seconds_bucket{how="so",le="1.0"} 4 # {trace_id="${TRACE}"} 0.9`,
      'syncline_took_seconds_bucket{how="so",le="+Inf"} 4',
    ]);
  });

  test('leads nobody to a trace that nothing has followed for long', async () => {
    const { took, text } = started();
    took.observe({ how: 'so' }, 0.9, SAMPLED);
    const looks: boolean[] = [];
    for (let look = 0; look < 10; look++) looks.push((await text()).includes(TRACE));
    expect(looks).toEqual([...Array<boolean>(8).fill(true), false, false]);
    took.observe({ how: 'so' }, 0.9, SAMPLED);
    expect(await text()).toContain(TRACE);
  });

  test('keeps what is observed very often beside the rest', async () => {
    const { took, text } = started();
    const kept = took.kept({ how: 'so' });
    kept.observe(0.1);
    took.observe({ how: 'so' }, 0.1);
    took.kept({ how: 'so' }).observe(2, SAMPLED);
    expect(await text()).toContain('syncline_took_seconds_count{how="so"} 3');
    expect(await text()).toContain(`le="+Inf"} 3 # {trace_id="${TRACE}"} 2`);
  });
});
