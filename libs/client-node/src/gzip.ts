import { gunzipSync, gzipSync } from 'node:zlib';
import type { Compressor } from '@syncline/wire';

/** For pages that a server packs; never more is unpacked than a message may hold. */
export function gzipCompressor(unpackedBytesMax: number): Compressor {
  return {
    name: 'gzip',
    unpackedBytesMax,
    pack: (bytes) => gzipSync(bytes),
    unpack: (packed, bytesMax) => gunzipSync(packed, { maxOutputLength: Math.max(1, bytesMax) }),
  };
}
