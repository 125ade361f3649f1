import { readFileSync } from 'node:fs';
import path from 'node:path';
import { testDatabase, type TestDatabase } from './database.test-fixtures';

const page = readFileSync(path.resolve(__dirname, '../../../docs/operations.md'), 'utf8');
const statements = [...page.matchAll(/([`"])(select (?:(?!\1)[^])+ from (?:(?!\1)[^])+)\1/g)].map(
  ([, , statement]) => statement!,
);

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

test('what the runbook asks of Postgres can be asked', async () => {
  expect(statements.length).toBeGreaterThan(7);
  for (const statement of statements) await database.sql.script(statement);
});

test('what it asks of a table that there is not would be noticed', async () => {
  await expect(database.sql.script('select space from nowhere')).rejects.toThrow('nowhere');
});
