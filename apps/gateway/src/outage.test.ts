import { Unavailable } from '@syncline/ports';
import { createMetrics, silentLog } from '@syncline/telemetry';
import { gatewayMetrics } from './gateway-metrics';
import { outage } from './outage';

test('a part is back as soon as anyone reaches it, whoever it was that could not', async () => {
  const registry = createMetrics({ withProcess: false });
  const deps = { metrics: gatewayMetrics(registry), log: silentLog };
  const [seldom, often] = [outage('access', deps), outage('access', deps)];
  const away = async () => /gateway_part_away\{part="access"\} (\d)/.exec(await registry.text())?.[1];
  expect(await seldom.or(Promise.reject(new Unavailable('Postgres')), 'instead')).toBe('instead');
  expect(await away()).toBe('1');
  expect(await often.or(Promise.resolve('found'), 'instead')).toBe('found');
  expect(await away()).toBe('0');
  expect(await registry.text()).toContain('gateway_degraded_total{part="access"} 1');
});
