import { constants, gunzipSync, gzipSync } from 'node:zlib';
import type { Compressor } from './compressor';

/** By Node, so it is an entry of its own. Everyone waits while a page is packed: fast rather than small. */
export function gzipCompressor(unpackedBytesMax: number): Compressor {
  return {
    name: 'gzip',
    unpackedBytesMax,
    pack: (bytes) => gzipSync(bytes, { level: constants.Z_BEST_SPEED }),
    unpack: (packed, bytesMax) => gunzipSync(packed, { maxOutputLength: Math.max(1, bytesMax) }),
  };
}
