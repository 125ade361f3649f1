import { crc32c } from './crc32c';

const text = (characters: string): Uint8Array => Uint8Array.from(characters, (each) => each.charCodeAt(0));

// RFC 3720, B.4.
test.each<[string, Uint8Array, number]>([
  ['nothing', new Uint8Array(0), 0],
  ['nine digits', text('123456789'), 0xe3069283],
  ['zeros', new Uint8Array(32), 0x8a9136aa],
  ['ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
  ['counting up', Uint8Array.from({ length: 32 }, (_, at) => at), 0x46dd794e],
])('the sum of %s is the one that is published', (_, bytes, sum) => {
  expect(crc32c(bytes)).toBe(sum);
});
