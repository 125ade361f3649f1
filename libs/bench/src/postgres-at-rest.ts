import type { BenchStack } from './bench-stack';
import { until } from './waiting';

const TIDYING_MS_MAX = 120_000;
const TIDYING_NOW = `select 1 from pg_stat_activity where backend_type = 'autovacuum worker'`;

/**
 * Has Postgres do at once what it would do about all that was written in its own time, and so in the middle of what is
 * measured: it clears away, counts anew and writes down what it holds in memory.
 */
export async function postgresAtRest(stack: BenchStack): Promise<void> {
  await stack.query('vacuum analyze');
  await until(
    async () => (await stack.query(TIDYING_NOW)).length === 0,
    TIDYING_MS_MAX,
    () => 'Postgres does not come to rest',
  );
  await stack.query('checkpoint');
}
