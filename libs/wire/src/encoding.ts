import { type Answer, granted, refused } from '@syncline/core';
import type { BinaryReader, BinaryWriter } from '@syncline/proto';
import { boundedReader, encodedBy } from './fast-encoding';
import { checkShape } from './json-shape';
import { reading } from './place';

/** A generated message's own functions. */
export interface Codec<Message> {
  encode(message: Message, writer?: BinaryWriter): BinaryWriter;
  decode(input: BinaryReader): Message;
  fromJSON(json: unknown): Message;
}

export function encode<Message>(codec: Codec<Message>, message: Message): Uint8Array {
  return encodedBy(codec, message);
}

/**
 * Never throws, whatever the bytes are. Text that is not UTF-8 is refused: put right silently, an id would become
 * another one. What is left over behind the message is refused as well.
 */
export function decode<Message>(codec: Codec<Message>, bytes: Uint8Array): Answer<Message> {
  // A view of its own, because Node's buffers would make every part of the message one of theirs.
  const view = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const reader = boundedReader(view);
  return attempt(() => {
    const message = codec.decode(reader);
    if (reader.pos !== view.length) throw new RangeError('the message ends before its bytes do');
    return message;
  });
}

/**
 * The same for what was parsed from JSON: a value of another type than its field's is refused, with its place, and so is a
 * number that the field could not hold on the wire.
 */
export function decodeJson<Message>(codec: Codec<Message>, json: unknown): Answer<Message> {
  const read = then(
    attempt(() => codec.fromJSON(json)),
    (message) =>
      reading('', (at) => {
        checkShape(json, message, at);
        return message;
      }),
  );
  return then(read, (message) => (isEncodable(codec, message) ? granted(message) : OUT_OF_RANGE));
}

const OUT_OF_RANGE = refused('INVALID_ARGUMENT', {
  message: 'A number is negative, not whole, or too large for its field.',
});

function isEncodable<Message>(codec: Codec<Message>, message: Message): boolean {
  try {
    encode(codec, message);
    return true;
  } catch {
    return false;
  }
}

function attempt<Message>(read: () => Message): Answer<Message> {
  try {
    return granted(read());
  } catch {
    return refused('INVALID_ARGUMENT', { message: 'This is not the encoding of a message of the protocol.' });
  }
}

/** Goes on with what an answer holds. */
export function then<From, To>(answer: Answer<From>, read: (value: From) => Answer<To>): Answer<To> {
  return answer.ok ? read(answer.value) : answer;
}

/** For whoever can do nothing about what it cannot read. */
export function valueOrNull<Value>(answer: Answer<Value>): Value | null {
  return answer.ok ? answer.value : null;
}

const UINT32_MAX = 0xffffffff;

/** What cannot be written as it is becomes the nearest number that can: a limit or a delay loses nothing by it. */
export function uint32(value: number): number {
  return Math.min(uint64(value), UINT32_MAX);
}

export function uint64(value: number): number {
  return Math.min(Math.max(0, Math.ceil(value)), Number.MAX_SAFE_INTEGER);
}
