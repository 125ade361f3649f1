/** One holder for each key at a time; those who wait are served in the order in which they came. */
export interface KeyedLocks {
  /** Holds all keys from before the work begins until it has ended, however it ends. */
  hold<Result>(keys: readonly string[], work: () => Promise<Result>): Promise<Result>;
}

export function keyedLocks(): KeyedLocks {
  /** A key that is present is held; its list is the queue behind the holder. */
  const queues = new Map<string, (() => void)[]>();

  const acquire = (key: string): Promise<void> | undefined => {
    const queue = queues.get(key);
    if (queue !== undefined) return new Promise((resolve) => void queue.push(resolve));
    queues.set(key, []);
    return undefined;
  };

  const release = (key: string): void => {
    const next = queues.get(key)?.shift();
    if (next === undefined) queues.delete(key);
    else next();
  };

  return {
    async hold(keys, work) {
      // Everyone takes keys in the same order, so that no two holders can wait for each other.
      const inOrder = [...new Set(keys)].sort();
      for (const key of inOrder) await acquire(key);
      try {
        return await work();
      } finally {
        for (const key of inOrder) release(key);
      }
    },
  };
}
