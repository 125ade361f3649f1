import { encodeUtf8, murmur3 } from '@syncline/core';

const SEED = 0x72656e64;

/**
 * The places in the order in which a key prefers them. Every gateway finds the same order, and when a place comes or goes
 * only the keys that prefer it move.
 */
export function rendezvous<Place extends { readonly address: string }>(
  key: string,
  places: readonly Place[],
): Place[] {
  return places
    .map((place) => ({ place, weight: weightOf(key, place.address) }))
    .sort((left, right) => right.weight - left.weight || (left.place.address < right.place.address ? -1 : 1))
    .map(({ place }) => place);
}

function weightOf(key: string, address: string): number {
  const bytes = encodeUtf8(`${address}\u0000${key}`);
  return murmur3(bytes, bytes.length, SEED);
}
