/** Seeded chance: the same seed gives the same world. */
export interface Random {
  /** In [0, 1). */
  fraction(): number;
  /** Whole, from 0 to below `end`. */
  below(end: number): number;
  between(from: number, to: number): number;
  happens(probability: number): boolean;
  pick<Item>(items: readonly Item[]): Item;
  /** A source of its own, so that what one part draws does not shift what another draws. */
  fork(name: string): Random;
}

export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x100000000;
  };
  const below = (end: number): number => Math.floor(fraction() * end);
  return {
    fraction,
    below,
    between: (from, to) => from + below(to - from + 1),
    happens: (probability) => fraction() < probability,
    pick: (items) => items[below(items.length)]!,
    fork(name) {
      let hash = seed ^ 0x9e3779b9;
      for (const letter of name) hash = Math.imul(hash ^ letter.codePointAt(0)!, 0x01000193);
      return seededRandom(hash);
    },
  };
}
