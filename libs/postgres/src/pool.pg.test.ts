import { Unavailable } from '@syncline/ports';
import { eventually, gate } from '@syncline/port-contracts';
import { emptyDatabase, type TestDatabase } from './database.test-fixtures';
import { openPostgres } from './pool';
import { type Connection, type Sql, statement } from './sql';

const one = statement<{ one: number }>('pool.one', 'select 1::int8 as one');
const broken = statement('pool.broken', 'select 1 / 0');
const processId = statement<{ id: number }>('pool.id', 'select pg_backend_pid() as id');
const kill = statement('pool.kill', 'select pg_terminate_backend($1::int4)');
const sleep = statement('pool.sleep', 'select pg_sleep(60)');
const nap = statement('pool.nap', 'select pg_sleep(0.5)');
const insert = statement<never>('pool.insert', 'insert into things values ($1::int8)');
const raise = statement<{ n: number }>('pool.raise', 'update things set n = n + 1 returning n');
const waiters = statement<{ count: number }>(
  'pool.waiters',
  `select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
);
const things = statement<{ n: number }>('pool.things', 'select n from things order by n');

const world = {} as { database: TestDatabase; sql: Sql };

beforeAll(async () => {
  world.database = await emptyDatabase();
  world.sql = world.database.sql;
  await world.sql.script('create table things (n int8 primary key)');
});
beforeEach(() => world.sql.script('truncate things'));
afterAll(() => world.database.close());

const backendOf = async (connection: Connection): Promise<number> =>
  (await connection.query(processId()))[0]!.id;

describe('a transaction', () => {
  test('writes nothing when its work rejects, and passes on what the work said', async () => {
    const failure = Object.assign(new Error('not of the database'), { code: 'ECONNREFUSED' });
    const failing = world.sql.transaction(async (connection) => {
      await connection.query(insert(1));
      throw failure;
    });
    await expect(failing).rejects.toBe(failure);
    expect(await world.sql.query(things())).toEqual([]);
  });

  test('does not commit what is left of it when a query failed and nobody minded', async () => {
    const swallowing = world.sql.transaction(async (connection) => {
      await connection.query(insert(1));
      await connection.query(broken()).catch(() => undefined);
    });
    await expect(swallowing).rejects.toThrow('rolled back');
    expect(await world.sql.query(things())).toEqual([]);
  });

  test('sees what was committed while it waited for a lock, whatever the database has as its default', async () => {
    const { database } = world;
    await database.sql.script(
      `alter database ${database.name} set default_transaction_isolation = 'repeatable read'; insert into things values (1)`,
    );
    const sql = openPostgres({ url: database.url });
    const [held, done] = [gate(), gate()];
    const holding = sql.transaction(async (connection) => {
      await connection.query(raise());
      held.open();
      await done.opened;
    });
    await held.opened;
    const waiting = sql.transaction((connection) => connection.query(raise()));
    await eventually(async () => expect(await world.sql.query(waiters())).toEqual([{ count: 1 }]));
    done.open();
    await holding;
    expect(await waiting).toEqual([{ n: 3 }]);
    await sql.close();
    await database.sql.script(`alter database ${database.name} reset default_transaction_isolation`);
  });

  test('that was said to be unhurried outlasts the time that others have, and leaves them theirs', async () => {
    const sql = openPostgres({
      url: world.database.url,
      connectionsMax: 1,
      statementTimeoutMs: 200,
      silenceMarginMs: 100,
    });
    const slow = (connection: Connection) =>
      Promise.all([
        connection.query(nap()),
        connection.script('select pg_sleep(0.5)'),
        connection.query(insert(1)),
      ]);
    await expect(sql.transaction(slow)).rejects.toThrow(Unavailable);
    await sql.transaction(slow, { unhurried: true });
    expect(await sql.query(things())).toEqual([{ n: 1 }]);
    await expect(sql.query(nap())).rejects.toThrow(Unavailable);
    await sql.close();
  });

  test('in which nothing is asked any more lets go of what it holds', async () => {
    const sql = openPostgres({ url: world.database.url, idleInTransactionTimeoutMs: 100 });
    await world.sql.query(insert(1));
    const [held, done] = [gate(), gate()];
    const stuck = sql.transaction(async (connection) => {
      await connection.query(raise());
      held.open();
      await done.opened;
    });
    await held.opened;
    expect(await world.sql.query(raise())).toEqual([{ n: 2 }]);
    done.open();
    await expect(stuck).rejects.toThrow(Unavailable);
    expect(await sql.query(things())).toEqual([{ n: 2 }]);
    await sql.close();
  });

  test('is committed together with what it asks last, or fails with it', async () => {
    await world.sql.transaction(async (transaction) => transaction.askLast([insert(1), insert(2)]));
    const failing = world.sql.transaction(async (transaction) => {
      await transaction.query(insert(3));
      transaction.askLast([insert(4), insert(1), insert(5)]);
    });
    await expect(failing).rejects.toThrow('duplicate key');
    expect(await world.sql.query(things())).toEqual([{ n: 1 }, { n: 2 }]);
  });

  test('asks nothing last when its work rejects', async () => {
    const failing = world.sql.transaction(async (transaction) => {
      transaction.askLast([insert(1)]);
      throw new Error('on purpose');
    });
    await expect(failing).rejects.toThrow('on purpose');
    expect(await world.sql.query(things())).toEqual([]);
  });

  test('that ends in an error leaves a pool in which every statement works', async () => {
    const fresh = statement<{ two: number }>('pool.fresh', 'select 2::int8 as two');
    const failing = world.sql.transaction(async (connection) => {
      const queries = [connection.query(broken()), connection.query(fresh())];
      await Promise.allSettled(queries);
      await queries[0];
    });
    await expect(failing).rejects.toThrow('division by zero');
    expect(await world.sql.query(fresh())).toEqual([{ two: 2 }]);
    expect(await world.sql.query(one())).toEqual([{ one: 1 }]);
  });

  test('whose connection is killed is unavailable, and the next gets another', async () => {
    const cut = world.sql.transaction(async (connection) => {
      await connection.query(insert(1));
      await world.sql.query(kill(await backendOf(connection)));
      await connection.query(insert(2));
    });
    await expect(cut).rejects.toThrow(Unavailable);
    expect(await world.sql.query(things())).toEqual([]);
  });

  test('that is cut at COMMIT says that it is not known to have happened', async () => {
    const cut = world.sql.transaction(async (connection) => {
      await connection.query(insert(1));
      await world.sql.query(kill(await backendOf(connection)));
    });
    await expect(cut).rejects.toThrow(Unavailable);
  });
});

describe('what is asked in one go', () => {
  test('is answered one by one, and nothing behind a failure is done', async () => {
    const answers = await world.sql
      .transaction((connection) =>
        Promise.allSettled([
          connection.query(one()),
          connection.query(broken()),
          connection.query(insert(1)),
        ]),
      )
      .catch((failure: unknown) => failure);
    expect(String(answers)).toContain('rolled back');
    const [first, second, third] = await world.sql.transaction((connection) =>
      Promise.all([connection.query(insert(2)), connection.query(things()), connection.query(one())]),
    );
    expect([first, second, third]).toEqual([[], [{ n: 2 }], [{ one: 1 }]]);
  });
});

describe('a snapshot', () => {
  test('sees one moment in all its queries', async () => {
    const [before, after] = await world.sql.snapshot<[{ n: number }, { n: number }]>([things(), things()]);
    expect(before).toEqual(after);
  });

  test('cannot write', async () => {
    await expect(world.sql.snapshot([insert(1)])).rejects.toThrow(Error);
    expect(await world.sql.query(things())).toEqual([]);
  });
});

describe('a pool', () => {
  test('tells of a connection that broke while nobody used it, and goes on', async () => {
    const lost: Error[] = [];
    const sql = openPostgres({ url: world.database.url }, { lost: (error) => void lost.push(error) });
    await world.sql.query(kill(await backendOf(sql)));
    await eventually(() => expect(lost).toHaveLength(1));
    expect(await sql.query(one())).toEqual([{ one: 1 }]);
    await sql.close();
  });

  test('gives up on a statement that takes too long, and on waiting for a connection', async () => {
    const sql = openPostgres({
      url: world.database.url,
      connectionsMax: 1,
      connectTimeoutMs: 1_000,
      statementTimeoutMs: 1_000,
    });
    const leave = gate();
    const holding = sql.transaction(() => leave.opened);
    await expect(sql.query(one())).rejects.toThrow(Unavailable);
    leave.open();
    await holding;
    await expect(sql.query(sleep())).rejects.toThrow(Unavailable);
    expect(await sql.query(one())).toEqual([{ one: 1 }]);
    await sql.close();
  });

  test('numbers that JavaScript cannot hold are an error, not another number', async () => {
    const huge = statement('pool.huge', `select 9007199254740993::int8 as huge`);
    await expect(world.sql.query(huge())).rejects.toThrow('too large');
  });
});

describe('how a pool is used', () => {
  test('is told as it changes', async () => {
    const sql = openPostgres({ url: world.database.url, connectionsMax: 1 });
    expect(sql.use()).toEqual({ reached: false, open: 0, idle: 0, openMax: 1, waiting: 0 });
    const done = gate();
    const holding = sql.transaction(async (connection) => {
      await connection.query(one());
      await done.opened;
    });
    const waiting = sql.query(one());
    await eventually(() => expect(sql.use()).toMatchObject({ open: 1, idle: 0, waiting: 1 }));
    done.open();
    await Promise.all([holding, waiting]);
    expect(sql.use()).toEqual({ reached: true, open: 1, idle: 1, openMax: 1, waiting: 0 });
    await expect(sql.query(broken())).rejects.toThrow('division by zero');
    expect(sql.use().reached).toBe(true);
    await sql.close();
    await expect(sql.query(one())).rejects.toThrow(Unavailable);
    expect(sql.use().reached).toBe(false);
  });
});
