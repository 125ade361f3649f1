import type { Timer } from '@syncline/ports';

export function systemTimer(): Timer {
  return {
    after(delayMs, task) {
      const timeout = setTimeout(task, delayMs);
      timeout.unref();
      return () => clearTimeout(timeout);
    },
  };
}
