import { readdirSync, readFileSync } from 'node:fs';
import { insist } from './row';

/** What Linux counts in, whatever its own clock does. */
const TICK_MICROS = 10_000;

interface Counted {
  readonly parent: number;
  /** Its own, and that of its children which have ended. */
  readonly micros: number;
}

/** CPU microseconds that each of these has spent so far, with all processes that it has started. */
export function cpuMicros(pids: readonly number[]): readonly number[] {
  const all = processes();
  const children = new Map<number, number[]>();
  for (const [pid, { parent }] of all) {
    const others = children.get(parent);
    if (others === undefined) children.set(parent, [pid]);
    else others.push(pid);
  }
  const spentBy = (pid: number): number =>
    (children.get(pid) ?? []).reduce((sum, child) => sum + spentBy(child), all.get(pid)?.micros ?? 0);
  return pids.map(spentBy);
}

function processes(): ReadonlyMap<number, Counted> {
  const counted = new Map<number, Counted>();
  for (const name of namesIn('/proc')) {
    const stat = /^\d+$/.test(name) ? textOf(`/proc/${name}/stat`) : null;
    if (stat !== null) counted.set(Number(name), countedIn(stat));
  }
  insist(
    counted.size > 0,
    'this system has no /proc, which is where CPU time is read: it cannot be measured here',
  );
  return counted;
}

/** As proc(5) has it. The name of the program comes second, in parentheses, and may hold anything. */
export function countedIn(stat: string): Counted {
  const fromState = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fromState.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return { parent: Number(fromState[1]), micros: ticks * TICK_MICROS };
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Null for a process that has ended meanwhile. */
function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
