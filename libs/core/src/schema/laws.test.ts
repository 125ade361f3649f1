import fc from 'fast-check';
import { isDeepStrictEqual } from 'node:util';
import { applyPatch, fieldsOf, isJsonPayload, payloadOf } from '../json-fields';
import type { Patch } from '../records';
import { anySchemas, derivedSchemas, recordTexts } from './arbitrary-schemas.test-fixtures';
import { type ConvertedPayload, schemaConverter, type SchemaConverter } from './converter';
import type { SchemaDeclaration } from './declaration';

const RUNS = { numRuns: 500 };
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const textOf = (payload: Uint8Array): string => Buffer.from(payload).toString();
const said = (converted: ConvertedPayload): string =>
  converted.ok ? textOf(converted.payload) : `SCHEMA: ${converted.why}`;
const valueOf = (payload: Uint8Array): Record<string, unknown> => Object.fromEntries(fieldsOf(payload) ?? []);
const fieldsIn = (converted: ConvertedPayload) => (converted.ok ? valueOf(converted.payload) : null);

const jsonLike = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'{}[]",:\\abcdu0 1-.etfn\n'.split('')), maxLength: 60 }),
  fc.constantFrom(5, 500, 20_000).map((depth) => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth)),
  recordTexts,
);

test('a device that changed nothing leaves the stored record as it is, to the byte', () => {
  let met = 0;
  fc.assert(
    fc.property(anySchemas, recordTexts, fc.nat(3), (schema, text, from) => {
      const { convert, updateThrough } = schemaConverter(schema);
      const stored = bytes(text);
      const seen = convert(stored, schema.current, Math.min(from, schema.current));
      if (!seen.ok) return;
      met++;
      const result = updateThrough(stored, schema.current, seen.payload, Math.min(from, schema.current));
      expect(said(result)).toBe(text);
    }),
    RUNS,
  );
  expect(met).toBeGreaterThan(RUNS.numRuns / 4);
});

/** Texts that no declared default has, and no separator. */
const edits = fc.constantFrom('"solo"', '"12"');

/** Part of a name may come back empty where it was missing. */
const withoutEmpty = (fields: Record<string, unknown>): Record<string, unknown> =>
  JSON.parse(
    JSON.stringify(
      Object.fromEntries(
        Object.entries(fields).map(([name, text]) => [`_${name}`, JSON.parse(text as string)]),
      ),
    ),
    (_name, value: unknown) =>
      value === '' || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
        ? undefined
        : value,
  ) as Record<string, unknown>;

/** A record of the newest version: one that comes out of the oldest, or goes there and back as it is. */
function wellFormed(convert: SchemaConverter['convert'], text: string, current: number): Uint8Array | null {
  const there = convert(bytes(text), current, 0);
  const back = there.ok ? convert(there.payload, 0, current) : there;
  if (back.ok && isDeepStrictEqual(valueOf(back.payload), valueOf(bytes(text)))) return bytes(text);
  const up = convert(bytes(text), 0, current);
  return up.ok ? up.payload : null;
}

/** Texts that are joined and split over and over end in other parts than they began with. */
function isPlain({ steps }: SchemaDeclaration): boolean {
  return steps.flatMap(({ up }) => up).filter(({ kind }) => kind === 'split' || kind === 'join').length <= 1;
}

test("what a device left in fields that both versions hold is what it reads back, and other fields' are as they were", () => {
  let met = 0;
  fc.assert(
    fc.property(
      derivedSchemas.filter(isPlain),
      recordTexts,
      fc.nat(3),
      fc.nat(),
      edits,
      (schema, text, version, at, edit) => {
        const { convert, updateThrough } = schemaConverter(schema);
        const from = Math.min(version, schema.current);
        const stored = wellFormed(convert, text, schema.current);
        if (stored === null) return;
        const seen = convert(stored, schema.current, from);
        if (!seen.ok) return;
        const fields = valueOf(seen.payload);
        // A text in an object's place is of no version's shape.
        const names = Object.keys(fields).filter((name) => !String(fields[name]).startsWith('{'));
        if (names.length === 0) return;
        const patch = { set: bytes(`{${JSON.stringify(names[at % names.length])}:${edit}}`), remove: [] };
        const incoming = applyPatch(seen.payload, patch)!;
        const result = updateThrough(stored, schema.current, incoming, from);
        if (!result.ok) return;
        met++;
        const readBack = convert(result.payload, schema.current, from);
        expect(withoutEmpty(fieldsIn(readBack)!)).toEqual(withoutEmpty(valueOf(incoming)));
      },
    ),
    RUNS,
  );
  expect(met).toBeGreaterThan(RUNS.numRuns / 10);
});

