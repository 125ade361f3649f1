import fc from 'fast-check';
import { compareUtf8, decodeUtf8, encodeUtf8, tryDecodeUtf8, utf8Length, writeUtf8 } from './utf8';

/** Well-formed text in which every length of UTF-8 is frequent. */
const texts = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      'a',
      'b',
      'é',
      '\u07ff',
      '\u0800',
      '\ud7ff',
      '\ue000',
      '\uffff',
      '\u{10000}',
      '\u{10ffff}',
    ),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
});

/** UTF-16 units in any sequence, halves of pairs too. */
const units = fc.string({
  unit: fc.oneof(
    fc.constantFrom('a', 'é', '長', '\ud800', '\udbff', '\udc00', '\udfff'),
    fc.nat(0xffff).map((unit) => String.fromCharCode(unit)),
  ),
});

test('the order is that of the bytes', () => {
  fc.assert(
    fc.property(texts, texts, (left, right) => {
      const expected = Buffer.compare(Buffer.from(left), Buffer.from(right));
      expect(Math.sign(compareUtf8(left, right))).toBe(expected);
    }),
    { numRuns: 1_000 },
  );
});

test('it differs from the order of UTF-16 exactly where a pair meets a unit above it', () => {
  expect(compareUtf8('\u{10000}', '\uffff')).toBeGreaterThan(0);
  expect('\u{10000}' < '\uffff').toBe(true);
});

test('the length is that of the bytes, of any text', () => {
  fc.assert(
    fc.property(fc.oneof(texts, units), (text) => {
      expect(utf8Length(text)).toBe(Buffer.byteLength(text));
    }),
    { numRuns: 1_000 },
  );
});

test('text survives being encoded and decoded', () => {
  fc.assert(
    fc.property(texts, (text) => {
      expect(Buffer.from(encodeUtf8(text)).toString()).toBe(text);
      expect(decodeUtf8(encodeUtf8(text))).toBe(text);
      expect(tryDecodeUtf8(encodeUtf8(text))).toBe(text);
    }),
  );
  expect(decodeUtf8(encodeUtf8('\ufeffa'))).toBe('\ufeffa');
});

test('text that has been encoded stays as it is when other text is', () => {
  fc.assert(
    fc.property(fc.oneof(texts, units), fc.oneof(texts, units), (first, second) => {
      const encoded = encodeUtf8(first);
      encodeUtf8(second);
      expect(Buffer.from(encoded)).toEqual(Buffer.from(first));
    }),
  );
});

test.each([1_364, 1_365, 1_366, 5_000])('%d characters are encoded whole', (length) => {
  for (const character of ['a', 'é', '長', '\ud800']) {
    const text = character.repeat(length);
    expect(Buffer.from(encodeUtf8(text))).toEqual(Buffer.from(text));
  }
});

test.each([[[0xff]], [[0xc3]], [[0xc0, 0x80]], [[0xed, 0xa0, 0x80]], [[0xf4, 0x90, 0x80, 0x80]]])(
  '%j is not UTF-8',
  (bytes) => {
    expect(tryDecodeUtf8(new Uint8Array(bytes))).toBeNull();
    expect(() => decodeUtf8(new Uint8Array(bytes))).toThrow();
  },
);

test('writing into a buffer gives the same bytes and leaves the rest alone', () => {
  const longAscii = fc.string({ unit: fc.constantFrom('a', '~'), minLength: 60, maxLength: 70 });
  fc.assert(
    fc.property(fc.oneof(texts, longAscii), (text) => {
      const target = new Uint8Array(400).fill(0xaa);
      const length = writeUtf8(text, target);
      expect(Buffer.from(target.subarray(0, length))).toEqual(Buffer.from(text));
      expect(target.subarray(length).every((byte) => byte === 0xaa)).toBe(true);
    }),
  );
});
