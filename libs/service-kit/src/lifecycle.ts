import type { KitLog } from './kit-log';

/** What was started, so that it can be ended: in reverse, once, and within a bound. */
export interface Lifecycle {
  /** Gives back what it is given, so that starting and adding are one line. */
  add<Started extends { close(): Promise<void> | void }>(name: string, started: Started): Started;
  /** Ends everything. Whoever asks again waits for the same end. */
  close(): Promise<void>;
  readonly closing: boolean;
}

export interface LifecycleOptions {
  readonly log: KitLog;
  /** For each of the things that end. What takes longer is left behind, and the next one's turn comes. */
  readonly closeWithinMs: number;
}

export function lifecycle({ log, closeWithinMs }: LifecycleOptions): Lifecycle {
  const started: { readonly name: string; readonly close: () => Promise<void> | void }[] = [];
  let ended: Promise<void> | null = null;

  const closeAll = async (): Promise<void> => {
    for (let next = started.pop(); next !== undefined; next = started.pop()) {
      const { name, close } = next;
      try {
        const inTime = await within(closeWithinMs, Promise.resolve().then(close));
        if (!inTime) log.warn('did not end in time', { part: name, withinMs: closeWithinMs });
      } catch (error) {
        log.error('did not end well', { part: name, error });
      }
    }
  };

  return {
    add(name, part) {
      started.push({ name, close: () => part.close() });
      return part;
    },
    close: () => (ended ??= closeAll()),
    get closing() {
      return ended !== null;
    },
  };
}

/** False when the time was over first. */
export async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  let timeout: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timeout = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([work.then(() => true as const), late]);
  } finally {
    clearTimeout(timeout);
  }
}
