import { Diverged } from './row';
import { nowMs } from './stopwatch';

const LOOK_EVERY_MS = 5;

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Resolves once it holds; a row that waits for too long is not reported. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  withinMs: number,
  otherwise: () => string,
): Promise<void> {
  const from = nowMs();
  while (!(await holds())) {
    if (nowMs() - from > withinMs) throw new Diverged(otherwise());
    await pause(LOOK_EVERY_MS);
  }
}
