import { type Hash64, hashFromBytes, hashToBytes, sameHash } from './hash';
import type { Epoch, SpaceKey, Version } from './ids';
import { type Refusal, refusal } from './refusals';
import { encodeUtf8 } from './utf8';

/** How far a device has read a space. */
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
const SIGNATURE_BYTES = 16;
const BODY_BYTES = 2 + 4 * 8 + 8;

export function startCursor(epoch: Epoch, head: Version, scope: Hash64): Cursor {
  return { epoch, position: 0, checkpoint: 0, asOf: head, scope };
}

export function checkpointCursor(epoch: Epoch, version: Version, scope: Hash64): Cursor {
  return { epoch, position: version, checkpoint: version, asOf: version, scope };
}

export function encodeCursor(cursor: Cursor, space: SpaceKey, keys: CursorKeys): Uint8Array {
  const body = new Uint8Array(BODY_BYTES + SIGNATURE_BYTES);
  const view = new DataView(body.buffer);
  body[0] = CURSOR_FORMAT;
  body[1] = keys.current;
  [cursor.epoch, cursor.position, cursor.checkpoint, cursor.asOf].forEach((value, index) =>
    view.setBigUint64(2 + 8 * index, BigInt(value)),
  );
  body.set(hashToBytes(cursor.scope), BODY_BYTES - 8);
  const signature = signatureOf(body, space, keys.current, keys);
  if (signature === null) throw new RangeError(`cursor key ${keys.current} is missing`);
  body.set(signature, BODY_BYTES);
  return body;
}

/** Null for anything that was not issued for this space by a holder of the keys. */
export function decodeCursor(bytes: Uint8Array, space: SpaceKey, keys: CursorKeys): Cursor | null {
  if (bytes.length !== BODY_BYTES + SIGNATURE_BYTES || bytes[0] !== CURSOR_FORMAT) return null;
  const expected = signatureOf(bytes, space, bytes[1]!, keys);
  if (expected === null || !sameBytes(expected, bytes.subarray(BODY_BYTES))) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const number = (index: number) => Number(view.getBigUint64(2 + 8 * index));
  const scope = hashFromBytes(bytes.subarray(BODY_BYTES - 8, BODY_BYTES));
  if (scope === null) return null;
  return { epoch: number(0), position: number(1), checkpoint: number(2), asOf: number(3), scope };
}

function signatureOf(body: Uint8Array, space: SpaceKey, keyId: number, keys: CursorKeys): Uint8Array | null {
  const name = encodeUtf8(space);
  const message = new Uint8Array(BODY_BYTES + name.length);
  message.set(body.subarray(0, BODY_BYTES));
  message.set(name, BODY_BYTES);
  return keys.sign(keyId, message)?.subarray(0, SIGNATURE_BYTES) ?? null;
}

/** Takes the same time wherever the first difference is. */
function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  let difference = 0;
  for (let i = 0; i < left.length; i++) difference |= left[i]! ^ right[i]!;
  return difference === 0;
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
