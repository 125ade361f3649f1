import { existsSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { PGlite, type Transaction } from '@electric-sql/pglite';
import { lockFolder } from './folder-lock';
import { throwOutage } from './outages';
import { ARRAY_OIDS } from './packed-arrays';
import { CONNECTION_SETTINGS } from './pool';
import { type Connection, type Query, type Sql, together } from './sql';
import { SyncedFolder } from './synced-folder';
import { VALUE_PARSERS } from './value-parsers';

const BYTEA_OID = 17;

/** Bytes go as they are, as values and as packed arrays. */
const SERIALIZERS = Object.fromEntries(
  [BYTEA_OID, ...Object.values(ARRAY_OIDS)].map((oid) => [oid, (value: unknown) => value as string]),
);

/**
 * As PGlite's own, without `-F`: what was committed is on the disk. Of the ways to get it there, `fdatasync` does nothing
 * in PGlite.
 */
const START = [
  '--single',
  '-O',
  '-j',
  ...[
    'search_path=public',
    'exit_on_error=false',
    'log_checkpoints=false',
    'max_worker_processes=0',
    'max_parallel_workers=0',
    'max_parallel_workers_per_gather=0',
    'max_parallel_maintenance_workers=0',
    'io_method=sync',
    'fsync=on',
    'wal_sync_method=fsync',
    'synchronous_commit=on',
    'full_page_writes=on',
  ].flatMap((setting) => ['-c', setting]),
];

/**
 * Postgres inside of this process: one connection, on which everybody waits for everybody. With a folder, which no other
 * process can use meanwhile; with null, in memory and gone at the end.
 */
export async function openPglite(folder: string | null): Promise<Sql> {
  if (folder === null) return sqlOf(await PGlite.create({ parsers: VALUE_PARSERS }), () => undefined);
  const lock = lockFolder(folder);
  try {
    return await sqlOf(await openIn(folder), () => lock.release());
  } catch (failure) {
    lock.release();
    throw failure;
  }
}

/** A database that was not finished would not open ever after, so it is made beside and moved when it is done. */
async function openIn(folder: string): Promise<PGlite> {
  const data = path.join(folder, 'postgres');
  if (!existsSync(data)) {
    const unfinished = path.join(folder, 'postgres.unfinished');
    rmSync(unfinished, { recursive: true, force: true });
    const made = await openData(unfinished);
    await made.close();
    renameSync(unfinished, data);
  }
  return openData(data);
}

function openData(data: string): Promise<PGlite> {
  return PGlite.create({ fs: new SyncedFolder(data), startParams: START, parsers: VALUE_PARSERS });
}

async function sqlOf(pglite: PGlite, closed: () => void): Promise<Sql> {
  await pglite.exec(CONNECTION_SETTINGS);
  const transaction: Sql['transaction'] = (work) =>
    pglite.transaction(async (open) => {
      const connection = connectionOf(open);
      const last: Query<never>[] = [];
      const result = await work({ ...connection, askLast: (queries) => void last.push(...queries) });
      for (const query of last) await connection.query(query);
      return result;
    });
  return {
    ...connectionOf(pglite),
    transaction,
    // There is only one connection: as long as it is held, nothing changes.
    snapshot: <Rows extends readonly unknown[]>(queries: { readonly [At in keyof Rows]: Query<Rows[At]> }) =>
      transaction(async (connection) => {
        const results: unknown[] = await together(queries.map((each) => connection.query(each)));
        return results as { -readonly [At in keyof Rows]: Rows[At][] };
      }),
    async close() {
      await pglite.close();
      closed();
    },
  };
}

function connectionOf(open: Pick<Transaction, 'query' | 'exec'>): Connection {
  return {
    async query<Row>({ statement, params }: Query<Row>) {
      const options = { serializers: SERIALIZERS };
      const result = await open.query<Row>(statement.text, [...params], options).catch(throwOutage);
      return result.rows;
    },
    async script(text) {
      await open.exec(text).catch(throwOutage);
    },
  };
}
