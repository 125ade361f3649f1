import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  applyPatch,
  fieldsOf,
  isJsonPayload,
  joinArray,
  joinObject,
  parseFields,
  payloadOf,
  splitArray,
  splitObject,
  stringOf,
} from './json-fields';

type FieldList = readonly (readonly [string, string])[];

const vectors = JSON.parse(readFileSync(path.join(__dirname, '../vectors/json-fields.json'), 'utf8')) as {
  readonly splits: readonly { text: string; fields: FieldList }[];
  readonly notObjects: readonly string[];
  readonly joins: readonly { fields: FieldList; text: string }[];
  readonly patches: readonly { payload: string; set: string; remove: string[]; result: string | null }[];
};

const bytes = (text: string): Uint8Array => Buffer.from(text);
const text = (payload: Uint8Array | null) => (payload === null ? null : Buffer.from(payload).toString());

const objects = fc.dictionary(
  fc.oneof(fc.string(), fc.constantFrom('__proto__', 'a"\\', '\n', 'é')),
  fc.jsonValue(),
);

/** An object's text with white space where JSON allows it, and names escaped as its writer likes. */
const writtenObjects = fc
  .tuple(objects, fc.constantFrom(undefined, 1, '\t'), fc.boolean())
  .map(([value, space, escaped]) => {
    const written = JSON.stringify(value, null, space);
    return escaped ? written.replaceAll('é', '\\u00e9') : written;
  });

const jsonLike = fc.string({ unit: fc.constantFrom(...'{}[]",:\\ua0 1-.etfn\n'.split('')), maxLength: 60 });

test.each(vectors.splits)('$text is split', ({ text: written, fields }) => {
  expect([...splitObject(written)!]).toEqual(fields);
  expect([...parseFields(bytes(written))!]).toEqual(fields);
});

test.each(vectors.notObjects)('%p is no object without double names', (written) => {
  expect(splitObject(written)).toBeNull();
  expect(parseFields(bytes(written))).toBeNull();
});

test.each(vectors.joins)('$text is joined', ({ fields, text: written }) => {
  expect(joinObject(new Map(fields))).toBe(written);
});

test.each(vectors.patches)('$payload patched by $set without $remove', ({ payload, set, remove, result }) => {
  expect(text(applyPatch(bytes(payload), { set: bytes(set), remove }))).toBe(result);
});

test('what is split holds what the text holds, and joined again says the same', () => {
  fc.assert(
    fc.property(writtenObjects, (written) => {
      const fields = splitObject(written)!;
      const value = JSON.parse(written) as Record<string, unknown>;
      expect([...fields.keys()].sort()).toEqual(Object.keys(value).sort());
      for (const [name, raw] of fields) {
        expect(written).toContain(raw);
        expect(JSON.parse(raw)).toEqual(Object.getOwnPropertyDescriptor(value, name)!.value);
      }
      expect(JSON.parse(joinObject(fields))).toEqual(value);
      expect([...splitObject(joinObject(fields))!]).toEqual([...fields].sort(([a], [b]) => (a < b ? -1 : 1)));
    }),
  );
});

test('an array is split into its elements and joined again', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.constantFrom(undefined, 2), (value, space) => {
      const elements = splitArray(JSON.stringify(value, null, space))!;
      expect(elements.map((element) => JSON.parse(element) as unknown)).toEqual(
        JSON.parse(JSON.stringify(value)),
      );
      expect(JSON.parse(joinArray(elements))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
  for (const other of ['{}', '1', '"[]"', '', '[', '[1', '[,', '[1}']) expect(splitArray(other)).toBeNull();
});

test('any text at all is answered: split or refused, never stuck and never thrown at', () => {
  const started = fc
    .constantFrom('', '{', '[', '{"a":', '{"a":1,', '{"\\', '[{"a"')
    .chain((start) => jsonLike.map((rest) => start + rest));
  fc.assert(
    fc.property(fc.oneof(started, jsonLike, fc.string({ unit: 'binary' })), (anything) => {
      for (const answer of [splitObject(anything), splitArray(anything), parseFields(bytes(anything))]) {
        expect(answer === null || typeof answer === 'object').toBe(true);
      }
      const string = stringOf(anything);
      expect(string === null || typeof string === 'string').toBe(true);
    }),
    { numRuns: 2_000 },
  );
  expect(splitObject('{"\\x":1}')).toBeNull();
});

test('only an object without double names is parsed from outside', () => {
  fc.assert(
    fc.property(fc.oneof(jsonLike, writtenObjects, fc.json()), (anything) => {
      const fields = parseFields(bytes(anything));
      if (fields === null) return;
      const value: unknown = JSON.parse(anything);
      expect(typeof value === 'object' && value !== null && !Array.isArray(value)).toBe(true);
      expect(Object.keys(value as object)).toHaveLength(fields.size);
    }),
  );
  expect(parseFields(new Uint8Array([0x7b, 0xff, 0x7d]))).toBeNull();
  expect(parseFields(bytes('\ufeff{}'))).toBeNull();
  expect(parseFields(bytes('{"a":1'))).toBeNull();
});

test('a payload is JSON or it is not', () => {
  expect(isJsonPayload(bytes(' [1] '))).toBe(true);
  expect(isJsonPayload(bytes('{"a":01}'))).toBe(false);
  expect(isJsonPayload(new Uint8Array([0x22, 0xff, 0x22]))).toBe(false);
});

test('a patch sets and removes fields, and leaves the texts of all others', () => {
  const patches = fc.tuple(writtenObjects, writtenObjects, fc.array(fc.string()));
  fc.assert(
    fc.property(patches, ([payload, set, remove]) => {
      const before = splitObject(payload)!;
      const named = [...before.keys()].slice(0, 1);
      const patch = { set: bytes(set), remove: [...remove, ...named] };
      const after = fieldsOf(applyPatch(bytes(payload), patch)!)!;
      const news = splitObject(set)!;
      for (const [name, raw] of news) expect(after.get(name)).toBe(raw);
      for (const [name, raw] of before) {
        if (news.has(name)) continue;
        expect(after.get(name)).toBe(patch.remove.includes(name) ? undefined : raw);
      }
      expect([...after.keys()].every((name) => news.has(name) || before.has(name))).toBe(true);
    }),
  );
});

test('a patch twice is a patch once, and its result is written in the one way', () => {
  fc.assert(
    fc.property(writtenObjects, writtenObjects, fc.array(fc.string()), (payload, set, remove) => {
      const patch = { set: bytes(set), remove };
      const once = applyPatch(bytes(payload), patch)!;
      expect(text(applyPatch(once, patch))).toBe(text(once));
      expect(text(payloadOf(fieldsOf(once)!))).toBe(text(once));
    }),
  );
});
