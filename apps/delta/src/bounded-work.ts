/** Runs so much at once and lets the rest wait in turn; whoever has gone while waiting is not worked for. */
export interface BoundedWork {
  /** Null when too many wait already, or the signal came before the work could begin. */
  run<Result>(work: () => Promise<Result>, signal?: AbortSignal): Promise<Result | null>;
  readonly running: number;
  readonly waiting: number;
  /** Resolves when nothing runs and nothing waits. */
  idle(): Promise<void>;
}

export function boundedWork(runningMax: number, waitingMax: number): BoundedWork {
  const waiting = new Set<(mayBegin: boolean) => void>();
  const idlers = new Set<() => void>();
  let running = 0;

  /** True when it is this caller's turn, which it then has. */
  const turn = (signal: AbortSignal | undefined): Promise<boolean> | boolean => {
    if (signal?.aborted === true) return false;
    if (running < runningMax) {
      running++;
      return true;
    }
    if (waiting.size >= waitingMax) return false;
    return new Promise((resolve) => {
      const begin = (mayBegin: boolean): void => {
        waiting.delete(begin);
        signal?.removeEventListener('abort', leave);
        resolve(mayBegin);
      };
      const leave = (): void => begin(false);
      signal?.addEventListener('abort', leave, { once: true });
      waiting.add(begin);
    });
  };

  const pass = (): void => {
    const [next] = waiting;
    // The turn goes on to the next one, so nobody who comes now can take it away.
    if (next !== undefined) return next(true);
    running--;
    if (running > 0) return;
    for (const resolve of idlers) resolve();
    idlers.clear();
  };

  return {
    async run(work, signal) {
      if (!(await turn(signal))) return null;
      try {
        return await work();
      } finally {
        pass();
      }
    },
    get running() {
      return running;
    },
    get waiting() {
      return waiting.size;
    },
    idle: () => (running === 0 ? Promise.resolve() : new Promise((resolve) => void idlers.add(resolve))),
  };
}
