import type { Timer } from '@syncline/ports';

export interface Repeating {
  /** No further round begins; resolves when the last one has ended. */
  close(): Promise<void>;
}

export interface Round {
  /** False when the service ended meanwhile. */
  pause(ms: number): Promise<boolean>;
}

/** Round after round, with a pause in between. A round never rejects. */
export function repeating(timer: Timer, pauseMs: number, work: (round: Round) => Promise<void>): Repeating {
  let closed = false;
  let wake = (): void => undefined;

  const pause = (ms: number): Promise<boolean> => {
    if (closed) return Promise.resolve(false);
    return new Promise((resolve) => {
      const stop = timer.after(ms, () => resolve(!closed));
      wake = () => {
        stop();
        resolve(false);
      };
    });
  };
  const rounds = async (): Promise<void> => {
    while (await pause(pauseMs)) await work({ pause });
  };
  const going = rounds();

  return {
    close() {
      closed = true;
      wake();
      return going;
    },
  };
}
