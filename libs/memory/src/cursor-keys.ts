import { createHmac } from 'node:crypto';
import type { CursorKeys } from '@syncline/core';

export interface CursorSecret {
  /** 0 to 255: it travels in each cursor, so that cursors outlive a change of keys. */
  readonly id: number;
  readonly secret: Uint8Array;
}

const SECRET_BYTES_MIN = 16;

/** The first secret signs; the others are still believed until they are taken from the list. */
export function hmacCursorKeys(secrets: readonly CursorSecret[]): CursorKeys {
  const [first] = secrets;
  if (first === undefined) throw new RangeError('there is no secret to sign cursors with');
  const byId = new Map<number, Uint8Array>();
  for (const { id, secret } of secrets) {
    if (!Number.isInteger(id) || id < 0 || id > 255)
      throw new RangeError(`cursor key ${id} is not between 0 and 255`);
    if (byId.has(id)) throw new RangeError(`cursor key ${id} is given twice`);
    if (secret.length < SECRET_BYTES_MIN) {
      throw new RangeError(`cursor key ${id} is shorter than ${SECRET_BYTES_MIN} bytes`);
    }
    byId.set(id, secret.slice());
  }
  return {
    current: first.id,
    sign(keyId, message) {
      const secret = byId.get(keyId);
      return secret === undefined ? null : createHmac('sha256', secret).update(message).digest();
    },
  };
}
