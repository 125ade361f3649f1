/** Virtual time: tasks run in order of their time, and nothing happens between them. */
export interface Scheduler {
  nowMs(): number;
  after(delayMs: number, task: () => void): void;
  /** Runs until nothing is left or the time has come. */
  runUntil(endMs: number): Promise<void>;
}

interface Task {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

export const START_MS = 1_700_000_000_000;

export function scheduler(): Scheduler {
  const heap: Task[] = [];
  let nowMs = START_MS;
  let order = 0;

  return {
    nowMs: () => nowMs,
    after(delayMs, run) {
      push(heap, { atMs: nowMs + Math.max(0, Math.floor(delayMs)), order: order++, run });
    },
    async runUntil(endMs) {
      for (;;) {
        const next = heap[0];
        if (next === undefined || next.atMs > endMs) break;
        pop(heap);
        nowMs = next.atMs;
        next.run();
        await settled();
      }
      nowMs = Math.max(nowMs, endMs);
    },
  };
}

/** Whatever promises can go on without another task has gone on when this resolves. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function before(left: Task, right: Task): boolean {
  return left.atMs !== right.atMs ? left.atMs < right.atMs : left.order < right.order;
}

function push(heap: Task[], task: Task): void {
  let at = heap.length;
  heap.push(task);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!before(task, heap[parent]!)) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = task;
}

function pop(heap: Task[]): void {
  const last = heap.pop()!;
  if (heap.length === 0) return;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
    if (!before(heap[child]!, last)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
}
