import { encodeUtf8, murmur3, type SpaceKey } from '@syncline/core';

const LOG_SEED = 0x6c6f6773;

/** Tells spaces apart in a log without naming them. */
export function spaceHash(space: SpaceKey): string {
  const bytes = encodeUtf8(space);
  return murmur3(bytes, bytes.length, LOG_SEED).toString(16).padStart(8, '0');
}
