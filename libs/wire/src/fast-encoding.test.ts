import { Outcome, Outcomes } from '@syncline/proto';
import { decode, encode } from './encoding';

const outcomeOf = (number: number): Outcome => ({ ...Outcome.create(), number });
const listOf = (numbers: readonly number[]): Outcomes => ({
  ...Outcomes.create(),
  outcomes: numbers.map(outcomeOf),
});

const powers = Array.from({ length: 53 }, (_, power) => 2 ** power);
const NUMBERS = [...powers.flatMap((power) => [power - 1, power, power + 1]), Number.MAX_SAFE_INTEGER].filter(
  (number) => number > 0 && Number.isSafeInteger(number),
);

test('numbers of all sizes are encoded as the library encodes them, and read back', () => {
  const list = listOf(NUMBERS);
  const bytes = encode(Outcomes, list);
  expect(bytes).toEqual(Outcomes.encode(list).finish());
  expect(decode(Outcomes, bytes)).toEqual({ ok: true, value: list });
});

/** Field 1, and a varint: eight bytes that go on, and what follows them. */
const withNumber = (...last: number[]): Uint8Array =>
  new Uint8Array([0x08, ...Array.from({ length: 7 }, () => 0xff), ...last]);

test('a number is read up to the largest that is safe, and refused above', () => {
  expect(decode(Outcome, withNumber(0x0f))).toMatchObject({ ok: true, value: { number: 2 ** 53 - 1 } });
  for (const last of [[0x10], [0x8f, 0x01], [0xff, 0xff, 0x01]])
    expect(decode(Outcome, withNumber(...last))).toMatchObject({ refusal: { reason: 'INVALID_ARGUMENT' } });
  // More bytes than the number needs.
  expect(decode(Outcome, withNumber(0x8f, 0x00))).toMatchObject({ ok: true, value: { number: 2 ** 53 - 1 } });
});

test('a number that ends with the message before it is complete is refused', () => {
  for (let length = 1; length <= 8; length++)
    expect(decode(Outcome, withNumber(0x0f).subarray(0, length)).ok).toBe(false);
});

test('numbers that a field cannot hold are refused, and leave nothing for what is encoded next', () => {
  const good = encode(Outcome, outcomeOf(7));
  for (const bad of [-1, 0.5, Number.NaN]) {
    expect(() => encode(Outcome, { ...outcomeOf(bad), message: 'x'.repeat(100) })).toThrow();
    expect(encode(Outcome, outcomeOf(7))).toEqual(good);
  }
});

test('what was encoded before stays as it is, whatever is encoded next', () => {
  const large = { ...Outcome.create(), message: 'x'.repeat(200_000) };
  const first = encode(Outcome, outcomeOf(5));
  const copy = first.slice();
  expect(encode(Outcome, large)).toEqual(Outcome.encode(large).finish());
  encode(Outcome, outcomeOf(6));
  expect(first).toEqual(copy);
});
