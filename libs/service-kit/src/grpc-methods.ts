import type { MethodDefinition } from '@grpc/grpc-js';

interface AnyMethod {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
}

/** A method whose messages are the bytes as they are on the wire: whoever reads them decodes them, as strictly as it likes. */
export type BytesMethod<Method extends AnyMethod> = MethodDefinition<Uint8Array, Uint8Array> &
  Pick<Method, 'path' | 'requestStream' | 'responseStream'>;

export type BytesMethods<Methods extends Readonly<Record<string, AnyMethod>>> = {
  readonly [Name in keyof Methods]: BytesMethod<Methods[Name]>;
};

/** The methods of a generated service, without its codecs. */
export function bytesMethods<Methods extends Readonly<Record<string, AnyMethod>>>(
  methods: Methods,
): BytesMethods<Methods> {
  const converted = Object.entries(methods).map(([name, { path, requestStream, responseStream }]) => [
    name,
    {
      path,
      requestStream,
      responseStream,
      requestSerialize: asBuffer,
      requestDeserialize: asBytes,
      responseSerialize: asBuffer,
      responseDeserialize: asBytes,
    },
  ]);
  return Object.fromEntries(converted) as BytesMethods<Methods>;
}

/** `/syncline.v1.SyncService/Push` → `syncline.v1.SyncService`. */
export function serviceNames(methods: Readonly<Record<string, AnyMethod>>): readonly string[] {
  return [...new Set(Object.values(methods).map(({ path }) => path.split('/')[1] ?? ''))];
}

/** Views both: not a byte is copied. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function asBytes(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
