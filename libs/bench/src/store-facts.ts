import type { BenchStack } from './bench-stack';

/** As Postgres counts them: what was acknowledged has to be there. */
export async function recordCount(stack: BenchStack, spaces: readonly string[]): Promise<number> {
  const [row] = await stack.query<{ count: string }>(
    `select count(*) from records where space = any($1) and payload is not null`,
    [spaces.map((space) => `demo/${space}`)],
  );
  return Number(row?.count);
}

/** The highest version that each space has given out. */
export async function headsOf(
  stack: BenchStack,
  spaces: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await stack.query<{ space: string; head: string }>(
    `select space, head from spaces where space = any($1)`,
    [spaces.map((space) => `demo/${space}`)],
  );
  return new Map(rows.map(({ space, head }) => [space.slice('demo/'.length), Number(head)]));
}

/** What Postgres says that it has done so far. A connection may keep for itself what it did, until it is closed. */
export async function postgresWork(stack: BenchStack): Promise<{
  readonly transactions: number;
  /** Reads along the index that makes the feed of a space, for pages and for what else it is of use. */
  readonly feedReads: number;
}> {
  const [row] = await stack.query<{ transactions: string; reads: string }>(
    `select d.xact_commit as transactions, i.idx_scan as reads
     from pg_stat_database d, pg_stat_user_indexes i
     where d.datname = current_database() and i.indexrelname = 'records_by_version'`,
  );
  return { transactions: Number(row?.transactions), feedReads: Number(row?.reads) };
}

/** Of the services of this name. */
export async function connectionsOf(stack: BenchStack, service: string): Promise<number> {
  const [row] = await stack.query<{ count: string }>(
    `select count(*) from pg_stat_activity where application_name = $1`,
    [`syncline-${service}`],
  );
  return Number(row?.count);
}
