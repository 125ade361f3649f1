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

/** The log of a whole program. How loud it is can be changed while it runs, for what was made of it as well. */
export interface ProgramLog extends Log {
  readonly loudness: {
    readonly levels: readonly LogLevel[];
    readonly current: () => LogLevel;
    /** One of the levels. */
    readonly choose: (level: string) => void;
  };
}

export interface LogOptions {
  readonly level: LogLevel;
  /** Of the program. */
  readonly name: string;
  /** Takes one event, a line of JSON that ends in a newline. */
  readonly write: (line: string) => void;
}

interface Threshold {
  level: LogLevel;
}

export function createLog({ level, name, write }: LogOptions): ProgramLog {
  const threshold: Threshold = { level };
  const logger = pino(
    {
      level: LOG_LEVELS[0],
      base: { name },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write },
  );
  return {
    ...logOf(logger, threshold),
    loudness: {
      levels: LOG_LEVELS,
      current: () => threshold.level,
      choose: (wanted) => void (threshold.level = levelNamed(wanted)),
    },
  };
}

function levelNamed(name: string): LogLevel {
  const level = LOG_LEVELS.find((known) => known === name);
  if (level === undefined) throw new RangeError(`${name} is not a level: there are ${LOG_LEVELS.join(', ')}`);
  return level;
}

function logOf(logger: pino.Logger, threshold: Threshold): Log {
  const at =
    (level: Exclude<LogLevel, 'silent'>) =>
    (message: string, fields?: LogFields): void => {
      if (LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(threshold.level))
        logger[level](presentable(fields), message);
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => logOf(logger.child(presentable(fields)), threshold),
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
