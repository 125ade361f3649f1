/** Tells what goes on for long that the gateway is about to stop. */
export interface Draining {
  /** Tells once, at once where it has begun. Returns the way to stop listening. */
  readonly onDrain: (listener: () => void) => () => void;
  readonly drain: () => void;
}

export function drainingCalls(): Draining {
  const listening = new Set<() => void>();
  let draining = false;
  return {
    onDrain(listener) {
      if (draining) listener();
      listening.add(listener);
      return () => void listening.delete(listener);
    },
    drain() {
      draining = true;
      for (const tell of [...listening]) tell();
    },
  };
}
