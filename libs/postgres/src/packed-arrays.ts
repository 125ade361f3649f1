/**
 * Arrays as Postgres takes them in binary. As text, every byte of a payload would be written as two characters,
 * and read again.
 */
export interface TypeOf {
  readonly text: string;
  readonly int8: number;
  readonly int4: number;
  readonly bool: boolean;
  readonly bytea: Uint8Array;
}
export type PackedType = keyof TypeOf;

const OIDS: Record<PackedType, number> = { text: 25, int8: 20, int4: 23, bool: 16, bytea: 17 };
export const ARRAY_OIDS: Record<PackedType, number> = {
  text: 1009,
  int8: 1016,
  int4: 1007,
  bool: 1000,
  bytea: 1001,
};

const HEAD_BYTES = 20;
const NULL_LENGTH = -1;
const UINT32 = 2 ** 32;

type Write<Value> = (array: PackedArray, value: Value) => void;
const WRITES: { readonly [Type in PackedType]: Write<TypeOf[Type]> } = {
  text: writeText,
  int8: writeInt8,
  int4(array, value) {
    room(array, 8);
    writeWord(array, 4);
    writeWord(array, value);
  },
  bool(array, value) {
    room(array, 5);
    writeWord(array, 1);
    array.bytes[array.at++] = Number(value);
  },
  bytea(array, value) {
    room(array, 4 + value.length);
    writeWord(array, value.length);
    array.bytes.set(value, array.at);
    array.at += value.length;
  },
};

/** One array of what `of` finds in each source. */
export function packed<Type extends PackedType, Source>(
  type: Type,
  sources: readonly Source[],
  of: (source: Source) => TypeOf[Type] | null,
): Uint8Array {
  const { length } = sources;
  const array: PackedArray = { bytes: Buffer.allocUnsafe(HEAD_BYTES + length * 16), at: 0 };
  // Number of dimensions; "may hold nulls", which is not relied on; type; length; index of the first.
  for (const word of length === 0 ? [0, 0, OIDS[type]] : [1, 1, OIDS[type], length, 1])
    writeWord(array, word);
  const write: Write<TypeOf[Type]> = WRITES[type];
  for (const source of sources) {
    const value = of(source);
    if (value !== null) write(array, value);
    else {
      room(array, 4);
      writeWord(array, NULL_LENGTH);
    }
  }
  return array.bytes.subarray(0, array.at);
}

export const packedTexts = (values: readonly string[]): Uint8Array =>
  packed('text', values, (value) => value);

/** One under way. Every value of every change passes through here, so bytes are set one by one, without checks. */
interface PackedArray {
  bytes: Buffer;
  at: number;
}

function room(array: PackedArray, bytes: number): void {
  const { bytes: old, at } = array;
  if (at + bytes <= old.length) return;
  array.bytes = Buffer.allocUnsafe(Math.max(old.length * 2, at + bytes));
  old.copy(array.bytes, 0, 0, at);
}

function writeWord(array: PackedArray, value: number): void {
  const { bytes, at } = array;
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
  array.at = at + 4;
}

function writeInt8(array: PackedArray, value: number): void {
  room(array, 12);
  writeWord(array, 8);
  writeWord(array, Math.floor(value / UINT32));
  writeWord(array, value >>> 0);
}

function writeText(array: PackedArray, value: string): void {
  // No UTF-16 unit takes more than three bytes.
  room(array, 4 + value.length * 3);
  const { bytes, at } = array;
  const length = writeUtf8(value, bytes, at + 4);
  writeWord(array, length);
  array.at = at + 4 + length;
}

const SHORT_TEXT = 64;

/** How many bytes it took. Short ASCII is written from here: a call out of JavaScript takes longer. */
function writeUtf8(value: string, bytes: Buffer, at: number): number {
  const { length } = value;
  if (length > SHORT_TEXT) return bytes.write(value, at);
  for (let index = 0; index < length; index++) {
    const unit = value.charCodeAt(index);
    if (unit > 0x7f) return bytes.write(value, at);
    bytes[at + index] = unit;
  }
  return length;
}
