import type { Clock } from '@syncline/ports';

/** A map whose entries lapse. What has lapsed is gone for every reader, and its room is given back in time. */
export interface Lapsing<Key, Value> {
  get(key: Key): Value | undefined;
  set(key: Key, value: Value, forMs: number): void;
  delete(key: Key): void;
  size(): number;
  /** The value that lapses next. */
  next(): Value | undefined;
  /** How long there may still be an entry. */
  lastsMs(): number;
}

const SWEEP_SIZE_MIN = 64;

export function lapsing<Key, Value>(clock: Clock): Lapsing<Key, Value> {
  const entries = new Map<Key, { readonly value: Value; readonly untilMs: number }>();
  let sweepAt = SWEEP_SIZE_MIN;
  let soonestMs = Infinity;
  let latestMs = 0;

  const sweep = (): void => {
    const nowMs = clock.nowMs();
    if (soonestMs > nowMs) return;
    soonestMs = Infinity;
    for (const [key, { untilMs }] of entries) {
      if (untilMs <= nowMs) entries.delete(key);
      else soonestMs = Math.min(soonestMs, untilMs);
    }
  };

  return {
    get(key) {
      const entry = entries.get(key);
      return entry !== undefined && entry.untilMs > clock.nowMs() ? entry.value : undefined;
    },
    set(key, value, forMs) {
      const untilMs = clock.nowMs() + forMs;
      entries.set(key, { value, untilMs });
      soonestMs = Math.min(soonestMs, untilMs);
      latestMs = Math.max(latestMs, untilMs);
      if (entries.size < sweepAt) return;
      sweep();
      sweepAt = Math.max(SWEEP_SIZE_MIN, entries.size * 2);
    },
    delete: (key) => void entries.delete(key),
    size() {
      sweep();
      return entries.size;
    },
    next() {
      sweep();
      const [first, ...others] = entries.values();
      return others.reduce((next, entry) => (entry.untilMs < next!.untilMs ? entry : next), first)?.value;
    },
    lastsMs: () => Math.max(0, latestMs - clock.nowMs()),
  };
}
