import type { Random } from './random';
import type { Scheduler } from './scheduler';

/** What everyone who waits on a dead process gets. */
export class Crashed extends Error {
  override readonly name = 'Crashed';

  constructor(name: string) {
    super(`${name} has crashed`);
  }
}

export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

/**
 * One life of a process. Everything it does takes virtual time; when it crashes, what it waits for fails and
 * nothing that it still does reaches anyone.
 */
export interface Process {
  readonly name: string;
  alive(): boolean;
  crash(): void;
  onCrash(task: () => void): void;
  /** Runs something of the world outside on this process's behalf: a delay before, and one before it hears of the result. */
  call<Result>(run: () => Promise<Result>): Promise<Result>;
  after(delayMs: number, task: () => void): void;
}

export function startProcess(name: string, time: Scheduler, random: Random, latencyMsMax: number): Process {
  let alive = true;
  const waiting = new Set<(error: Error) => void>();
  const afterwards: (() => void)[] = [];

  const pause = (): Promise<void> =>
    new Promise((resolve, reject) => {
      if (!alive) return reject(new Crashed(name));
      waiting.add(reject);
      time.after(random.between(0, latencyMsMax), () => {
        if (waiting.delete(reject)) resolve();
      });
    });

  return {
    name,
    alive: () => alive,
    crash() {
      alive = false;
      const told = [...waiting];
      waiting.clear();
      for (const reject of told) reject(new Crashed(name));
      for (const task of afterwards) task();
    },
    onCrash: (task) => void afterwards.push(task),
    async call(run) {
      await pause();
      const result = await run();
      await pause();
      return result;
    },
    after(delayMs, task) {
      time.after(delayMs, () => {
        if (alive) task();
      });
    },
  };
}

export interface Weather {
  /** Chance that a call or its reply is lost. */
  readonly lossRate: number;
  /** Chance that a call arrives twice; the second one's answer goes nowhere. */
  readonly repeatRate: number;
  readonly delayMsMax: number;
}

const CALL_TIMEOUT_MS = 3_000;

export interface Network {
  readonly time: Scheduler;
  readonly random: Random;
  readonly weather: () => Weather;
}

/** A call from one process to another over a network that may lose the request or the reply. */
export function remoteCall<Result>(
  caller: Process,
  callee: () => Process | null,
  { time, random, weather }: Network,
  run: () => Promise<Result>,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    caller.after(CALL_TIMEOUT_MS, () => reject(new Unreachable('timed out')));
    const { lossRate, repeatRate, delayMsMax } = weather();
    if (random.happens(repeatRate)) {
      time.after(random.between(0, 2 * delayMsMax), () => {
        // Whoever sent it hears of no fault: only the first call is theirs.
        if (callee()?.alive() === true) run().catch(() => undefined);
      });
    }
    if (random.happens(lossRate)) return;
    time.after(random.between(0, delayMsMax), () => {
      const target = callee();
      if (target === null || !target.alive()) return reject(new Unreachable('refused'));
      const lost = random.happens(weather().lossRate);
      const reply = (settle: () => void): void => {
        if (!target.alive() || lost) return;
        caller.after(random.between(0, weather().delayMsMax), settle);
      };
      run().then(
        (result) => reply(() => resolve(result)),
        (error: Error) => reply(() => reject(error)),
      );
    });
  });
}

/** Takes a crash or a lost call for the weather that it is; anything else is a fault for which the run has to fail. */
export type Tolerate = (error: unknown) => void;

export function tolerateWeather(fault: (what: string) => void): Tolerate {
  return (error) => {
    if (error instanceof Crashed || error instanceof Unreachable) return;
    fault(error instanceof Error ? (error.stack ?? error.message) : String(error));
  };
}
