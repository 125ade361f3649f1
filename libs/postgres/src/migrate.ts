import { MIGRATIONS } from './migrations';
import { type Connection, type Sql, statement } from './sql';

/** One step of the schema, forward only. */
export interface Migration {
  /** Counts from 1, without gaps. */
  readonly version: number;
  readonly name: string;
  readonly script: string;
}

/** Any number that no one else in the database locks: the letters of "sync". */
const LOCK = 0x73796e63;

const lock = statement('migrate.lock', `select pg_advisory_xact_lock(${LOCK})`);
const encoding = statement<{ encoding: string }>(
  'migrate.encoding',
  `select current_setting('server_encoding') as encoding`,
);
const applied = statement<{ version: number; name: string }>(
  'migrate.applied',
  'select version, name from migrations order by version',
);
const record = statement(
  'migrate.record',
  'insert into migrations (version, name) values ($1::int4, $2::text)',
);

/**
 * Brings the schema up to date, in a single transaction. Several programs may do so at the same moment: one does the work,
 * the others wait for it. Rejects on a schema that is newer than this program, which could not know what to leave alone.
 */
export async function migrate(sql: Sql, migrations: readonly Migration[] = MIGRATIONS): Promise<void> {
  const bringUp = async (connection: Connection): Promise<void> => {
    await connection.query(lock());
    await connection.script(`
      create table if not exists migrations (
        version    int4 primary key,
        name       text not null,
        applied_at timestamptz not null default now()
      )`);
    await checkEncoding(connection);
    const done = await connection.query(applied());
    checkDone(done, migrations);
    for (const { version, name, script } of migrations.slice(done.length)) {
      await connection.script(script);
      await connection.query(record(version, name));
    }
  };
  await sql.transaction(bringUp, { unhurried: true });
}

async function checkEncoding(connection: Connection): Promise<void> {
  const [found] = await connection.query(encoding());
  if (found?.encoding !== 'UTF8')
    throw new Error(`the database is encoded in ${found?.encoding}: create it with ENCODING 'UTF8'`);
}

function checkDone(
  done: readonly { readonly version: number; readonly name: string }[],
  known: readonly Migration[],
): void {
  if (done.length > known.length) {
    throw new Error(
      `the database has schema version ${done.length} and this program knows versions up to ${known.length}: ` +
        'start a program at least as new as the one that used this database last',
    );
  }
  done.forEach(({ version, name }, index) => {
    const expected = known[index]!;
    if (version !== expected.version || name !== expected.name) {
      throw new Error(
        `the database was given migration ${version} "${name}" where this program has ` +
          `${expected.version} "${expected.name}": it belongs to another program`,
      );
    }
  });
}
