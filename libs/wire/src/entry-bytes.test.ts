import type { PageEntry, RecordImage } from '@syncline/core';
import { anyEntry } from '@syncline/port-contracts';
import { Page } from '@syncline/proto';
import fc from 'fast-check';
import { encode } from './encoding';
import { entryToProto } from './entries';
import { entriesBetween } from './entry-bytes';

const before = encode(Page, { ...Page.create(), space: 'home' });
const behind = encode(Page, { ...Page.create(), entryCount: 7 });

/** What the generated code makes of the same. */
const generated = (entries: readonly PageEntry[]): Uint8Array =>
  encode(Page, { ...Page.create(), space: 'home', entryCount: 7, entries: entries.map(entryToProto) });

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const anyText = fc.oneof(
  fc.string({ maxLength: 200 }),
  fc.string({ unit: 'binary', maxLength: 70 }),
  fc.constantFrom('', 'é'.repeat(64), '\ud800', 'a\udc00b', '\u{1f600}'.repeat(40)),
);
const anyNumber = fc.oneof(
  fc.constantFrom(0, 1, 127, 128, 2 ** 28 - 1, 2 ** 28, 2 ** 32, 2 ** 35, Number.MAX_SAFE_INTEGER),
  fc.maxSafeNat(),
);
const anyRecord = fc.record({
  collection: anyText,
  id: anyText,
  version: anyNumber,
  payload: fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(new Uint8Array(20_000))),
  device: anyText,
  number: anyNumber,
  user: anyText,
  time: anyNumber,
  schemaVersion: fc.oneof(fc.nat(), fc.constantFrom(0, 0xffffffff)),
  resurrected: fc.boolean(),
}) as unknown as fc.Arbitrary<RecordImage>;
const anyPut = anyRecord.map((record): PageEntry => ({ kind: 'put', record }));

test('entries written straight from records are byte by byte what the generated code makes of them', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(anyPut, anyEntry), { maxLength: 8 }), (entries) => {
      expect(hex(entriesBetween(before, entries, behind))).toBe(hex(generated(entries)));
    }),
    { numRuns: 300 },
  );
});

test('what a field cannot hold is refused as the generated code does', () => {
  const [record] = fc.sample(anyRecord, { numRuns: 1, seed: 1 });
  for (const wrong of [{ version: -1 }, { number: 0.5 }, { schemaVersion: 2 ** 32 }, { time: NaN }]) {
    const entries: PageEntry[] = [{ kind: 'put', record: { ...record!, ...wrong } as RecordImage }];
    expect(() => generated(entries)).toThrow();
    expect(() => entriesBetween(before, entries, behind)).toThrow();
  }
});
