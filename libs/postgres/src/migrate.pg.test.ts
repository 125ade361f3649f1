import { decodeUtf8, encodeFacts, encodeLedger, type LedgerEntry, type SpaceKey } from '@syncline/core';
import { conflictLedger } from './conflict-ledger';
import { emptyDatabase, type TestDatabase } from './database.test-fixtures';
import { migrate, type Migration } from './migrate';
import { MIGRATIONS } from './migrations';
import { openPostgres } from './pool';
import { statement } from './sql';

const world = {} as { database: TestDatabase };
beforeEach(async () => {
  world.database = await emptyDatabase();
});
afterEach(() => world.database.close());

const FIRST: Migration = { version: 1, name: 'first', script: 'create table first (n int8)' };
const SECOND: Migration = { version: 2, name: 'second', script: 'create table second (n int8)' };

const tables = statement<{ name: string }>(
  'migrate_test.tables',
  `select table_name::text as name from information_schema.tables where table_schema = 'public' order by 1`,
);
const tablesNow = async () => (await world.database.sql.query(tables())).map(({ name }) => name);

test('migrations are numbered without a gap', () => {
  expect(MIGRATIONS.map(({ version }) => version)).toEqual(MIGRATIONS.map((_, index) => index + 1));
});

test('the schema is made once, and a second time nothing happens', async () => {
  const { sql } = world.database;
  await migrate(sql);
  const made = await tablesNow();
  expect(made).toEqual(expect.arrayContaining(['history', 'migrations', 'records', 'spaces']));
  await migrate(sql);
  expect(await tablesNow()).toEqual(made);
});

test('of several that come at once one does the work', async () => {
  const pools = Array.from({ length: 6 }, () => openPostgres({ url: world.database.url }));
  await Promise.all(pools.map((sql) => migrate(sql)));
  await Promise.all(pools.map((sql) => sql.close()));
  const done = statement<{ version: number }>(
    'migrate_test.done',
    'select version from migrations order by version',
  );
  expect((await world.database.sql.query(done())).map(({ version }) => version)).toEqual(
    MIGRATIONS.map(({ version }) => version),
  );
});

test('only what is missing is applied', async () => {
  await migrate(world.database.sql, [FIRST]);
  await migrate(world.database.sql, [FIRST, SECOND]);
  expect(await tablesNow()).toEqual(['first', 'migrations', 'second']);
});

test('where history was pruned before anyone noted how far, it is told as of the upgrade', async () => {
  const { sql } = world.database;
  await migrate(
    sql,
    MIGRATIONS.filter(({ version }) => version < 6),
  );
  await sql.script(`
    insert into spaces (space, head, epoch) values ('t/whole', 3, 1), ('t/pruned', 3, 1), ('t/empty', 0, 1), ('t/later', 9, 2);
    insert into history (space, version, collection, id, previous_version, device, user_id, number, base_version, time,
      committed_at_ms, policy, rules_version, schema_version)
    select space, version, 'notes', 'a', 0, 'd', 'u', version, 0, 0, 0, '', 0, 0
    from spaces cross join generate_series(1, 3) version where space in ('t/whole', 't/later') or space = 't/pruned' and version > 1`);
  await migrate(sql);
  const chains = statement<{ space: string; kept_from: number; version: number }>(
    'migrate_test.chains',
    'select space, kept_from, version from chains order by space',
  );
  expect(await sql.query(chains())).toEqual([
    { space: 't/later', kept_from: 9, version: 0 },
    { space: 't/pruned', kept_from: 3, version: 0 },
  ]);
});

test('conflicts from before they were looked for are given what they are looked for by', async () => {
  const { sql } = world.database;
  await migrate(
    sql,
    MIGRATIONS.filter(({ version }) => version < 10),
  );
  const side = { device: 'é"', user: 'u', number: 1, version: 1, json: { text: 'x' } };
  const entry = {
    ...{
      kind: 'UPDATE_UPDATE',
      collection: 'notes',
      id: 'a/"b',
      policy: 'manual',
      state: 'open',
      detectedAtMs: 17,
    },
    ...{ stored: side, incoming: { ...side, device: null, user: null } },
  } as unknown as LedgerEntry;
  const [open, strange] = [encodeLedger(entry), encodeLedger({ ...entry, why: '\u0000' })];
  const insert = statement<never>(
    'migrate_test.ledger',
    `insert into records (space, collection, id, version, created_version, previous_version, merged, payload, content_a,
       content_b, time, device, number, user_id, schema_version, committed_at_ms, as_sent, resurrected)
     values ('t/a', 'sys.conflicts', $1::text, $2::int8, $2::int8, 0, false, $3::bytea, 0, 0, 0, 'd', 1, 'u', 0, 0, true, false)`,
  );
  await sql.script("insert into spaces (space, head) values ('t/a', 2)");
  await sql.query(insert('notes/d/1', 1, open));
  await sql.query(insert('notes/d/2', 2, strange));
  await migrate(sql);
  const found = await conflictLedger(sql).conflicts({
    space: 't/a' as SpaceKey,
    before: null,
    waiting: true,
    limit: 9,
  });
  expect(found.map(({ id, facts }) => [id, decodeUtf8(facts)])).toEqual([
    ['notes/d/1', decodeUtf8(encodeFacts(entry))],
  ]);
});

test('a migration that fails leaves nothing, nor do those before it in the same run', async () => {
  const wrong = { ...SECOND, script: 'create table second (n int8); select 1 / 0' };
  await expect(migrate(world.database.sql, [FIRST, wrong])).rejects.toThrow('division by zero');
  expect(await tablesNow()).toEqual([]);
});

test('a schema that is newer than the program is refused with a way out', async () => {
  await migrate(world.database.sql, [FIRST, SECOND]);
  await expect(migrate(world.database.sql, [FIRST])).rejects.toThrow(
    'the database has schema version 2 and this program knows versions up to 1: start a program at least as new',
  );
});

test('a schema of another program is refused', async () => {
  await migrate(world.database.sql, [{ ...FIRST, name: 'theirs' }]);
  await expect(migrate(world.database.sql, [FIRST, SECOND])).rejects.toThrow('belongs to another program');
  expect(await tablesNow()).toEqual(['first', 'migrations']);
});
