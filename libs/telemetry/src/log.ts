import pino from 'pino';
import { presentable } from './presentable';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Facts of an event. What is named like a secret is hidden, bytes are only counted, errors keep their cause. */
export type LogFields = Readonly<Record<string, unknown>>;

/** What the rest of the code knows about logging: a short sentence and facts, never a sentence made of facts. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** The same log; its events carry these facts as well. */
  child(fields: LogFields): Log;
}

export interface LogOptions {
  readonly level: LogLevel;
  /** Of the program. */
  readonly name: string;
  /** Takes one event, a line of JSON that ends in a newline. */
  readonly write: (line: string) => void;
}

export function createLog({ level, name, write }: LogOptions): Log {
  const logger = pino(
    {
      level,
      base: { name },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write },
  );
  return logOf(logger);
}

function logOf(logger: pino.Logger): Log {
  const at =
    (level: Exclude<LogLevel, 'silent'>) =>
    (message: string, fields?: LogFields): void => {
      if (logger.isLevelEnabled(level)) logger[level](presentable(fields), message);
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => logOf(logger.child(presentable(fields))),
  };
}

/** Says nothing: for tests, and for whoever wants no log. */
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLog,
};
