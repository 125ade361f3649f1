import {
  type CollectionName,
  type HistoryBounds,
  type HistoryEntry,
  isOutdated,
  type Version,
} from '@syncline/core';
import type { PruneMore, Spare } from '@syncline/ports';

export interface PruneRequest extends Omit<PruneMore, 'spare'> {
  readonly spare: Spare;
  readonly perRecordMax: number;
  readonly olderThanMs: number;
  readonly upTo: Version;
}

/** Of the entries of one record, in order of version, those that go. */
function prunedOf(
  entries: readonly HistoryEntry[],
  request: PruneRequest,
  bounds: HistoryBounds | undefined,
): ReadonlySet<HistoryEntry> {
  const { perRecordMax, olderThanMs, upTo, spare } = request;
  const going = new Set<HistoryEntry>();
  const judge = (
    left: readonly HistoryEntry[],
    isOver: (entry: HistoryEntry, next: HistoryEntry) => boolean,
  ) => {
    for (const [index, entry] of left.entries()) {
      const next = left[index + 1];
      if (next === undefined || entry.version > upTo) continue;
      if (entry.committedAtMs >= olderThanMs || next.committedAtMs >= olderThanMs) continue;
      if (isOver(entry, next) && !spare({ ...entry, next: next.version })) going.add(entry);
    }
  };
  const isOverCount = (most: number, counted: readonly HistoryEntry[]) => {
    const oldest = counted[counted.length - Math.max(1, most)]?.version ?? 0;
    return ({ version }: HistoryEntry) => version < oldest;
  };

  if (bounds === undefined) judge(entries, isOverCount(perRecordMax, entries));
  else {
    const isMany = bounds.classes.length > 0 ? () => false : isOverCount(bounds.versionsMax, entries);
    judge(
      entries,
      (entry, next) => isOutdated(bounds, entry.committedAtMs, next.committedAtMs) || isMany(entry),
    );
    const left = entries.filter((entry) => !going.has(entry));
    const [youngest] = bounds.classes;
    if (youngest !== undefined) {
      const counted = left.filter(({ committedAtMs }) => committedAtMs < youngest.beforeMs);
      judge(left, isOverCount(bounds.versionsMax, counted));
    }
  }
  return going;
}

/** What is told of what was forgotten. */
export interface ForgottenMarks {
  /** As of which version nothing is missing of a collection. */
  readonly keptFrom: Map<CollectionName, Version>;
  /** Behind an entry, from which version on it is forgotten what followed. */
  readonly gaps: Map<Version, Version>;
}

export function forgottenMarks(): ForgottenMarks {
  return { keptFrom: new Map(), gaps: new Map() };
}

/** Of no collections means of all. */
export function keptFromOf({ keptFrom }: ForgottenMarks, collections: readonly CollectionName[]): Version {
  const wanted = collections.length > 0 ? collections : [...keptFrom.keys()];
  return Math.max(0, ...wanted.map((collection) => keptFrom.get(collection) ?? 0));
}

/** Takes what goes out of the lists, each of the entries of one record in order of version; how many there were. */
export function pruneLists(
  lists: Iterable<HistoryEntry[]>,
  request: PruneRequest,
  { keptFrom, gaps }: ForgottenMarks,
  drop: (entry: HistoryEntry) => void,
): number {
  const bounds = new Map(request.collections.map((each) => [each.collection, each]));
  let total = 0;
  for (const entries of lists) {
    const { collection } = entries[0]!;
    const going = prunedOf(entries, request, bounds.get(collection));
    if (going.size === 0) continue;
    let before: Version | null = null;
    let isAfterGap = false;
    const left = entries.filter((entry) => {
      if (!going.has(entry)) {
        if (isAfterGap) keptFrom.set(collection, Math.max(keptFrom.get(collection) ?? 0, entry.version));
        before = entry.version;
        isAfterGap = false;
        return true;
      }
      if (before !== null) gaps.set(before, Math.min(gaps.get(before) ?? Infinity, entry.version));
      isAfterGap = true;
      gaps.delete(entry.version);
      drop(entry);
      return false;
    });
    entries.splice(0, entries.length, ...left);
    total += going.size;
  }
  return total;
}
