import type { CollectionDigest, CollectionName, Digests, Quota, SpaceKey, SpaceState } from '@syncline/core';

/** Count, then the lanes over versions and over contents. */
type StoredDigest = readonly [count: number, va: number, vb: number, ca: number, cb: number];

export interface SpaceRow {
  readonly space: SpaceKey;
  readonly epoch: number;
  readonly head: number;
  readonly floor: number;
  readonly records: number;
  readonly bytes: number;
  readonly digests: Readonly<Record<CollectionName, StoredDigest>>;
}

/** What `stateOf` reads. */
export const STATE_NAMES = 'space, epoch, head, floor, records, bytes, digests';

export function stateOf({ space, epoch, head, floor, records, bytes, digests }: SpaceRow): SpaceState {
  return { space, epoch, head, floor, records, bytes, digests: digestsOf(digests) };
}

function digestsOf(stored: SpaceRow['digests']): Digests {
  const digests = new Map<CollectionName, CollectionDigest>();
  for (const [name, [count, va, vb, ca, cb]] of Object.entries(stored) as [CollectionName, StoredDigest][])
    digests.set(name, { count, versions: { a: va, b: vb }, contents: { a: ca, b: cb } });
  return digests;
}

export function digestsText(digests: Digests): string {
  const stored: Record<string, StoredDigest> = {};
  for (const [name, { count, versions, contents }] of digests)
    stored[name] = [count, versions.a, versions.b, contents.a, contents.b];
  return JSON.stringify(stored);
}

export interface QuotaRow {
  readonly records_max: number | null;
  readonly bytes_max: number | null;
}

export function quotaOf({ records_max, bytes_max }: QuotaRow): Quota | null {
  if (records_max === null || bytes_max === null) return null;
  return { recordsMax: records_max, bytesMax: bytes_max };
}
