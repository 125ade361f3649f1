import { type ClientBase, type Connection as PgConnection, Query as PgQuery } from 'pg';
import { RawReader, type RawMessage } from './raw-rows';
import type { Param, Query } from './sql';
import { VALUE_PARSERS } from './value-parsers';

/** A query of a batch, and who waits for its answer. */
export interface AskedQuery {
  readonly query: Query<unknown>;
  readonly resolve: (answer: QueryAnswer) => void;
  readonly reject: (failure: unknown) => void;
}

export interface QueryAnswer {
  readonly rows: readonly unknown[];
  /** What Postgres calls what it did: `COMMIT`, `INSERT 0 3`. */
  readonly tag: string;
}

/**
 * Sends queries in one write, which Postgres answers in one. Asked one by one, each would be answered in a write of its own,
 * and where queries are small, waking whoever waits for it is most of the work. Once one has failed, those behind it are
 * not executed and fail with the same error. The client has to be a `RawClient`.
 */
export function askTogether(client: ClientBase, asked: readonly AskedQuery[], timeoutMs?: number): void {
  client.query(new QueryBatch(asked, timeoutMs));
}

/** To node-pg it is a single query, which has many results. */
class QueryBatch extends PgQuery {
  /** Where an answer is being read, the client wants to know of which statement. */
  declare name: string;
  declare text: string;
  declare query_timeout: number | undefined;
  private readonly answers: Answer[];
  private at = 0;

  constructor(asked: readonly AskedQuery[], timeoutMs: number | undefined) {
    const answers = asked.map(answerTo);
    super({ text: '' }, undefined, (failure) => this.settle(failure));
    this.answers = answers;
    this.query_timeout = timeoutMs;
    this.turnTo(0);
  }

  override readonly submit = (connection: PgConnection): void => {
    const wire = connection as unknown as Wire;
    wire.stream.cork();
    for (const { query } of this.answers) send(wire, query);
    wire.sync();
    wire.stream.uncork();
  };

  handleRowDescription({ fields }: RowDescription): void {
    this.answers[this.at]!.fields = fields;
  }

  handleDataRow(row: DataRow | RawMessage): void {
    readRow(this.answers[this.at]!, row);
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    this.answers[this.at]!.tag = text;
    this.turnTo(this.at + 1);
  }

  private turnTo(at: number): void {
    this.at = at;
    const { name, text } = this.answers[at]?.query.statement ?? NO_STATEMENT;
    this.name = name;
    this.text = text;
  }

  private settle(failure: Error | null | undefined): void {
    this.answers.forEach(({ asked, failure: unread, rows, tag }, index) => {
      if (failure != null && index >= this.at) asked.reject(failure);
      else if (unread !== null) asked.reject(unread);
      else asked.resolve({ rows, tag });
    });
  }
}

const NO_STATEMENT = { name: '', text: '' };

interface Answer {
  readonly asked: AskedQuery;
  readonly query: Query<unknown>;
  readonly rows: unknown[];
  fields: readonly Field[];
  tag: string;
  failure: unknown;
}

const answerTo = (asked: AskedQuery): Answer => ({
  asked,
  query: asked.query,
  rows: [],
  fields: [],
  tag: '',
  failure: null,
});

interface Field {
  readonly name: string;
  readonly dataTypeID: number;
}
interface RowDescription {
  readonly fields: readonly Field[];
}
interface DataRow {
  readonly fields: readonly (string | null)[];
}

const reader = new RawReader();

function readRow(answer: Answer, row: DataRow | RawMessage): void {
  try {
    const { readRaw } = answer.query;
    if (readRaw === undefined) answer.rows.push(namedValues(answer.fields, (row as DataRow).fields));
    else {
      reader.start(row as RawMessage);
      answer.rows.push(readRaw(reader));
    }
  } catch (failure) {
    // Thrown on, it would end the program instead of the query.
    answer.failure ??= failure;
  }
}

function namedValues(fields: readonly Field[], values: readonly (string | null)[]): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  fields.forEach(({ name, dataTypeID }, index) => {
    const value = values[index]!;
    row[name] = value === null ? null : (VALUE_PARSERS[dataTypeID]?.(value) ?? value);
  });
  return row;
}

/** What of a connection of node-pg has other types than it says. */
interface Wire {
  readonly stream: { cork(): void; uncork(): void };
  readonly parsedStatements: Readonly<Record<string, string>>;
  readonly submittedNamedStatements: Record<string, string>;
  parse(statement: { readonly name: string; readonly text: string }): void;
  bind(values: {
    readonly statement: string;
    readonly values: readonly (string | Buffer | null)[];
    readonly binary: boolean;
  }): void;
  describe(what: { readonly type: 'P' }): void;
  execute(what: null): void;
  sync(): void;
}

function send(wire: Wire, { statement, params, readRaw }: Query<unknown>): void {
  const { name, text } = statement;
  if (!(name in wire.parsedStatements) && !(name in wire.submittedNamedStatements)) {
    wire.parse({ name, text });
    wire.submittedNamedStatements[name] = text;
  }
  wire.bind({ statement: name, values: params.map(asSent), binary: readRaw !== undefined });
  wire.describe({ type: 'P' });
  wire.execute(null);
}

function asSent(param: Param): string | Buffer | null {
  if (param === null || Buffer.isBuffer(param)) return param;
  if (param instanceof Uint8Array) return Buffer.from(param.buffer, param.byteOffset, param.byteLength);
  return String(param);
}
