import { BASE_MS, change, CORE_REGISTRY, deviceOn, rulesOf } from '@syncline/port-contracts';
import { spaceId, spaceKey, tenantId } from '@syncline/core';
import { newsInProcess, testDatabase } from './database.test-fixtures';
import { statement } from './sql';
import { postgresStore } from './store';

const listed = statement<{ id: string; json: unknown }>(
  'records_as_json.list',
  'select id, json from records_as_json where space = $1::text order by id',
);

test('people with SQL see the JSON of live records, null for what is none, and nothing that is encrypted', async () => {
  const { sql, close } = await testDatabase();
  const store = postgresStore({ sql, news: newsInProcess() });
  const space = spaceKey(tenantId('acme'), spaceId('home'));
  await store.createSpace(space, null);
  const secrets = rulesOf('secrets', { encrypted: true, json: false });
  await store.declare(space, secrets);
  const bytes = (...values: number[]) => Uint8Array.from(values);
  await deviceOn(store, space, 'd1', { nowMs: BASE_MS, registry: CORE_REGISTRY }).push(
    change.create('json', { a: ['é', 1.5] }),
    change.create('nul', { text: '\u0000' }),
    change.create('not-json', new TextEncoder().encode('{"a":')),
    change.create('not-utf8', bytes(0xff, 0x00)),
    change.create('empty', bytes()),
    change.create('gone', {}),
    change.delete('gone'),
    change.create('secret', { pin: 1 }, { collection: secrets.collection }),
  );
  expect(await sql.query(listed(space))).toEqual([
    { id: 'empty', json: null },
    { id: 'json', json: { a: ['é', 1.5] } },
    { id: 'not-json', json: null },
    { id: 'not-utf8', json: null },
    { id: 'nul', json: null },
  ]);
  await close();
});
