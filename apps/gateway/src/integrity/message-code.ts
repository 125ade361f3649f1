import { createHmac, timingSafeEqual } from 'node:crypto';
import { type SignedPlace, signedBytes } from '@syncline/wire';

/** HMAC-SHA-256 over a message and its place in the session. */
export function messageCode(key: Uint8Array, place: SignedPlace, message: Uint8Array): Uint8Array {
  return createHmac('sha256', key).update(signedBytes(place, message)).digest();
}

export function isMessageCode(
  code: Uint8Array,
  key: Uint8Array,
  place: SignedPlace,
  message: Uint8Array,
): boolean {
  const expected = messageCode(key, place, message);
  return expected.length === code.length && timingSafeEqual(expected, code);
}
