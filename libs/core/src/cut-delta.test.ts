import fc from 'fast-check';
import type { Cursor } from './cursor';
import { cutDelta, deltaBytes } from './cut-delta';
import type { Delta } from './delta';
import type { CollectionName, RecordId } from './ids';
import { entryKey } from './pages';

const FROM: Cursor = { epoch: 1, position: 0, checkpoint: 0, asOf: 9, scope: { a: 1, b: 2 } };

const deltaOf = (count: number): Delta => {
  const cursor: Cursor = { ...FROM, position: 99, asOf: 99 };
  return {
    page: {
      entries: Array.from({ length: count }, (_, index) => ({
        kind: 'gone' as const,
        collection: 'notes' as CollectionName,
        id: `r${index}` as RecordId,
        version: 2 * index + 1,
      })),
      cursor,
    },
    checkpoint: { version: 99, clock: new Map(), digests: new Map(), cursor: { ...cursor, checkpoint: 99 } },
  };
};

test('a delta that fits stays as it is', () => {
  const delta = deltaOf(3);
  expect(cutDelta(delta, FROM, deltaBytes(delta))).toBe(delta);
});

test('of one that does not fit the beginning remains, and whoever goes on from there misses nothing', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.nat(5_000), (count, bytesMax) => {
      const delta = deltaOf(count);
      const cut = cutDelta(delta, FROM, bytesMax);
      const { entries, cursor } = cut.page;
      expect(entries).toEqual(delta.page.entries.slice(0, entries.length));
      expect(entries.length).toBeGreaterThan(0);
      if (entries.length > 1) expect(deltaBytes(cut)).toBeLessThanOrEqual(bytesMax);
      if (cut === delta) return;
      expect(cut.checkpoint).toBeNull();
      expect(cursor).toEqual({ ...FROM, position: entryKey(entries.at(-1)!).version });
    }),
  );
});

test('an empty delta stays as it is', () => {
  const delta = deltaOf(0);
  expect(cutDelta(delta, FROM, 0)).toBe(delta);
});
