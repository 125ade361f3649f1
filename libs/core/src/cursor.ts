import { sameBytes } from './bytes';
import { type Hash64, hashFromBytes, hashToBytes, sameHash } from './hash';
import type { Epoch, SpaceKey, Version } from './ids';
import { type Refusal, refusal } from './refusals';
import { encodeUtf8 } from './utf8';

/** A bookmark: where in the order of a space a device goes on reading. */
export interface Cursor {
  readonly epoch: Epoch;
  /** Every change up to here has been read, or has been replaced by a later one that is still to come. */
  readonly position: Version;
  /** The last checkpoint that the device reached; 0 for none. At a checkpoint it equals the position. */
  readonly checkpoint: Version;
  /** The head when this run of paging began: deletes up to here cannot concern what the device read since. */
  readonly asOf: Version;
  /** Scope and readable collections, see `scopeHash`. */
  readonly scope: Hash64;
}

/** A keyed hash over the cursor's bytes; keys can rotate, each has an id from 0 to 255. */
export interface CursorKeys {
  readonly current: number;
  /** Null for a key that is not, or no longer, known. */
  sign(keyId: number, message: Uint8Array): Uint8Array | null;
}

export const CURSOR_FORMAT = 1;
const AT_CHECKPOINT = 0;
const IN_RUN = 1;
const HEAD_BYTES = 3;
const NUMBER_BYTES_MAX = 8;
const SCOPE_BYTES = 8;
const SIGNATURE_BYTES = 16;

export function startCursor(epoch: Epoch, head: Version, scope: Hash64): Cursor {
  return { epoch, position: 0, checkpoint: 0, asOf: head, scope };
}

export function checkpointCursor(epoch: Epoch, version: Version, scope: Hash64): Cursor {
  return { epoch, position: version, checkpoint: version, asOf: version, scope };
}

/**
 * Format, key id, shape, numbers in groups of seven bits, scope, signature. At a checkpoint, where most cursors stand,
 * two numbers say it all: a cursor travels with every page.
 */
export function encodeCursor(cursor: Cursor, space: SpaceKey, keys: CursorKeys): Uint8Array {
  const { epoch, position, checkpoint, asOf, scope } = cursor;
  const atCheckpoint = checkpoint === position && asOf === position;
  const numbers = atCheckpoint ? [epoch, position] : [epoch, position, checkpoint, asOf];
  const bytes = new Uint8Array(
    HEAD_BYTES + numbers.length * NUMBER_BYTES_MAX + SCOPE_BYTES + SIGNATURE_BYTES,
  );
  bytes[0] = CURSOR_FORMAT;
  bytes[1] = keys.current;
  bytes[2] = atCheckpoint ? AT_CHECKPOINT : IN_RUN;
  let at = HEAD_BYTES;
  for (const number of numbers) at = writeNumber(bytes, at, number);
  bytes.set(hashToBytes(scope), at);
  const bodyEnd = at + SCOPE_BYTES;
  const signature = signatureOf(bytes.subarray(0, bodyEnd), space, keys.current, keys);
  if (signature === null) throw new RangeError(`cursor key ${keys.current} is missing`);
  bytes.set(signature, bodyEnd);
  return bytes.slice(0, bodyEnd + SIGNATURE_BYTES);
}

/** Null for anything that was not issued for this space by a holder of the keys. */
export function decodeCursor(bytes: Uint8Array, space: SpaceKey, keys: CursorKeys): Cursor | null {
  const bodyEnd = bytes.length - SIGNATURE_BYTES;
  if (bodyEnd < HEAD_BYTES + SCOPE_BYTES || bytes[0] !== CURSOR_FORMAT) return null;
  const expected = signatureOf(bytes.subarray(0, bodyEnd), space, bytes[1]!, keys);
  if (expected === null || !sameBytes(expected, bytes.subarray(bodyEnd))) return null;
  const scope = hashFromBytes(bytes.subarray(bodyEnd - SCOPE_BYTES, bodyEnd));
  const numbers = readNumbers(bytes.subarray(HEAD_BYTES, bodyEnd - SCOPE_BYTES));
  if (scope === null || numbers.length !== (bytes[2] === AT_CHECKPOINT ? 2 : 4)) return null;
  const [epoch, position, checkpoint = position, asOf = position] = numbers as [
    number,
    number,
    number?,
    number?,
  ];
  return { epoch, position, checkpoint, asOf, scope };
}

function writeNumber(bytes: Uint8Array, start: number, number: number): number {
  let at = start;
  let rest = number;
  while (rest >= 0x80) {
    bytes[at++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  bytes[at++] = rest;
  return at;
}

function readNumbers(bytes: Uint8Array): number[] {
  const numbers: number[] = [];
  let number = 0;
  let weight = 1;
  for (const byte of bytes) {
    number += (byte & 0x7f) * weight;
    weight *= 0x80;
    if (byte >= 0x80) continue;
    numbers.push(number);
    number = 0;
    weight = 1;
  }
  return numbers;
}

/** The space comes first and ends with a NUL, which no name holds: no other space and body make the same message. */
function signatureOf(body: Uint8Array, space: SpaceKey, keyId: number, keys: CursorKeys): Uint8Array | null {
  const name = encodeUtf8(space);
  const message = new Uint8Array(name.length + 1 + body.length);
  message.set(name);
  message.set(body, name.length + 1);
  return keys.sign(keyId, message)?.subarray(0, SIGNATURE_BYTES) ?? null;
}

export interface SpacePosition {
  readonly epoch: Epoch;
  readonly head: Version;
  readonly floor: Version;
}

/** Why a device has to start over, or null when its cursor can be continued. */
export function cursorObstacle(cursor: Cursor, space: SpacePosition, scope: Hash64): Refusal | null {
  if (cursor.epoch !== space.epoch) return refusal('EPOCH_CHANGED');
  if (!sameHash(cursor.scope, scope)) return refusal('SCOPE_CHANGED');
  if (cursor.position > space.head) return refusal('INVALID_SYNC_STATE');
  if (Math.max(cursor.position, cursor.asOf) < space.floor) return refusal('CURSOR_TOO_OLD');
  return null;
}
