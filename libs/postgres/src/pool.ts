import { Pool, type PoolClient, type PoolConfig } from 'pg';
import { throwOutage } from './outages';
import { RawClient, rawRows } from './raw-rows';
import { type Connection, type Query, type Sql, together, type TransactionOptions } from './sql';
import { VALUE_PARSERS } from './value-parsers';

export interface PostgresSettings {
  /** `postgres://user:password@host:port/database`, with `?sslmode=…` where it is needed. */
  readonly url: string;
  readonly connectionsMax: number;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  /** The server gives up on a statement by itself; so much later, a server or a network that does not answer at all is. */
  readonly silenceMarginMs: number;
  readonly idleTimeoutMs: number;
  /**
   * A transaction in which nothing is asked for this long is ended by the server, and its locks with it. A program that
   * was cut off in the middle of one holds up everyone who needs the same space for so long.
   */
  readonly idleInTransactionTimeoutMs: number;
  /** What the server's own lists show. */
  readonly applicationName: string;
}

export const DEFAULT_POSTGRES_SETTINGS: Omit<PostgresSettings, 'url'> = {
  connectionsMax: 10,
  connectTimeoutMs: 5_000,
  statementTimeoutMs: 30_000,
  silenceMarginMs: 5_000,
  idleTimeoutMs: 60_000,
  idleInTransactionTimeoutMs: 5_000,
  applicationName: 'syncline',
};

export interface PostgresEvents {
  /** A connection that nobody was using broke; the pool makes a new one when it is needed. */
  readonly lost?: (error: Error) => void;
}

/** Connects when it is first asked something: a server that is down makes calls fail, not the start. */
export function openPostgres(
  settings: Partial<PostgresSettings> & Pick<PostgresSettings, 'url'>,
  events: PostgresEvents = {},
): Sql {
  const pool = new Pool(poolConfig({ ...DEFAULT_POSTGRES_SETTINGS, ...settings }));
  pool.on('error', (error) => events.lost?.(error));
  pool.on('connect', (client) => {
    // While it is in use, what breaks a connection is told to whoever waits for an answer from it.
    client.on('error', () => undefined);
    // Sent ahead of the first query, which fails as well where this fails.
    client.query(CONNECTION_SETTINGS).catch(() => undefined);
  });

  const using = async <Result>(
    use: (line: Line) => Promise<Result>,
    options: TransactionOptions = {},
  ): Promise<Result> => {
    const client = await pool.connect().catch(throwOutage);
    const line = lineOf(client, options);
    try {
      return await use(line);
    } finally {
      client.release(line.failed());
    }
  };

  return {
    query: (query) => using((line) => line.query(query)),
    script: (text) => using((line) => line.script(text)),
    transaction: (work, options) => using((line) => inTransaction(line, work, options), options),
    snapshot: (queries) => using((line) => inSnapshot(line, queries)),
    close: () => pool.end(),
  };
}

function poolConfig(settings: PostgresSettings): PoolConfig & { readonly pipeline: true } {
  return {
    connectionString: settings.url,
    max: settings.connectionsMax,
    connectionTimeoutMillis: settings.connectTimeoutMs,
    statement_timeout: settings.statementTimeoutMs,
    query_timeout: settings.statementTimeoutMs + settings.silenceMarginMs,
    idleTimeoutMillis: settings.idleTimeoutMs,
    idle_in_transaction_session_timeout: settings.idleInTransactionTimeoutMs,
    application_name: settings.applicationName,
    keepAlive: true,
    pipeline: true,
    Client: RawClient,
    types: { getTypeParser: (oid: number) => VALUE_PARSERS[oid] ?? asText },
  };
}

const asText = (text: string): string => text;

/**
 * Every statement looks for what it needs by key. A plan made while a table was small would read all of it, and stay in use
 * when the table has grown, so the server is not to make such plans. Turned off, they look costly, which would have
 * everything compiled if that were allowed. Whoever waited for a lock is to see what was committed meanwhile, whichever
 * isolation the database has as its default.
 */
export const CONNECTION_SETTINGS = [
  'set enable_seqscan = off',
  'set enable_hashjoin = off',
  'set enable_mergejoin = off',
  'set jit = off',
  'set synchronous_commit = on',
  `set default_transaction_isolation = 'read committed'`,
].join('; ');

/** One connection, for as long as someone has it to himself. */
interface Line extends Connection {
  /** What Postgres answers to a command: its name, as a rule. */
  command(text: string): Promise<string>;
  /** After a failure it is not certain what the connection has prepared, or what it is in the middle of. */
  failed(): boolean;
}

/** A timer cannot be longer, and none at all would mean the pool's own. */
const ANY_TIME_MS = 2 ** 31 - 1;

function lineOf(client: PoolClient, { unhurried = false }: TransactionOptions): Line {
  const state = { failed: false };
  const patience = unhurried ? { query_timeout: ANY_TIME_MS } : {};
  const fail = (failure: unknown): never => {
    state.failed = true;
    return throwOutage(failure);
  };
  const command = async (text: string): Promise<string> => {
    leaveTogether(client);
    return (await client.query({ text, ...patience }).catch(fail)).command;
  };
  return {
    async query<Row>({ statement: { name, text }, params, readRaw }: Query<Row>) {
      leaveTogether(client);
      const asked = { name, text, values: [...params], ...patience };
      if (readRaw !== undefined) return rawRows(client, asked, readRaw).catch(fail);
      return (await client.query(asked).catch(fail)).rows as Row[];
    },
    async script(text) {
      await command(text);
    },
    command,
    failed: () => state.failed,
  };
}

/** What is asked in one go leaves in one write: of small queries, the writes would be most of the work, on both sides. */
function leaveTogether({ connection: { stream } }: PoolClient): void {
  stream.cork();
  process.nextTick(() => stream.uncork());
}

async function inTransaction<Result>(
  line: Line,
  work: (connection: Connection) => Promise<Result>,
  { unhurried = false }: TransactionOptions = {},
): Promise<Result> {
  // Not waited for: it goes out together with the first query.
  const begun = line.script(unhurried ? 'begin; set local statement_timeout = 0' : 'begin');
  begun.catch(() => undefined);
  const result = await work(line).catch(async (failure: unknown) => {
    await line.script('rollback').catch(() => undefined);
    throw failure;
  });
  await begun;
  // A transaction in which something failed is rolled back by COMMIT, and no error says so.
  if ((await line.command('commit')) !== 'COMMIT')
    throw new Error('the transaction was rolled back: one of its queries had failed');
  return result;
}

async function inSnapshot<Rows extends readonly unknown[]>(
  line: Line,
  queries: { readonly [At in keyof Rows]: Query<Rows[At]> },
): Promise<{ -readonly [At in keyof Rows]: Rows[At][] }> {
  const [, ...results] = await together<unknown[]>([
    line.script('begin isolation level repeatable read, read only'),
    ...queries.map((query) => line.query(query)),
    line.script('commit'),
  ]);
  return results.slice(0, -1) as { -readonly [At in keyof Rows]: Rows[At][] };
}
