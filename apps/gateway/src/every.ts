import type { Timer } from '@syncline/ports';

/** Does a task again and again, with a pause between its end and its next beginning. Returns the way to stop. */
export function every(timer: Timer, periodMs: number, task: () => Promise<void> | void): () => void {
  let stopped = false;
  let stopWaiting = (): void => undefined;
  const again = (): void => {
    if (stopped) return;
    stopWaiting = timer.after(periodMs, () => {
      void Promise.resolve(task()).finally(again);
    });
  };
  again();
  return () => {
    stopped = true;
    stopWaiting();
  };
}
