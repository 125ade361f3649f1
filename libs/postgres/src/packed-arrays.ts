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

type Write<Value> = (writer: Writer, value: Value) => void;
const WRITES: { readonly [Type in PackedType]: Write<TypeOf[Type]> } = {
  text: (writer, value) => writer.text(value),
  int8: (writer, value) => writer.int8(value),
  int4: (writer, value) => writer.int4(value),
  bool: (writer, value) => writer.bool(value),
  bytea: (writer, value) => writer.bytes(value),
};

/** One array of what `of` finds in each source. */
export function packed<Type extends PackedType, Source>(
  type: Type,
  sources: readonly Source[],
  of: (source: Source) => TypeOf[Type] | null,
): Uint8Array {
  const writer = arrayWriter(OIDS[type], sources.length);
  const write: Write<TypeOf[Type]> = WRITES[type];
  for (const source of sources) {
    const value = of(source);
    if (value === null) writer.nothing();
    else write(writer, value);
  }
  return writer.result();
}

export const packedTexts = (values: readonly string[]): Uint8Array =>
  packed('text', values, (value) => value);

interface Writer {
  nothing(): void;
  text(value: string): void;
  int8(value: number): void;
  int4(value: number): void;
  bool(value: boolean): void;
  bytes(value: Uint8Array): void;
  result(): Uint8Array;
}

function arrayWriter(oid: number, count: number): Writer {
  let target = Buffer.allocUnsafe(HEAD_BYTES + count * 16);
  let at = 0;
  const room = (bytes: number): void => {
    if (at + bytes <= target.length) return;
    const larger = Buffer.allocUnsafe(Math.max(target.length * 2, at + bytes));
    target.copy(larger, 0, 0, at);
    target = larger;
  };
  const int4 = (value: number): void => {
    at = target.writeInt32BE(value, at);
  };
  // Number of dimensions; "may hold nulls", which is not relied on; type; length; index of the first.
  for (const value of count === 0 ? [0, 0, oid] : [1, 1, oid, count, 1]) int4(value);

  return {
    nothing() {
      room(4);
      int4(NULL_LENGTH);
    },
    text(value) {
      // No UTF-16 unit takes more than three bytes.
      room(4 + value.length * 3);
      const length = target.write(value, at + 4);
      int4(length);
      at += length;
    },
    int8(value) {
      room(12);
      int4(8);
      int4(Math.floor(value / UINT32));
      at = target.writeUInt32BE(value >>> 0, at);
    },
    int4(value) {
      room(8);
      int4(4);
      int4(value);
    },
    bool(value) {
      room(5);
      int4(1);
      at = target.writeUInt8(Number(value), at);
    },
    bytes(value) {
      room(4 + value.length);
      int4(value.length);
      target.set(value, at);
      at += value.length;
    },
    result: () => target.subarray(0, at),
  };
}
