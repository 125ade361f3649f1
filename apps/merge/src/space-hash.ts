import { encodeUtf8, murmur3, type SpaceKey } from '@syncline/core';

const LANE_SEED = 0x6c616e65;
const LOG_SEED = 0x6c6f6773;

/** Always the same lane for a space. */
export function laneOf(space: SpaceKey, lanes: number): number {
  return hashOf(space, LANE_SEED) % lanes;
}

/** Tells spaces apart in a log without naming them. */
export function spaceHash(space: SpaceKey): string {
  return hashOf(space, LOG_SEED).toString(16).padStart(8, '0');
}

function hashOf(space: SpaceKey, seed: number): number {
  const bytes = encodeUtf8(space);
  return murmur3(bytes, bytes.length, seed);
}
