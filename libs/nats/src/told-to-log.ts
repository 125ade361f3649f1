import type { NatsOptions } from './connection';

/** As much of a log as is needed here. */
export interface NatsLog {
  info(message: string, fields: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields: Readonly<Record<string, unknown>>): void;
}

/** For whoever only wants it written down how the connection is. */
export function toldTo(log: NatsLog) {
  return {
    onStatus: (status, cause) => log.info('NATS', { status, cause }),
    onProblem: (problem) => log.warn('a problem with NATS', { problem }),
  } satisfies Partial<NatsOptions>;
}
