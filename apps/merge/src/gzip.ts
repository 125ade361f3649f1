import { constants, gunzipSync, gzipSync } from 'node:zlib';
import type { Compressor } from '@syncline/wire';

/** Packs pages for all who read them, once for each commit: fast rather than small. */
export function gzipCompressor(unpackedBytesMax: number): Compressor {
  return {
    name: 'gzip',
    unpackedBytesMax,
    pack: (bytes) => gzipSync(bytes, { level: constants.Z_BEST_SPEED }),
    unpack: (packed, bytesMax) => gunzipSync(packed, { maxOutputLength: Math.max(1, bytesMax) }),
  };
}
