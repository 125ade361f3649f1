import type { KitLog } from './kit-log';
import type { Lifecycle } from './lifecycle';

/** As much of a process as its end concerns. */
export interface EndingProcess {
  /** Called for each signal that asks the process to end. */
  onSignal(listener: (signal: string) => void): void;
  /** Called for each error that nobody caught. */
  onUncaught(listener: (error: unknown) => void): void;
  exit(code: number): void;
}

export function thisProcess(): EndingProcess {
  return {
    onSignal(listener) {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => listener(signal));
    },
    onUncaught(listener) {
      process.on('uncaughtException', listener);
      process.on('unhandledRejection', listener);
    },
    exit: (code) => process.exit(code),
  };
}

const FORCED = 130;

/**
 * The first signal ends everything in order, the second at once. An error that nobody caught is logged and ends the
 * process in order as well, with code 1: what it broke is not known, so nothing goes on.
 */
export function endWithProcess(
  lifecycle: Lifecycle,
  log: KitLog,
  ending: EndingProcess = thisProcess(),
): void {
  const end = (code: number): void => {
    void lifecycle.close().then(
      () => ending.exit(code),
      () => ending.exit(1),
    );
  };
  ending.onSignal((signal) => {
    if (lifecycle.closing) {
      log.warn('ends at once', { signal });
      ending.exit(FORCED);
      return;
    }
    log.info('ending', { signal });
    end(0);
  });
  ending.onUncaught((error) => {
    log.error('an error that nobody caught', { error });
    if (lifecycle.closing) ending.exit(1);
    else end(1);
  });
}
