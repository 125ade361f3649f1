import { Unavailable } from '@syncline/ports';
import { Pool, type PoolClient, type PoolConfig } from 'pg';
import { throwOutage } from './outages';
import { askTogether, type AskedQuery, type QueryAnswer } from './query-batch';
import { RawClient } from './raw-rows';
import {
  type Connection,
  type Query,
  type Sql,
  statement,
  together,
  type Transaction,
  type TransactionOptions,
} from './sql';
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

/** How the connections are used, for whoever watches over them. */
export interface PoolUse {
  /** Whether what was asked last reached the server. */
  readonly reached: boolean;
  readonly open: number;
  readonly idle: number;
  readonly openMax: number;
  /** Calls that wait for a connection. */
  readonly waiting: number;
}

export interface PooledSql extends Sql {
  use(): PoolUse;
}

/** Connects when it is first asked something: a server that is down makes calls fail, not the start. */
export function openPostgres(
  settings: Partial<PostgresSettings> & Pick<PostgresSettings, 'url'>,
  events: PostgresEvents = {},
): PooledSql {
  const config = poolConfig({ ...DEFAULT_POSTGRES_SETTINGS, ...settings });
  const pool = new Pool(config);
  const last = { reached: false };
  pool.on('error', (error) => events.lost?.(error));
  pool.on('connect', (client) => {
    // While it is in use, what breaks a connection is told to whoever waits for an answer from it.
    client.on('error', () => undefined);
    // Sent ahead of the first query, which fails as well where this fails.
    client.query(CONNECTION_SETTINGS).catch(() => undefined);
  });

  const unreached = (failure: unknown): never => {
    last.reached = false;
    return throwOutage(failure);
  };
  const using = async <Result>(
    use: (line: Line) => Promise<Result>,
    options: TransactionOptions = {},
  ): Promise<Result> => {
    const client = await pool.connect().catch(unreached);
    const line = lineOf(client, options);
    try {
      const result = await use(line);
      last.reached = true;
      return result;
    } catch (failure) {
      // Any other failure is an answer of the server, or no business of its.
      if (failure instanceof Unavailable) last.reached = false;
      throw failure;
    } finally {
      client.release(line.failed());
    }
  };

  return {
    query: (query) => using((line) => line.query(query)),
    script: (text) => using((line) => line.script(text)),
    transaction: (work, options) => using((line) => inTransaction(line, work, options), options),
    snapshot: (queries) => using((line) => inSnapshot(line, queries)),
    use: () => ({
      ...last,
      open: pool.totalCount,
      idle: pool.idleCount,
      openMax: config.max ?? 0,
      waiting: pool.waitingCount,
    }),
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
 * when the table has grown, so the server is not to make such plans; nor to collect a whole space and sort it for one
 * page, as it does with tables it knows nothing of yet. Turned off, they look costly, which would have
 * everything compiled if that were allowed. Whoever waited for a lock is to see what was committed meanwhile, whichever
 * isolation the database has as its default.
 */
export const CONNECTION_SETTINGS = [
  'set enable_seqscan = off',
  'set enable_hashjoin = off',
  'set enable_mergejoin = off',
  'set enable_bitmapscan = off',
  'set jit = off',
  'set synchronous_commit = on',
  `set default_transaction_isolation = 'read committed'`,
].join('; ');

/** One connection, for as long as someone has it to himself. */
interface Line extends Connection {
  /** What Postgres calls what it did. */
  command(query: Query<never>): Promise<string>;
  /** After a failure it is not certain what the connection has prepared, or what it is in the middle of. */
  failed(): boolean;
}

/** A timer cannot be longer, and none at all would mean the pool's own. */
const ANY_TIME_MS = 2 ** 31 - 1;

/** What is asked in one go leaves together. */
function lineOf(client: PoolClient, { unhurried = false }: TransactionOptions): Line {
  const state = { failed: false };
  const timeoutMs = unhurried ? ANY_TIME_MS : undefined;
  let asked: AskedQuery[] = [];

  const fail = (failure: unknown): never => {
    state.failed = true;
    return throwOutage(failure);
  };
  const send = (): void => {
    const batch = asked;
    asked = [];
    if (batch.length > 0) askTogether(client, batch, timeoutMs);
  };
  const ask = async (query: Query<unknown>): Promise<QueryAnswer> => {
    const answer = new Promise<QueryAnswer>((resolve, reject) => {
      if (asked.length === 0) process.nextTick(send);
      asked.push({ query, resolve, reject });
    });
    return answer.catch(fail);
  };
  return {
    query: async <Row>(query: Query<Row>) => (await ask(query)).rows as Row[],
    async script(text) {
      send();
      const patience = timeoutMs === undefined ? {} : { query_timeout: timeoutMs };
      await client.query({ text, ...patience }).catch(fail);
    },
    command: async (query) => (await ask(query)).tag,
    failed: () => state.failed,
  };
}

const begin = statement<never>('transaction.begin', 'begin');
const commit = statement<never>('transaction.commit', 'commit');
const beginSnapshot = statement<never>(
  'transaction.begin_snapshot',
  'begin isolation level repeatable read, read only',
);

async function inTransaction<Result>(
  line: Line,
  work: (transaction: Transaction) => Promise<Result>,
  { unhurried = false }: TransactionOptions = {},
): Promise<Result> {
  // Not waited for: it goes out together with the first query.
  const begun = unhurried ? line.script('begin; set local statement_timeout = 0') : line.command(begin());
  begun.catch(() => undefined);
  const last: Query<never>[] = [];
  try {
    const result = await work({ ...line, askLast: (queries) => void last.push(...queries) });
    await begun;
    // When one of them fails, COMMIT is not executed and fails with the same error.
    for (const query of last) line.query(query).catch(() => undefined);
    // A transaction in which something failed before is rolled back by COMMIT, and no error says so.
    if ((await line.command(commit())) !== 'COMMIT')
      throw new Error('the transaction was rolled back: one of its queries had failed');
    return result;
  } catch (failure) {
    await line.script('rollback').catch(() => undefined);
    throw failure;
  }
}

async function inSnapshot<Rows extends readonly unknown[]>(
  line: Line,
  queries: { readonly [At in keyof Rows]: Query<Rows[At]> },
): Promise<{ -readonly [At in keyof Rows]: Rows[At][] }> {
  const [, ...results] = await together<unknown[]>([
    line.command(beginSnapshot()),
    ...queries.map((query) => line.query(query)),
    line.command(commit()),
  ]);
  return results.slice(0, -1) as { -readonly [At in keyof Rows]: Rows[At][] };
}
