import { fieldsOf, splitObject, stringOf } from '../json-fields';
import { encodeUtf8 } from '../utf8';

/** The content of a side as the ledger has it, to the byte; null where it was left out, or is a delete. */
export function ledgerContent(payload: Uint8Array, side: 'stored' | 'incoming'): Uint8Array | null {
  const facts = splitObject(fieldsOf(payload)?.get(side) ?? '');
  const json = facts?.get('json');
  if (json !== undefined) return encodeUtf8(json);
  const base64 = stringOf(facts?.get('base64') ?? '');
  return base64 === null ? null : bytesOfBase64(base64);
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

function bytesOfBase64(text: string): Uint8Array {
  const digits = text.replaceAll('=', '');
  const bytes = new Uint8Array(Math.floor((digits.length * 6) / 8));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const digit of digits) {
    held = ((held << 6) | ALPHABET.indexOf(digit)) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = (held >> bits) & 0xff;
  }
  return bytes;
}
