import { compareUtf8 } from '@syncline/core';

/** Distinct texts in the order of their UTF-8 bytes, put in order only when someone asks for a part of them. */
export interface SortedIds<Id extends string> {
  /** It must not be among them yet. */
  add(id: Id): void;
  /** From `from` inclusive to `to` exclusive; null for the end. */
  between(from: string, to: string | null): readonly Id[];
}

export function sortedIds<Id extends string>(start: Iterable<Id> = []): SortedIds<Id> {
  let settled: Id[] = [];
  let fresh: Id[] = [...start];

  const settle = (): void => {
    if (fresh.length === 0) return;
    fresh.sort(compareUtf8);
    settled = settled.length === 0 ? fresh : mergeSorted(settled, fresh);
    fresh = [];
  };

  const firstNotBelow = (bound: string): number => {
    let low = 0;
    let high = settled.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareUtf8(settled[middle]!, bound) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  return {
    add: (id) => void fresh.push(id),
    between(from, to) {
      settle();
      return settled.slice(firstNotBelow(from), to === null ? undefined : firstNotBelow(to));
    },
  };
}

function mergeSorted<Id extends string>(left: readonly Id[], right: readonly Id[]): Id[] {
  const merged: Id[] = [];
  let at = 0;
  for (const id of right) {
    while (at < left.length && compareUtf8(left[at]!, id) < 0) merged.push(left[at++]!);
    merged.push(id);
  }
  while (at < left.length) merged.push(left[at++]!);
  return merged;
}
