import { type Hash64, murmur3Lanes, murmur3OfUint64, sameHash, ZERO64 } from './hash';
import { LEDGER_ID_BYTES_MAX, type CollectionName, type RecordId, type Version } from './ids';
import { writeUtf8 } from './utf8';

/**
 * What a replica holds of one collection, in a form that does not depend on the order in which it came:
 * sums, lane by lane modulo 2^32, of a hash for each live record. A record takes part under its version and
 * under its contents, so that the first can be compared even where a replica keeps contents in another shape.
 */
export interface CollectionDigest extends ToldDigest {
  readonly contents: Hash64;
}

export interface ToldDigest {
  readonly count: number;
  readonly versions: Hash64;
  /** Null where contents are not to be compared. */
  readonly contents: Hash64 | null;
}

export const EMPTY_DIGEST: CollectionDigest = { count: 0, versions: ZERO64, contents: ZERO64 };

export const SEED_A = 0x53594e43;
export const SEED_B = 0x4c494e45;
const SEEDS: Hash64 = { a: SEED_A, b: SEED_B };

// Overwritten by every call and never read across calls.
const idBytes = new Uint8Array(LEDGER_ID_BYTES_MAX * 3);

/** The record's share in `contents`; kept with the record, so that taking it out needs no payload. */
export function contentHash(id: RecordId, payload: Uint8Array): Hash64 {
  return murmur3Lanes(payload, payload.length, murmur3Lanes(idBytes, writeUtf8(id, idBytes), SEEDS));
}

export function versionHash(id: RecordId, version: Version): Hash64 {
  const seeds = murmur3Lanes(idBytes, writeUtf8(id, idBytes), SEEDS);
  return { a: murmur3OfUint64(version, seeds.a), b: murmur3OfUint64(version, seeds.b) };
}

/** A digest under way: three plain sums that a loop over many records can add to. */
export interface DigestSum {
  add(id: RecordId, version: Version, contents: Hash64): void;
  remove(id: RecordId, version: Version, contents: Hash64): void;
  result(): CollectionDigest;
}

export function digestSum(start: CollectionDigest = EMPTY_DIGEST): DigestSum {
  let { count } = start;
  let versionsA = start.versions.a;
  let versionsB = start.versions.b;
  let contentsA = start.contents.a;
  let contentsB = start.contents.b;
  const change = (sign: 1 | -1, id: RecordId, version: Version, contents: Hash64): void => {
    const versions = versionHash(id, version);
    count += sign;
    versionsA = (versionsA + sign * versions.a) >>> 0;
    versionsB = (versionsB + sign * versions.b) >>> 0;
    contentsA = (contentsA + sign * contents.a) >>> 0;
    contentsB = (contentsB + sign * contents.b) >>> 0;
  };
  return {
    add: (id, version, contents) => change(1, id, version, contents),
    remove: (id, version, contents) => change(-1, id, version, contents),
    result: () => ({
      count,
      versions: { a: versionsA, b: versionsB },
      contents: { a: contentsA, b: contentsB },
    }),
  };
}

export function sameDigest(left: ToldDigest, right: ToldDigest): boolean {
  const areSame = left.count === right.count && sameHash(left.versions, right.versions);
  if (left.contents === null || right.contents === null) return areSame;
  return areSame && sameHash(left.contents, right.contents);
}

export type Digests = ReadonlyMap<CollectionName, CollectionDigest>;
export type ToldDigests = ReadonlyMap<CollectionName, ToldDigest>;

/** A collection without records and one that was never named are the same. */
export function sameDigests(left: ToldDigests, right: ToldDigests): boolean {
  for (const [name, digest] of left) if (!sameDigest(digest, right.get(name) ?? EMPTY_DIGEST)) return false;
  for (const [name, digest] of right) if (!left.has(name) && digest.count !== 0) return false;
  return true;
}
