import { Compression } from '@syncline/proto';
import { codes } from './codes';
import { NO_BYTES, type Place, wrong } from './place';

export type CompressionName = 'gzip' | 'brotli' | 'zstd';

/** What the platform offers for packing pages and pushes; conversion itself needs no platform. */
export interface Compressor {
  readonly name: CompressionName;
  /** No more is ever unpacked, whatever a message claims. */
  readonly unpackedBytesMax: number;
  pack(bytes: Uint8Array): Uint8Array;
  /** Throws for what is not packed in this way, and for more than `bytesMax`. */
  unpack(packed: Uint8Array, bytesMax: number): Uint8Array;
}

export interface Packed {
  readonly compression: Compression;
  readonly packed: Uint8Array;
  readonly uncompressedBytes: number;
}

const names = codes<CompressionName, Compression>({
  gzip: Compression.GZIP,
  brotli: Compression.BROTLI,
  zstd: Compression.ZSTD,
});

/** Null where packing does not make it smaller. */
export function pack(bytes: Uint8Array, compressor: Compressor): Packed | null {
  const packed = compressor.pack(bytes);
  if (packed.length >= bytes.length) return null;
  return { compression: names.code(compressor.name), packed, uncompressedBytes: bytes.length };
}

export function unpack(
  { compression, packed, uncompressedBytes }: Packed,
  compressor: Compressor | null,
  at: Place,
): Uint8Array {
  if (compressor === null || names.name(compression) !== compressor.name) {
    wrong(at, 'compression', 'must be one that was agreed on');
    return NO_BYTES;
  }
  if (uncompressedBytes > compressor.unpackedBytesMax) {
    wrong(at, 'uncompressed_bytes', `must be at most ${compressor.unpackedBytesMax}`);
    return NO_BYTES;
  }
  const bytes = unpackedOrNull(compressor, packed, uncompressedBytes);
  if (bytes?.length === uncompressedBytes) return bytes;
  wrong(at, 'uncompressed_bytes', 'must be what the packed bytes unpack to');
  return NO_BYTES;
}

function unpackedOrNull(compressor: Compressor, packed: Uint8Array, bytesMax: number): Uint8Array | null {
  try {
    return compressor.unpack(packed, bytesMax);
  } catch {
    return null;
  }
}
