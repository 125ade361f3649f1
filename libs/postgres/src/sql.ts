import type { RawRow } from './raw-rows';

/**
 * What the stores ask of a database: the same statements run on a server of Postgres and on PGlite.
 * Whatever keeps the database from being reached is thrown as `Unavailable`.
 */
export interface Sql extends Connection {
  /**
   * Runs work on one connection, between BEGIN and COMMIT. When the work rejects, nothing is written and the same error
   * comes out. A connection takes several queries at once and works them off one after the other.
   */
  transaction<Result>(
    work: (transaction: Transaction) => Promise<Result>,
    options?: TransactionOptions,
  ): Promise<Result>;
  /** Reads that see the same moment, sent together. */
  snapshot<Rows extends readonly unknown[]>(queries: {
    readonly [At in keyof Rows]: Query<Rows[At]>;
  }): Promise<{ -readonly [At in keyof Rows]: Rows[At][] }>;
  close(): Promise<void>;
}

export interface TransactionOptions {
  /** For what takes longer the more is stored: its statements have all the time that they need. */
  readonly unhurried?: boolean;
}

export interface Connection {
  query<Row>(query: Query<Row>): Promise<Row[]>;
  /** Several statements without parameters. */
  script(text: string): Promise<void>;
}

export interface Transaction extends Connection {
  /** Asked when the work has resolved, together with COMMIT, which saves a round trip. If one fails, so does the transaction. */
  askLast(queries: readonly Query<never>[]): void;
}

/** Text with $1, $2 …; a connection prepares it once, under its name. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** Arrays are packed beforehand, see `packed`. */
export type Param = string | number | boolean | Uint8Array | null;

export interface Query<Row> {
  readonly statement: Statement;
  readonly params: readonly Param[];
  /** How a row is read where rows come in binary; elsewhere they come by the names of their columns. */
  readonly readRaw?: (row: RawRow) => Row;
  /** Never there: it says what the rows look like. */
  readonly row?: Row;
}

/** By their names: a connection that knows one under a name takes no other, so two of one name are a mistake. */
export const STATEMENTS = new Map<string, string>();

/** The name is unique in the program, and at most 63 bytes long. */
export function statement<Row>(name: string, text: string): (...params: readonly Param[]) => Query<Row> {
  if ((STATEMENTS.get(name) ?? text) !== text) throw new Error(`there are two statements named ${name}`);
  STATEMENTS.set(name, text);
  const prepared: Statement = { name, text };
  return (...params) => ({ statement: prepared, params });
}

/** The same, for rows so many that it matters how they are read. The columns are read in the order of the text. */
export function rawStatement<Row>(
  name: string,
  text: string,
  readRaw: (row: RawRow) => Row,
): (...params: readonly Param[]) => Query<Row> {
  const make = statement<Row>(name, text);
  return (...params) => ({ ...make(...params), readRaw });
}

/**
 * Waits for all, so that no failure is left unhandled, and fails with the first of them in order: on one connection the
 * others follow from it.
 */
export async function together<Results extends readonly unknown[]>(promises: {
  readonly [At in keyof Results]: Promise<Results[At]>;
}): Promise<{ -readonly [At in keyof Results]: Results[At] }> {
  await Promise.allSettled(promises);
  const results: unknown[] = await Promise.all(promises);
  return results as { -readonly [At in keyof Results]: Results[At] };
}
