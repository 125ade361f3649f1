import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { hashFromBytes, hashToBytes, murmur3, murmur3Lanes, murmur3OfUint64, sameHash } from './hash';

interface MurmurVector {
  readonly text?: string;
  readonly hex?: string;
  readonly seed: string;
  readonly hash: string;
}

const vectors = JSON.parse(readFileSync(path.join(__dirname, '../vectors/digest.json'), 'utf8')) as {
  readonly murmur3: readonly MurmurVector[];
};

const lanes = fc.record({ a: fc.nat(0xffffffff), b: fc.nat(0xffffffff) });
const seeds = fc.nat(0xffffffff);

test.each([
  ['', 0, 0],
  ['', 1, 0x514e28b7],
  ['', 0xffffffff, 0x81f16f39],
  ['test', 0, 0xba6bd213],
  ['Hello, world!', 0x9747b28c, 0x24884cba],
  ['The quick brown fox jumps over the lazy dog', 0x9747b28c, 0x2fa826cd],
])('the published hash of %p with seed %p', (text, seed, hash) => {
  const bytes = Buffer.from(text);
  expect(murmur3(bytes, bytes.length, seed)).toBe(hash);
});

test.each(vectors.murmur3)('the vector $text$hex with seed $seed', ({ text, hex, seed, hash }) => {
  const bytes = hex === undefined ? Buffer.from(text!) : Buffer.from(hex, 'hex');
  expect(murmur3(bytes, bytes.length, parseInt(seed, 16))).toBe(parseInt(hash, 16));
});

test('two lanes at once are the two lanes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), lanes, (bytes, { a, b }) => {
      const alone = { a: murmur3(bytes, bytes.length, a), b: murmur3(bytes, bytes.length, b) };
      expect(murmur3Lanes(bytes, bytes.length, { a, b })).toEqual(alone);
    }),
  );
});

test('bytes beyond the given length do not count', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), seeds, (bytes, more, seed) => {
      const longer = new Uint8Array([...bytes, ...more]);
      expect(murmur3(longer, bytes.length, seed)).toBe(murmur3(bytes, bytes.length, seed));
    }),
  );
});

test('a number hashes like its eight bytes, little endian', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), seeds, (value, seed) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigUInt64LE(BigInt(value));
      expect(murmur3OfUint64(value, seed)).toBe(murmur3(bytes, 8, seed));
    }),
  );
});

test('on the wire a hash is lane a, then lane b, big endian', () => {
  expect(hashToBytes({ a: 0x01020304, b: 0xfffefdfc })).toEqual(
    new Uint8Array([1, 2, 3, 4, 0xff, 0xfe, 0xfd, 0xfc]),
  );
  fc.assert(
    fc.property(lanes, (hash) => {
      expect(hashFromBytes(hashToBytes(hash))).toEqual(hash);
    }),
  );
});

test.each([[0], [7], [9]])('%p bytes are no hash', (length) => {
  expect(hashFromBytes(new Uint8Array(length))).toBeNull();
});

test('hashes are the same if both lanes are', () => {
  expect(sameHash({ a: 1, b: 2 }, { a: 1, b: 2 })).toBe(true);
  expect(sameHash({ a: 1, b: 2 }, { a: 1, b: 3 })).toBe(false);
  expect(sameHash({ a: 1, b: 2 }, { a: 2, b: 2 })).toBe(false);
});
