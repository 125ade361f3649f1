import fc from 'fast-check';
import { type Edit, editsBetween } from './edits';

const parts = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 30 });

function apply(before: readonly string[], edits: readonly Edit[]): string[] {
  const out: string[] = [];
  let at = 0;
  for (const { from, to, parts: put } of edits) {
    out.push(...before.slice(at, from), ...put);
    at = to;
  }
  return [...out, ...before.slice(at)];
}

const sizeOf = (edits: readonly Edit[]): number =>
  edits.reduce((sum, { from, to, parts: put }) => sum + to - from + put.length, 0);

/** By the table of all pairs, as slow as it is plain. */
function fewest(before: readonly string[], after: readonly string[]): number {
  let row = after.map((_, index) => index + 1);
  row.unshift(0);
  before.forEach((part, index) => {
    const next = [index + 1];
    after.forEach((other, at) =>
      next.push(part === other ? row[at]! : Math.min(row[at + 1]!, next[at]!) + 1),
    );
    row = next;
  });
  return row.at(-1)!;
}

test('edits lead from one to the other, in order, with something kept between them', () => {
  fc.assert(
    fc.property(parts, parts, (before, after) => {
      const edits = editsBetween(before, after);
      expect(apply(before, edits)).toEqual(after);
      edits.slice(1).forEach(({ from }, index) => expect(from).toBeGreaterThan(edits[index]!.to));
    }),
    { numRuns: 1_000 },
  );
});

test('there are no fewer that do', () => {
  fc.assert(
    fc.property(parts, parts, (before, after) => {
      expect(sizeOf(editsBetween(before, after))).toBe(fewest(before, after));
    }),
    { numRuns: 1_000 },
  );
});

test('texts that have too little in common are replaced where they differ, soon enough', () => {
  const [before, after] = ['x', 'y'].map((own) => [
    'same',
    ...Array.from({ length: 60_000 }, (_, index) => (index % 3 === 0 ? `${index}` : `${own}${index}`)),
    'end',
  ]);
  const [edit, ...others] = editsBetween(before!, after!);
  expect(others).toEqual([]);
  expect(edit).toMatchObject({ from: 2, to: before!.length - 1 });
  expect(apply(before!, [edit!])).toEqual(after);
});
