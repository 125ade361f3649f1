/** Of sorted or unsorted values, the one below which the given share lies. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** How far the values lie apart, as a share of their median. */
export function spread(values: readonly number[]): number {
  const apart = Math.max(...values) - Math.min(...values);
  return apart === 0 ? 0 : apart / median(values);
}

export async function times<Value>(count: number, make: (at: number) => Promise<Value>): Promise<Value[]> {
  const values: Value[] = [];
  for (let at = 0; at < count; at++) values.push(await make(at));
  return values;
}

export function together<Value>(count: number, make: (at: number) => Promise<Value>): Promise<Value[]> {
  return Promise.all(Array.from({ length: count }, (_, at) => make(at)));
}
