import { eventually } from '@syncline/port-contracts';
import type { Timer } from '@syncline/ports';
import { emptyDatabase, type TestDatabase } from './database.test-fixtures';
import { migrate } from './migrate';
import { MIGRATIONS } from './migrations';
import { openPostgres } from './pool';
import { databaseProblem, migrateWhenReached, untilMigrated } from './schema-readiness';

const world = {} as { database: TestDatabase };
beforeEach(async () => {
  world.database = await emptyDatabase();
});
afterEach(() => world.database.close());

const NOWHERE = 'postgres://nobody@127.0.0.1:1/nothing';

const timer: Timer = {
  after(delayMs, task) {
    const timeout = setTimeout(task, delayMs);
    return () => clearTimeout(timeout);
  },
};

function aProgram() {
  const told: string[] = [];
  const warn = (message: string, { because }: Readonly<Record<string, unknown>>) =>
    void told.push(`${message}: ${String(because)}`);
  return { told, deps: { timer, log: { warn }, parts: { closing: false } } };
}

test('a database is ready once it has all that the program asks for, and stays so with a newer schema', async () => {
  const { sql } = world.database;
  expect(await databaseProblem(sql)).toBe(
    `the database has schema version 0 and this program needs ${MIGRATIONS.length}`,
  );
  await migrate(sql);
  expect(await databaseProblem(sql)).toBeNull();
  await sql.script(`insert into migrations (version, name) values (${MIGRATIONS.length + 1}, 'later')`);
  expect(await databaseProblem(sql)).toBeNull();
});

test('a database that cannot be reached is an outage', async () => {
  const sql = openPostgres({ url: NOWHERE });
  await expect(databaseProblem(sql)).rejects.toThrow('Postgres cannot be reached');
  await sql.close();
});

test('a program that does not change the schema waits for the one that does', async () => {
  const { told, deps } = aProgram();
  const done: string[] = [];
  const waiting = untilMigrated(world.database.sql, deps).then(() => void done.push('waited'));
  await eventually(() => expect(told).toHaveLength(1));
  expect(told[0]).toContain('waiting for the database: the database has schema version 0');
  expect(done).toEqual([]);
  await migrateWhenReached(world.database.sql, aProgram().deps);
  await waiting;
  expect(done).toEqual(['waited']);
  expect(told).toHaveLength(1);
});

test('a program that is told to end waits no longer', async () => {
  const { told, deps } = aProgram();
  const sql = openPostgres({ url: NOWHERE });
  const waiting = migrateWhenReached(sql, deps);
  await eventually(() => expect(told).toHaveLength(1));
  deps.parts.closing = true;
  await expect(waiting).rejects.toThrow('the program ends before the database could be used');
  await sql.close();
});

test('what is wrong with a database for good is not waited for', async () => {
  const { sql } = world.database;
  await migrate(sql, [{ version: 1, name: 'theirs', script: 'select 1' }]);
  await expect(migrateWhenReached(sql, aProgram().deps)).rejects.toThrow('belongs to another program');
});
