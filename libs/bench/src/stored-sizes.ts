import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import type { BenchStack } from './bench-stack';

/** Those that grow with use: one row a record, one a change for as long as its history is kept, one a receipt. */
export const KEPT_TABLES = ['records', 'history', 'receipts'] as const;
export type KeptTable = (typeof KEPT_TABLES)[number];

const WRITTEN_IN_ORDER_OF: Record<KeptTable, string> = {
  records: 'version',
  history: 'version',
  receipts: 'number',
};
const SCHEMA = 'bench_sizes';

/** Of what a space has, in a table that is made alike, indexes and all, and holds nothing else. */
export async function sizeOf(
  stack: BenchStack,
  table: KeptTable,
  space: string,
): Promise<{ readonly rows: number; readonly bytesPerRow: number }> {
  const copy = `${SCHEMA}.${table}`;
  await stack.query(`drop schema if exists ${SCHEMA} cascade`);
  await stack.query(`create schema ${SCHEMA}`);
  await stack.query(`create table ${copy} (like public.${table} including all)`);
  await stack.query(
    `insert into ${copy} select * from public.${table} where space = $1 order by ${WRITTEN_IN_ORDER_OF[table]}`,
    [`demo/${space}`],
  );
  const [size] = await stack.query<{ rows: string; bytes: string }>(
    `select count(*) as rows, pg_relation_size($1::regclass) + pg_indexes_size($1::regclass) as bytes from ${copy}`,
    [copy],
  );
  await stack.query(`drop schema ${SCHEMA} cascade`);
  const rows = Number(size?.rows);
  return { rows, bytesPerRow: Number(size?.bytes) / rows };
}

/** What the stream of announcements holds. */
export interface StreamSize {
  readonly messages: number;
  readonly bytes: number;
}

const STREAM = 'syncline_announced';

export async function announcementStream({ stack }: BenchStack): Promise<StreamSize> {
  const connection = await connect({ servers: stack.natsUrl });
  try {
    const manager = await jetstreamManager(connection);
    const { state } = await manager.streams.info(STREAM);
    return { messages: state.messages, bytes: state.bytes };
  } finally {
    await connection.close();
  }
}