test('it never throws, writes nothing but JSON, always says the same, and changes nothing that it is given', () => {
  fc.assert(
    fc.property(anySchemas, jsonLike, jsonLike, fc.nat(4), fc.nat(4), (schema, left, right, from, to) => {
      const { convert, updateThrough, convertPatch } = schemaConverter(schema);
      const [stored, incoming] = [bytes(left), bytes(right)];
      const patch = { set: incoming, remove: ['a'] };
      const go = () => [
        convert(stored, from, to),
        updateThrough(stored, from, incoming, to),
        convertPatch(patch, from, to),
      ];
      const first = go();
      expect(go()).toEqual(first);
      expect([textOf(stored), textOf(incoming), patch.remove]).toEqual([left, right, ['a']]);
      for (const converted of first.slice(0, 2) as ConvertedPayload[]) {
        const isAsGiven = converted.ok && (converted.payload === stored || converted.payload === incoming);
        if (converted.ok && !isAsGiven) expect(isJsonPayload(converted.payload)).toBe(true);
      }
    }),
  );
});

test('two steps are one after the other', () => {
  fc.assert(
    fc.property(anySchemas, recordTexts, fc.boolean(), fc.nat(4), (schema, text, up, middle) => {
      const { convert } = schemaConverter(schema);
      const [from, to] = up ? [0, schema.current] : [schema.current, 0];
      const half = convert(bytes(text), from, Math.min(middle, schema.current));
      const whole = half.ok ? convert(half.payload, Math.min(middle, schema.current), to) : half;
      expect(said(convert(bytes(text), from, to))).toBe(said(whole));
    }),
    RUNS,
  );
});

const patches: fc.Arbitrary<Patch> = fc.record({
  set: recordTexts.map(bytes),
  remove: fc.subarray(['a', 'b', 'c', 'd', 'e', 'f']),
});

test('a converted patch does to the converted record what the patch does to the record', () => {
  let met = 0;
  fc.assert(
    fc.property(
      anySchemas,
      recordTexts,
      patches,
      fc.nat(4),
      fc.nat(4),
      (schema, text, { set, remove }, left, right) => {
        const { convert, convertPatch } = schemaConverter(schema);
        const [from, to] = [Math.min(left, schema.current), Math.min(right, schema.current)];
        // Nobody removes what is not there.
        const patch = { set, remove: remove.filter((name) => fieldsOf(bytes(text))!.has(name)) };
        const converted = convertPatch(patch, from, to);
        const before = convert(bytes(text), from, to);
        const after = convert(applyPatch(bytes(text), patch)!, from, to);
        if (converted === null || !before.ok || !after.ok) return;
        if (from !== to) met++;
        expect(valueOf(applyPatch(before.payload, converted)!)).toEqual(fieldsIn(after));
      },
    ),
    RUNS,
  );
  expect(met).toBeGreaterThan(RUNS.numRuns / 20);
});

test("a device's patch in an older version does to the stored record what its whole record does", () => {
  let met = 0;
  fc.assert(
    fc.property(anySchemas, recordTexts, patches, fc.nat(4), (schema, text, { set, remove }, version) => {
      const { convert, convertPatch, updateThrough } = schemaConverter(schema);
      const from = Math.min(version, schema.current);
      const seen = convert(bytes(text), schema.current, from);
      if (!seen.ok) return;
      // A patch says what changed: nobody removes what they do not see, or sets what they do see.
      const view = fieldsOf(seen.payload)!;
      const patch = {
        set: payloadOf(new Map([...fieldsOf(set)!].filter(([name, value]) => view.get(name) !== value))),
        remove: remove.filter((name) => view.has(name)),
      };
      const converted = convertPatch(patch, from, schema.current);
      if (converted === null) return;
      const incoming = applyPatch(seen.payload, patch)!;
      const result = updateThrough(bytes(text), schema.current, incoming, from);
      const patched = applyPatch(bytes(text), converted)!;
      if (!result.ok || !convert(patched, schema.current, from).ok) return;
      if (from < schema.current) met++;
      expect(valueOf(patched)).toEqual(fieldsIn(result));
    }),
    RUNS,
  );
  expect(met).toBeGreaterThan(RUNS.numRuns / 20);
});
