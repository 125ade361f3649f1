import {
  type CollectionName,
  type DigestSum,
  digestSum,
  contentBytes,
  contentHash,
  type ReadRecord,
  recordKey,
  sameDigests,
  type SpaceKey,
  type StoredRecord,
} from '@syncline/core';
import type { Changes, DeltaStore } from '@syncline/ports';

/** A whole space in one snapshot. */
export async function readSpace(store: DeltaStore, space: SpaceKey): Promise<Changes> {
  const most = Number.MAX_SAFE_INTEGER;
  const limits = { recordsMax: 1_000_000, bytesMax: most };
  const changes = await store.changes({ space, after: 0, collections: [], clockAfter: 0, ...limits });
  if (changes === null) throw new Error(`there is no space ${space}`);
  return changes;
}

/** What must hold in every snapshot, whatever happens beside it. */
export function expectConsistent({ state, rows, more }: Changes): void {
  expect(more).toBe(false);
  const versions = rows.map(({ version }) => version);
  expect(versions).toEqual([...new Set(versions)].sort((left, right) => left - right));
  expect(versions.at(-1) ?? 0).toBeLessThanOrEqual(state.head);
  const live = rows.filter(({ deleted }) => !deleted);
  expect(state.records).toBe(live.length);
  expect(state.bytes).toBe(live.reduce((bytes, row) => bytes + contentBytes(row), 0));
  expect(sameDigests(state.digests, digestsOf(live))).toBe(true);
}

function digestsOf(live: readonly ReadRecord[]) {
  const sums = new Map<CollectionName, DigestSum>();
  for (const { collection, id, version, payload } of live) {
    const sum = sums.get(collection) ?? digestSum();
    sum.add(id, version, contentHash(id, payload!));
    sums.set(collection, sum);
  }
  return new Map([...sums].map(([collection, sum]) => [collection, sum.result()]));
}

/** Everything that is kept of each record, in order of version. */
export async function storedRecords(store: DeltaStore, space: SpaceKey): Promise<readonly StoredRecord[]> {
  const { rows } = await wholeSpace(store, space);
  const names = rows.map(({ collection, id }) => ({ collection, id, key: recordKey(collection, id) }));
  const records = await store.records(space, names);
  return names.map(({ key }) => records!.get(key)!);
}

/** Reads the space and checks it. */
export async function wholeSpace(store: DeltaStore, space: SpaceKey): Promise<Changes> {
  const changes = await readSpace(store, space);
  expectConsistent(changes);
  return changes;
}
