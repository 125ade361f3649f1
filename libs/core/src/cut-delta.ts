import type { Cursor } from './cursor';
import type { Delta } from './delta';
import { entryBytes, entryKey } from './pages';

/** What an entry may take on the wire beside its content and its names: who wrote it, when, and in which fields. */
const ENTRY_REST_BYTES = 192;

export function deltaBytes({ page }: Delta): number {
  return page.entries.reduce((sum, entry) => sum + entryBytes(entry) + ENTRY_REST_BYTES, 0);
}

/**
 * The beginning of a delta that was read from `from`, as if fewer rows had been read: so many entries as fit, and at least
 * one, so that whoever asks for little comes to an end as well.
 */
export function cutDelta(delta: Delta, from: Cursor, bytesMax: number): Delta {
  const { entries } = delta.page;
  let bytes = 0;
  const over = entries.findIndex((entry, index) => {
    bytes += entryBytes(entry) + ENTRY_REST_BYTES;
    return index > 0 && bytes > bytesMax;
  });
  if (over < 0) return delta;
  const kept = entries.slice(0, over);
  const position = entryKey(kept[kept.length - 1]!).version;
  return { page: { entries: kept, cursor: { ...from, position } }, checkpoint: null };
}
