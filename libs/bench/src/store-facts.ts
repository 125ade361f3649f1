import type { BenchStack } from './bench-stack';

/** As Postgres counts them: what was acknowledged has to be there. */
export async function recordCount({ query }: BenchStack, spaces: readonly string[]): Promise<number> {
  const [row] = await query<{ count: string }>(
    `select count(*) from records where space = any($1) and payload is not null`,
    [spaces.map((space) => `demo/${space}`)],
  );
  return Number(row?.count);
}
