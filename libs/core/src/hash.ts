/** 64 bits as two 32-bit lanes, each unsigned: JavaScript has no fast 64-bit integer. */
export interface Hash64 {
  readonly a: number;
  readonly b: number;
}

export const ZERO64: Hash64 = { a: 0, b: 0 };

// Looked up once: in test runners that isolate globals, each look-up costs more than the multiplication.
const imul = Math.imul;

/** MurmurHash3_x86_32 of the first `length` bytes. Finds faults, not forgeries. */
export function murmur3(bytes: Uint8Array, length: number, seed: number): number {
  let h = seed | 0;
  const blocks = length & ~3;
  for (let i = 0; i < blocks; i += 4) {
    const word = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    h = mixWord(h, word);
  }
  return finish(h ^ restOf(bytes, blocks, length & 3) ^ length);
}

/** Both lanes, each from its own seed, in one pass over the bytes. */
export function murmur3Lanes(bytes: Uint8Array, length: number, seeds: Hash64): Hash64 {
  let a = seeds.a | 0;
  let b = seeds.b | 0;
  const blocks = length & ~3;
  for (let i = 0; i < blocks; i += 4) {
    const word = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    const k = scramble(word);
    a = stir(a ^ k);
    b = stir(b ^ k);
  }
  const rest = restOf(bytes, blocks, length & 3);
  return { a: finish(a ^ rest ^ length), b: finish(b ^ rest ^ length) };
}

/** The same for a number written as eight bytes, little endian, without writing them. */
export function murmur3OfUint64(value: number, seed: number): number {
  const low = value >>> 0;
  const high = Math.floor(value / 0x100000000);
  return finish(mixWord(mixWord(seed | 0, low), high) ^ 8);
}

function scramble(word: number): number {
  const k = imul(word, 0xcc9e2d51);
  return imul((k << 15) | (k >>> 17), 0x1b873593);
}

function mixWord(h: number, word: number): number {
  return stir(h ^ scramble(word));
}

function stir(mixed: number): number {
  return (imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

/** What the last bytes, fewer than a word, add. */
function restOf(bytes: Uint8Array, at: number, count: number): number {
  if (count === 0) return 0;
  let rest = bytes[at]!;
  if (count > 1) rest |= bytes[at + 1]! << 8;
  if (count > 2) rest |= bytes[at + 2]! << 16;
  return scramble(rest);
}

function finish(value: number): number {
  let h = value;
  h = imul(h ^ (h >>> 16), 0x85ebca6b);
  h = imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

export function sameHash(left: Hash64, right: Hash64): boolean {
  return left.a === right.a && left.b === right.b;
}

/** Eight bytes, big endian, lane a first: the form on the wire. */
export function hashToBytes(hash: Hash64): Uint8Array {
  const bytes = new Uint8Array(8);
  for (let i = 0; i < 4; i++) {
    bytes[i] = hash.a >>> (24 - 8 * i);
    bytes[4 + i] = hash.b >>> (24 - 8 * i);
  }
  return bytes;
}

export function hashFromBytes(bytes: Uint8Array): Hash64 | null {
  if (bytes.length !== 8) return null;
  const lane = (at: number) =>
    ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
  return { a: lane(0), b: lane(4) };
}
