import { Unavailable } from '@syncline/ports';

const WHAT = 'Postgres';

const SYSTEM_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
]);

/**
 * What Postgres says when it cannot do now what it could do another time: shutting down or starting, out of connections or
 * memory, a replica that was a primary, a victim of a deadlock, a statement or a lock that took too long.
 */
const SQL_STATES = /^(08...|53...|57P0[1235]|57014|25006|25P03|40001|40P01|55P03)$/;

/** Errors of node-pg and PGlite themselves have no code. */
const MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|Client was closed|Cannot use a pool after calling end|PGlite is clos)/;

/** Throws again what a database threw, as `Unavailable` where that is what it means. */
export function throwOutage(failure: unknown): never {
  throw isOutage(failure) ? new Unavailable(WHAT, { cause: failure }) : failure;
}

function isOutage(failure: unknown): boolean {
  const message = textIn(failure, 'message') ?? '';
  const code = textIn(failure, 'code') ?? '';
  return SYSTEM_CODES.has(code) || SQL_STATES.test(code) || MESSAGES.test(message);
}

/** Not every error is an Error: those of the system come from outside of where a test runs, and have a class of their own. */
function textIn(failure: unknown, name: 'message' | 'code'): string | null {
  if (typeof failure !== 'object' || failure === null) return null;
  const text: unknown = Reflect.get(failure, name);
  return typeof text === 'string' ? text : null;
}
