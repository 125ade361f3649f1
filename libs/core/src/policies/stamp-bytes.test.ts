import fc from 'fast-check';
import type { HlcTime } from '../clock';
import type { DeviceId } from '../ids';
import type { Stamp } from '../records';
import { encodeUtf8 } from '../utf8';
import type { FieldStamps } from './field-stamps';
import { readStampBytes, STAMP_BYTES_FORM, writeStampBytes } from './stamp-bytes';
import { readStampJson } from './stamp-json';

/** UTF-16 units in any sequence, halves of pairs too. */
const anyText = fc.oneof(
  fc.string(),
  fc.string({
    unit: fc.oneof(
      fc.constantFrom('a', 'é', '\u007f', '\u0080', '\ud800', '\udc00'),
      fc.nat(0xffff).map((unit) => String.fromCharCode(unit)),
    ),
  }),
  fc.constantFrom('__proto__', '', 'x'.repeat(1_100), '長'.repeat(400)),
);

const anyCount = fc.oneof(
  fc.nat(70),
  fc.maxSafeNat(),
  fc.constantFrom(63, 64, 4_095, 4_096, Number.MAX_SAFE_INTEGER),
);

const stampTables = fc.array(fc.record({ time: anyCount, device: anyText, number: anyCount }), {
  minLength: 1,
  maxLength: 20,
}) as unknown as fc.Arbitrary<Stamp[]>;

const anyStamps: fc.Arbitrary<FieldStamps> = stampTables.chain((table) => {
  const named = fc.array(fc.tuple(anyText, fc.constantFrom(...table)), { maxLength: 20 });
  const listed = fc.record({ all: fc.constantFrom(...table), own: named.map((pairs) => new Map(pairs)) });
  return fc.record({
    kept: fc.constant(true),
    all: fc.constantFrom(...table),
    fields: named.map((pairs) => new Map(pairs)),
    elements: fc.array(fc.tuple(anyText, listed), { maxLength: 4 }).map((pairs) => new Map(pairs)),
  });
});

test('any stamps are read as they were written, from bytes that are all ASCII', () => {
  fc.assert(
    fc.property(anyStamps, (stamps) => {
      const bytes = writeStampBytes(stamps);
      expect(bytes[0]).toBe(STAMP_BYTES_FORM);
      expect(bytes.every((byte) => byte < 0x80)).toBe(true);
      expect(readStampBytes(bytes)).toEqual(stamps);
    }),
    { numRuns: 500 },
  );
});

test('the form of before says the same', () => {
  fc.assert(
    fc.property(anyStamps, (stamps) => {
      expect(readStampJson(encodeUtf8(jsonOf(stamps)))).toEqual(readStampBytes(writeStampBytes(stamps)));
    }),
  );
});

test('what was written stays as it is when others are written', () => {
  const first: FieldStamps = { kept: true, all: stamp(1), fields: new Map(), elements: new Map() };
  const bytes = writeStampBytes(first);
  writeStampBytes({ ...first, all: stamp(2) });
  expect(readStampBytes(bytes)).toEqual(first);
});

test('of many stamps each is written once as well', () => {
  const many = Array.from({ length: 500 }, (_, at) => stamp(at));
  const fields = new Map(many.flatMap((each, at) => [[`a${at}`, each] as const, [`b${at}`, each] as const]));
  const stamps: FieldStamps = { kept: true, all: many[0]!, fields, elements: new Map() };
  const bytes = writeStampBytes(stamps);
  expect(readStampBytes(bytes)).toEqual(stamps);
  expect(Buffer.from(bytes).toString().split('device').length - 1).toBe(many.length);
});

test('bytes that were cut short or go on are of another form', () => {
  fc.assert(
    fc.property(anyStamps, fc.nat(), (stamps, cut) => {
      const bytes = writeStampBytes(stamps);
      expect(readStampBytes(bytes.subarray(0, cut % bytes.length))).toBeNull();
      expect(readStampBytes(Uint8Array.of(...bytes, 0))).toBeNull();
    }),
  );
});

test('any bytes at all are answered', () => {
  const started = fc.uint8Array({ max: 0x7f, maxLength: 60 }).map((rest) => Uint8Array.of(2, 0, ...rest));
  const spoiled = fc
    .tuple(anyStamps, fc.nat(), fc.nat(0xff))
    .map(([stamps, at, byte]) =>
      writeStampBytes(stamps).map((each, i, { length }) => (i === at % length ? byte : each)),
    );
  fc.assert(
    fc.property(fc.oneof(started, spoiled, fc.uint8Array()), (bytes) => {
      const read = readStampBytes(bytes);
      if (read !== null) expect(readStampBytes(writeStampBytes(read))).toEqual(read);
    }),
    { numRuns: 1_000 },
  );
  expect(readStampBytes(encodeUtf8('\u0002é'))).toBeNull();
});

/** As stamps were written before. */
function jsonOf({ all, fields, elements }: FieldStamps): string {
  const table: Stamp[] = [all];
  const pairsOf = (stamps: ReadonlyMap<string, Stamp>) =>
    [...stamps].flatMap(([name, each]) => [name, table.push(each) - 1]);
  const pairs = pairsOf(fields);
  const lists = [...elements].flatMap(([name, listed]) => [
    name,
    [table.push(listed.all) - 1, ...pairsOf(listed.own)],
  ]);
  return JSON.stringify([
    1,
    table.flatMap(({ time, device, number }) => [time, device, number]),
    pairs,
    lists,
  ]);
}

function stamp(time: number): Stamp {
  return { time: time as HlcTime, device: 'device' as DeviceId, number: 1 };
}
