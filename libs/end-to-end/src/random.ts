/** The same row of choices for the same seed. */
export interface Random {
  /** From 0 up to, but not including, 1. */
  fraction(): number;
  /** Both included. */
  between(low: number, high: number): number;
  pick<Item>(items: readonly Item[]): Item;
}

const UINT32 = 2 ** 32;

export function seeded(seed: number): Random {
  let state = seed >>> 0;
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / UINT32;
  };
  const between = (low: number, high: number): number => low + Math.floor(fraction() * (high - low + 1));
  return { fraction, between, pick: (items) => items[between(0, items.length - 1)]! };
}
