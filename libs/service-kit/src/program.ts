import { logGrpcTo } from './grpc-log';
import { letHeapGrow } from './heap-growth';
import type { KitLog } from './kit-log';
import { type Lifecycle, lifecycle } from './lifecycle';
import { endWithProcess, type EndingProcess, thisProcess } from './process-end';
import type { Read } from './settings';

export interface Program<Settings extends { readonly drainMs: number }, Log extends KitLog> {
  readonly config: Read<Settings>;
  /** Events go to `write`, a line each. */
  readonly log: (settings: Settings, write: (line: string) => void) => Log;
  /** Beyond the time to drain, each part has so long to end. */
  readonly closeBeyondDrainMs: number;
  /** What is started is added to the parts as soon as it runs. */
  readonly start: (settings: Settings, log: Log, parts: Lifecycle) => Promise<void>;
  /** For people, beside the log. */
  readonly tellFailure?: (error: unknown) => void;
}

export interface RunningProcess extends EndingProcess {
  print(line: string): void;
  complain(line: string): void;
}

const WRONG_SETTINGS = 2;
const DID_NOT_START = 1;

/** A program from its settings to its end. Wrong settings are told all at once, and nothing is started. */
export function runProgram<Settings extends { readonly drainMs: number }, Log extends KitLog>(
  { config, log: logFor, closeBeyondDrainMs, start, tellFailure }: Program<Settings, Log>,
  running: RunningProcess = theRunningProcess(),
): void {
  if (!config.ok) {
    for (const problem of config.problems) running.complain(`${problem}\n`);
    running.exit(WRONG_SETTINGS);
    return;
  }
  const { settings } = config;
  const log = logFor(settings, (line) => running.print(line));
  const parts = lifecycle({ log, closeWithinMs: settings.drainMs + closeBeyondDrainMs });
  endWithProcess(parts, log, running);
  letHeapGrow();
  logGrpcTo(log);
  start(settings, log, parts).catch(async (error: unknown) => {
    // Told to end while it was starting: what cannot go on any more is no news, and its end is under way.
    if (parts.closing) return;
    log.error('did not start', { error });
    tellFailure?.(error);
    await parts.close();
    running.exit(DID_NOT_START);
  });
}

function theRunningProcess(): RunningProcess {
  return {
    ...thisProcess(),
    print: (line) => void process.stdout.write(line),
    complain: (line) => void process.stderr.write(line),
  };
}
