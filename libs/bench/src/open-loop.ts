import { nowMs } from './stopwatch';

export interface ByTheClock {
  readonly perSecond: number;
  readonly count: number;
  readonly send: (at: number, dueMs: number) => void;
  /** Looked at whenever something is due: nothing is sent any more once it is true. */
  readonly isOver?: () => boolean;
}

/** Sends each when the stopwatch says that it is due, whatever became of those before. Tells how many were sent. */
export function sendByTheClock({ perSecond, count, send, isOver }: ByTheClock): Promise<number> {
  const everyMs = 1_000 / perSecond;
  const from = nowMs() + everyMs;
  const dueMs = (at: number): number => from + at * everyMs;
  return new Promise((resolve) => {
    let sent = 0;
    const sendIfDue = (): void => {
      const isDone = (): boolean => sent === count || isOver?.() === true;
      for (; !isDone() && dueMs(sent) <= nowMs(); sent++) send(sent, dueMs(sent));
      if (isDone()) resolve(sent);
      else setTimeout(sendIfDue, Math.ceil(dueMs(sent) - nowMs()));
    };
    sendIfDue();
  });
}
