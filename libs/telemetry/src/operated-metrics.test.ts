import { createMetrics } from './metrics';
import { operatedMetrics } from './operated-metrics';

const linesOf = async (metrics: { text(): Promise<string> }) =>
  (await metrics.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));

describe('what every service tells of itself', () => {
  test('which servers it reaches, and how busy Postgres is', async () => {
    const metrics = createMetrics({ withProcess: false });
    const operated = operatedMetrics(metrics);
    expect(await linesOf(metrics)).toEqual([]);
    const nats = { up: false };
    const postgres = () => ({ reached: true, open: 5, idle: 2, openMax: 10, waiting: 7 });
    operated.watchServers({ postgres, others: { nats: () => nats.up } });
    const told = [
      'syncline_server_up{server="postgres"} 1',
      'syncline_server_up{server="nats"} 0',
      'syncline_postgres_connections{state="used"} 3',
      'syncline_postgres_connections{state="idle"} 2',
      'syncline_postgres_connections_max 10',
      'syncline_postgres_calls_waiting 7',
    ];
    expect(await linesOf(metrics)).toEqual(told);
    nats.up = true;
    expect(await linesOf(metrics)).toContain('syncline_server_up{server="nats"} 1');
  });

  test('its limits, by names with their units', async () => {
    const metrics = createMetrics({ withProcess: false });
    operatedMetrics(metrics).limitsInForce([['push_changes_max', 1_000]]);
    expect(await linesOf(metrics)).toEqual(['syncline_limit{limit="push_changes_max"} 1000']);
  });
});
