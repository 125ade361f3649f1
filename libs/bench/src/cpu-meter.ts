import type { BenchStack } from './bench-stack';
import { cpuMicros } from './cpu-time';
import { insist } from './row';

/** What a push goes through, as the stack calls it. */
const PROCESSES = {
  gateway: 'gateway-1',
  merge: 'merge-1',
  delta: 'delta-1',
  postgres: 'postgres',
  nats: 'nats',
  redis: 'redis',
} as const;

export type ProcessName = keyof typeof PROCESSES;
export const PROCESS_NAMES = Object.keys(PROCESSES) as ProcessName[];

/** CPU microseconds of each. */
export type Spent = Readonly<Record<ProcessName, number>>;

export interface CpuMeter {
  spentSoFar(): Spent;
}

/** The processes stay the same for as long as it is in use. */
export async function newCpuMeter({ stack }: BenchStack): Promise<CpuMeter> {
  const pids: number[] = [];
  for (const name of PROCESS_NAMES) {
    const pid = await stack.pid(PROCESSES[name]);
    insist(pid !== null, `${name} is not a process of this system: what it spends cannot be measured here`);
    pids.push(pid);
  }
  return {
    spentSoFar() {
      const micros = cpuMicros(pids);
      return eachProcess((name) => micros[PROCESS_NAMES.indexOf(name)]!);
    },
  };
}

export function eachProcess(valueOf: (name: ProcessName) => number): Spent {
  return Object.fromEntries(PROCESS_NAMES.map((name) => [name, valueOf(name)])) as Record<
    ProcessName,
    number
  >;
}
