import { constants, gunzipSync, gzipSync } from 'node:zlib';
import type { Compressor } from '@syncline/wire';

/** Packs while everyone waits, so it packs fast rather than small. */
export function gzipCompressor(unpackedBytesMax: number): Compressor {
  return {
    name: 'gzip',
    unpackedBytesMax,
    pack: (bytes) => gzipSync(bytes, { level: constants.Z_BEST_SPEED }),
    unpack: (packed, bytesMax) => gunzipSync(packed, { maxOutputLength: Math.max(1, bytesMax) }),
  };
}
