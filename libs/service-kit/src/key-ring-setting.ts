import { customSetting } from './setting-kinds';
import type { Parsed, Setting } from './settings';

export interface RingKey {
  readonly id: number;
  readonly secret: Uint8Array;
}

const KEY = /^(\d{1,3}):([A-Za-z0-9+/_-]+={0,2})$/;
const ID_MAX = 255;
const KEY_BYTES_MIN = 16;

/** Several keys, told apart by their ids, so that a new one can be added before the old one goes. */
export function keyRingSetting(
  name: string,
  options: { readonly sentence: string },
): Setting<readonly RingKey[]> {
  const form = `\`id:base64,id:base64\`, each key ${KEY_BYTES_MIN} bytes or more`;
  return customSetting(name, form, keysIn, options);
}

const SIGNING_KEY_BYTES = 32;

/** One key to sign with that others can check: the seed of an Ed25519 key, and an id that goes with what it signed. */
export function signingKeySetting(name: string, options: { readonly sentence: string }): Setting<RingKey> {
  const form = `\`id:base64\`, a key of ${SIGNING_KEY_BYTES} bytes`;
  return customSetting(name, form, signingKeyIn, options);
}

function signingKeyIn(text: string): Parsed<RingKey> {
  const keys = keysIn(text);
  if (!keys.ok) return keys;
  const [key, another] = keys.value;
  if (key === undefined || another !== undefined) return { ok: false, problem: 'holds several keys' };
  return key.secret.length === SIGNING_KEY_BYTES
    ? { ok: true, value: key }
    : { ok: false, problem: `holds a key, ${key.id}, that is not ${SIGNING_KEY_BYTES} bytes long` };
}

function keysIn(text: string): Parsed<readonly RingKey[]> {
  const keys: RingKey[] = [];
  for (const part of text.split(',')) {
    const [, id, base64 = ''] = KEY.exec(part.trim()) ?? [];
    const secret = new Uint8Array(Buffer.from(base64, 'base64'));
    if (id === undefined || Number(id) > ID_MAX)
      return { ok: false, problem: `holds a key without an id up to ${ID_MAX}` };
    if (secret.length < KEY_BYTES_MIN)
      return { ok: false, problem: `holds a key, ${id}, that is shorter than ${KEY_BYTES_MIN} bytes` };
    if (keys.some((key) => key.id === Number(id))) return { ok: false, problem: `holds the key ${id} twice` };
    keys.push({ id: Number(id), secret });
  }
  return { ok: true, value: keys };
}
