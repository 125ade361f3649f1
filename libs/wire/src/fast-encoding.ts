import { decodeUtf8 } from '@syncline/core';
import { BinaryReader, BinaryWriter } from '@syncline/proto';

/** What is empty takes two bytes on the wire and hundreds once it is read, so it is not only bytes that are bounded. */
const FIELDS_MAX = 500_000;
const READS_PER_FIELD = 2;

/** Seven bytes of a varint and four bits of the next hold every safe number. */
const SAFE_BYTES = 8;
const LAST_SAFE_BYTE_MAX = 0x0f;

/** The library makes a `BigInt` of every 64-bit number; this one does so only with those that need it. */
class BoundedReader extends BinaryReader {
  readonly #bytes: Uint8Array;
  readonly #uint32 = this.uint32;
  #left = FIELDS_MAX * READS_PER_FIELD;

  constructor(view: Uint8Array) {
    super(view, decodeUtf8);
    this.#bytes = view;
    // The library keeps this with each reader, where a method of the class would not be seen.
    this.uint32 = this.#boundedUint32;
  }

  #boundedUint32(): number {
    if (this.#left-- === 0) throw new RangeError('the message has too many fields');
    return this.#uint32();
  }

  /** Generated code makes a number of whatever this is. */
  override uint64(): bigint | string {
    let [at, value, scale] = [this.pos, 0, 1];
    for (let read = 1; read <= SAFE_BYTES; read++) {
      const byte = this.#bytes[at++]!;
      if (read === SAFE_BYTES && byte > LAST_SAFE_BYTE_MAX) break;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        this.pos = at;
        return value as unknown as bigint;
      }
      scale *= 0x80;
    }
    return super.uint64();
  }
}

export const boundedReader = (view: Uint8Array): BinaryReader => new BoundedReader(view);

const UINT32_MAX = 0xffffffff;
const LOW_BITS = 2 ** 28;
/** Read no more once it is written: nothing here waits for anything. */
const lowBytes = new Uint8Array(4);

class NumberWriter extends BinaryWriter {
  override uint64(value: string | number | bigint): this {
    if (typeof value !== 'number' || value < 0 || !Number.isSafeInteger(value)) return super.uint64(value);
    if (value <= UINT32_MAX) return this.uint32(value);
    const low = value % LOW_BITS;
    // Four times seven bits, with more to follow.
    for (let place = 0; place < 4; place++) lowBytes[place] = ((low >>> (7 * place)) & 0x7f) | 0x80;
    return this.raw(lowBytes).uint32(Math.floor(value / LOW_BITS));
  }
}

const KEPT_BYTES_MAX = 64 * 1024;

/** A writer starts small and grows in steps; this one has grown already. Null while it is in use, and after a failure. */
const kept: { writer: BinaryWriter | null } = { writer: null };

export function encodedBy<Message>(
  codec: { encode(message: Message, writer: BinaryWriter): BinaryWriter },
  message: Message,
): Uint8Array {
  const writer = kept.writer ?? new NumberWriter();
  kept.writer = null;
  const bytes = codec.encode(message, writer).finish();
  if (bytes.length <= KEPT_BYTES_MAX) kept.writer = writer;
  return bytes;
}
