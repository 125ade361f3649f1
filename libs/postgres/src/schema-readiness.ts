import { type Timer, Unavailable } from '@syncline/ports';
import { migrate } from './migrate';
import { MIGRATIONS } from './migrations';
import { type Sql, statement } from './sql';

const schemaVersion = statement<{ version: number | null }>(
  'schema.version',
  'select max(version) as version from migrations',
);

const UNDEFINED_TABLE = '42P01';

/**
 * Null when the database answers and has everything that this program asks for. A newer schema will do: while programs are
 * being exchanged, those that are left go on with it. Rejects when the database cannot be reached.
 */
export async function databaseProblem(sql: Sql): Promise<string | null> {
  const version = await schemaVersionIn(sql);
  return version >= MIGRATIONS.length
    ? null
    : `the database has schema version ${version} and this program needs ${MIGRATIONS.length}`;
}

async function schemaVersionIn(sql: Sql): Promise<number> {
  try {
    const [found] = await sql.query(schemaVersion());
    return found?.version ?? 0;
  } catch (error) {
    if (codeOf(error) === UNDEFINED_TABLE) return 0;
    throw error;
  }
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
}

export interface WaitForDatabase {
  readonly timer: Timer;
  /** Told what it waits for, and again only when that changes. */
  readonly log: { warn(message: string, fields: Readonly<Record<string, unknown>>): void };
  /** Of the program. When it ends, so does the waiting: it rejects. */
  readonly parts: { readonly closing: boolean };
}

/** A database that is not there yet is no reason to give up. */
export function migrateWhenReached(sql: Sql, deps: WaitForDatabase): Promise<void> {
  return untilDone(async () => {
    await migrate(sql);
    return null;
  }, deps);
}

/** For programs that do not change the schema themselves. */
export function untilMigrated(sql: Sql, deps: WaitForDatabase): Promise<void> {
  return untilDone(() => databaseProblem(sql), deps);
}

const AGAIN_MS = 500;

async function untilDone(
  attempt: () => Promise<string | null>,
  { timer, log, parts }: WaitForDatabase,
): Promise<void> {
  let told: string | null = null;
  while (!parts.closing) {
    const because = await attempt().catch(outageOf);
    if (because === null) return;
    if (String(because) !== told) log.warn('waiting for the database', { because });
    told = String(because);
    await new Promise<void>((resolve) => void timer.after(AGAIN_MS, resolve));
  }
  throw new Error('the program ends before the database could be used');
}

function outageOf(error: unknown): Unavailable {
  if (error instanceof Unavailable) return error;
  throw error;
}
