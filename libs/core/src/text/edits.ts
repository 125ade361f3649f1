/** From `from` to `to` of what was there, these parts stand instead. */
export interface Edit {
  readonly from: number;
  readonly to: number;
  readonly parts: readonly string[];
}

/** Texts that differ in more than this are taken as replaced where they differ: looking closer would take too long. */
const DIFFERENCES_MAX = 1_000;
const STEPS_MAX = 2_000_000;

/** The fewest edits that lead from one to the other, in order; in between, the two are the same. */
export function editsBetween(before: readonly string[], after: readonly string[]): Edit[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let [endBefore, endAfter] = [before.length, after.length];
  while (endBefore > start && endAfter > start && before[endBefore - 1] === after[endAfter - 1]) {
    endBefore--;
    endAfter--;
  }
  if (start === endBefore && start === endAfter) return [];
  const inner = closely(before.slice(start, endBefore), after.slice(start, endAfter));
  return inner.map(({ from, to, parts }) => ({ from: from + start, to: to + start, parts }));
}

function closely(before: readonly string[], after: readonly string[]): Edit[] {
  const reached = before.length === 0 || after.length === 0 ? null : furthestByDifferences(before, after);
  if (reached === null) return [{ from: 0, to: before.length, parts: after }];
  return editsOnPath(reached, after, before.length);
}

/**
 * Myers' greedy search: for each number of differences, how far along `before` one comes on each diagonal. Null when it
 * takes too long.
 */
function furthestByDifferences(before: readonly string[], after: readonly string[]): Int32Array[] | null {
  const rounds: Int32Array[] = [];
  let last = new Int32Array(3);
  let steps = 0;
  for (let differences = 0; differences <= DIFFERENCES_MAX; differences++) {
    const furthest = new Int32Array(2 * differences + 3);
    for (let diagonal = -differences; diagonal <= differences; diagonal += 2) {
      let x = differences === 0 ? 0 : startOn(last, diagonal, differences);
      let y = x - diagonal;
      const from = x;
      while (x < before.length && y < after.length && before[x] === after[y]) {
        x++;
        y++;
      }
      steps += x - from + 1;
      furthest[diagonal + differences + 1] = x;
      if (x >= before.length && y >= after.length) return [...rounds, furthest];
    }
    if (steps > STEPS_MAX) return null;
    rounds.push(furthest);
    last = furthest;
  }
  return null;
}

/** Down from the diagonal above, or right from the one below, whichever came further with one difference less. */
function startOn(last: Int32Array, diagonal: number, differences: number): number {
  return cameDown(last, diagonal, differences)
    ? last[diagonal + 1 + differences]!
    : last[diagonal - 1 + differences]! + 1;
}

function cameDown(last: Int32Array, diagonal: number, differences: number): boolean {
  if (diagonal === -differences) return true;
  return diagonal !== differences && last[diagonal - 1 + differences]! < last[diagonal + 1 + differences]!;
}

/** Back from the end; steps that touch each other are one edit. */
function editsOnPath(rounds: readonly Int32Array[], after: readonly string[], length: number): Edit[] {
  const edits: { from: number; to: number; start: number; end: number }[] = [];
  let [x, y] = [length, after.length];
  for (let differences = rounds.length - 1; differences > 0; differences--) {
    const last = rounds[differences - 1]!;
    const diagonal = x - y;
    const down = cameDown(last, diagonal, differences);
    const [endX, endY] = startOfSnake(last, diagonal, differences);
    const [from, start] = down ? [endX, endY - 1] : [endX - 1, endY];
    const next = edits.at(-1);
    if (next !== undefined && next.from === endX && next.start === endY) {
      next.from = from;
      next.start = start;
    } else edits.push({ from, to: endX, start, end: endY });
    [x, y] = [from, start];
  }
  return edits.reverse().map(({ from, to, start, end }) => ({ from, to, parts: after.slice(start, end) }));
}

function startOfSnake(last: Int32Array, diagonal: number, differences: number): [x: number, y: number] {
  const x = startOn(last, diagonal, differences);
  return [x, x - diagonal];
}
