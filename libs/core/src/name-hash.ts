import { murmur3 } from './hash';
import { encodeUtf8 } from './utf8';

const SEED = 0x6c6f6773;

/** Tells spaces and sessions apart in logs and traces without naming them. */
export function nameHash(name: string): string {
  const bytes = encodeUtf8(name);
  return murmur3(bytes, bytes.length, SEED).toString(16).padStart(8, '0');
}
