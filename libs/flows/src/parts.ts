/** A list that may be long is told in parts. */
export interface PartRequest<Id> {
  /** Null for what the server thinks fit. */
  readonly resultsMax: number | null;
  /** The last one of the part before; null to begin. */
  readonly after: Id | null;
}

export interface Listed<Item> {
  readonly items: readonly Item[];
  /** Where the next part begins; null at the end. */
  readonly next: string | null;
}

const RESULTS_DEFAULT = 100;
const RESULTS_MAX = 1_000;

/** How many there are in a part at most. */
export function partLimit(resultsMax: number | null): number {
  return Math.min(resultsMax ?? RESULTS_DEFAULT, RESULTS_MAX);
}

/** One part, and whether there is another: one more is asked for than is told. */
export async function listedBy<Item, Id extends string>(
  { resultsMax, after }: PartRequest<Id>,
  idOf: (item: Item) => Id,
  read: (after: Id | null, limit: number) => Promise<readonly Item[]>,
): Promise<Listed<Item>> {
  const limit = partLimit(resultsMax);
  const found = await read(after, limit + 1);
  const items = found.slice(0, limit);
  return { items, next: found.length > limit ? idOf(items[limit - 1]!) : null };
}
