import fc from 'fast-check';
import { continued, MOMENTS_MAX, momentsSince, reach, reachedAtMs, reachedUpTo } from './moments';

test('a version is reached with the first that covers it', () => {
  const moments = momentsSince(3);
  reach(moments, 5, 1_000);
  reach(moments, 9, 2_000);
  expect([3, 4, 5, 6, 9, 10].map((version) => reachedAtMs(moments, version))).toEqual([
    null,
    1_000,
    1_000,
    2_000,
    2_000,
    null,
  ]);
  expect(reachedUpTo(moments)).toBe(9);
});

test('what is said late or again changes nothing', () => {
  const moments = momentsSince(3);
  reach(moments, 5, 1_000);
  reach(moments, 5, 2_000);
  reach(moments, 2, 3_000);
  expect(moments).toEqual({ since: 3, marks: [5, 1_000] });
});

test('however much is reached, no more than the last few moments are kept, and none is told wrongly', () => {
  const anySteps = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 40 });
  fc.assert(
    fc.property(fc.nat({ max: 5 }), anySteps, (since, steps) => {
      const moments = momentsSince(since);
      const all: { readonly version: number; readonly atMs: number }[] = [];
      let head = since;
      steps.forEach((step, index) => {
        head += step;
        all.push({ version: head, atMs: 1_000 + index });
        reach(moments, head, 1_000 + index);
      });
      expect(reachedUpTo(moments)).toBe(head);
      expect(moments.marks?.length ?? 0).toBeLessThanOrEqual(2 * MOMENTS_MAX);
      for (let version = 1; version <= head; version++) {
        const first = all.find((each) => each.version >= version);
        const isKept = first !== undefined && version > since && all.slice(-MOMENTS_MAX).includes(first);
        // Of what lies between the last forgotten moment and the first remembered, the moment is known as well.
        expect(reachedAtMs(moments, version)).toBe(isKept ? first.atMs : null);
      }
    }),
  );
});

test('what goes on where it was left goes on, and over a gap nothing is claimed', () => {
  const earlier = () => ({ since: 3, marks: [5, 1_000] });
  expect(continued(earlier(), { since: 4, marks: [5, 1_500, 9, 2_000] })).toEqual({
    since: 3,
    marks: [5, 1_000, 9, 2_000],
  });
  expect(continued(earlier(), momentsSince(5))).toEqual(earlier());
  const beyond = { since: 6, marks: [9, 2_000] };
  expect(continued(earlier(), beyond)).toEqual(beyond);
});
