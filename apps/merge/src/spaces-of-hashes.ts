import { nameHash, type SpaceKey } from '@syncline/core';
import type { UpkeepStore } from '@syncline/ports';

export interface HashedSpace {
  readonly hash: string;
  readonly space: SpaceKey;
}

const SPACES_AT_ONCE = 1_000;

/** Logs and traces name a space by a hash. The way back is to look at all of them; now and then two have the same. */
export async function spacesOfHashes(
  { spaces }: Pick<UpkeepStore, 'spaces'>,
  hashes: readonly string[],
): Promise<readonly HashedSpace[]> {
  const found: HashedSpace[] = [];
  let after: SpaceKey | null = null;
  for (;;) {
    const page: readonly SpaceKey[] = await spaces(after, SPACES_AT_ONCE);
    for (const space of page) {
      const hash = nameHash(space);
      if (hashes.includes(hash)) found.push({ hash, space });
    }
    if (page.length < SPACES_AT_ONCE) return found;
    after = page.at(-1)!;
  }
}
