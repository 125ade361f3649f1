/** Writes the rows of records and history with node-pg alone: so many a transaction, on so many connections. Those to warm up are not timed. */
import pg from 'pg';

const { url, rows, warmUpRows, transactionRows, connections, payloadBytes } = JSON.parse(process.argv[2]);

const clients = await Promise.all(
  Array.from({ length: connections }, async () => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    return client;
  }),
);
const [first] = clients;
// The very tables that the service writes to, with their indexes.
await first.query(`
  drop schema if exists floor cascade;
  create schema floor;
  create table floor.records (like public.records including all);
  create table floor.history (like public.history including all)`);

const columnsOf = async (table) => {
  const { rows: found } = await first.query(
    `select attname as name, atttypid::regtype::text as type from pg_attribute
     where attrelid = $1::regclass and attnum > 0 and not attisdropped order by attnum`,
    [table],
  );
  return found;
};
const insertInto = async (table) => {
  const columns = await columnsOf(table);
  const arrays = columns.map(({ type }, at) => `$${at + 1}::${type}[]`).join(', ');
  return {
    name: table,
    text: `insert into ${table} select * from unnest(${arrays})`,
    columns: columns.map(({ name }) => name),
  };
};
const tables = [await insertInto('floor.records'), await insertInto('floor.history')];

const payload = Buffer.alloc(payloadBytes, 'x');
const values = {
  collection: 'tasks',
  previous_version: 0,
  merged: false,
  payload,
  meta: null,
  content_a: 1,
  content_b: 2,
  time: 1_700_000_000_000,
  device: 'device',
  user_id: 'ada',
  schema_version: 0,
  committed_at_ms: 1_700_000_000_000,
  patch_set: null,
  patch_remove: null,
  as_sent: true,
  resurrected: false,
  incoming: null,
  about_collection: null,
  about_id: null,
  base_version: 0,
  policy: 'last-write-wins',
  rules_version: 0,
  conflict: null,
  trace: null,
};
const cell = (name, space, number) => {
  if (name === 'space') return space;
  if (name === 'id') return `record-${number}`;
  if (name === 'version' || name === 'created_version' || name === 'number') return number;
  return values[name];
};

async function write(rowsOfAll, before) {
  const share = Math.floor(rowsOfAll / connections);
  await Promise.all(clients.map((client, at) => writeShare(client, `demo/floor-${at}`, share, before)));
  return share * connections;
}

async function writeShare(client, space, share, before) {
  for (let done = 0; done < share; done += transactionRows) {
    const count = Math.min(transactionRows, share - done);
    const numbers = Array.from({ length: count }, (_, index) => before + done + index + 1);
    await client.query('begin');
    for (const { name, text, columns } of tables) {
      const arrays = columns.map((column) => numbers.map((number) => cell(column, space, number)));
      await client.query({ name, text, values: arrays });
    }
    await client.query('commit');
  }
}

// The services that it is compared with have been at work for a while, too.
const warmed = await write(warmUpRows, 0);
const from = performance.now();
const written = await write(rows, warmUpRows);
const ms = performance.now() - from;
const { rows: counted } = await first.query('select count(*) from floor.history');
if (Number(counted[0].count) !== warmed + written)
  throw new Error(`${counted[0].count} of ${warmed + written} rows are there`);
await first.query('drop schema floor cascade');
await Promise.all(clients.map((client) => client.end()));
process.stdout.write(JSON.stringify({ perSecond: (written / ms) * 1_000 }));
