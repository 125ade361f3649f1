import { schemaConverter } from './converter';
import { CONVERSION_WORK_MAX } from './cost';
import type { SchemaOperation, SchemaStep } from './declaration';
import { schemaProblems } from './problems';

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

const fields = (count: number, value: number): string =>
  Array.from({ length: count }, (_, index) => `"k${index}":${value}`).join(',');

/** As many as may be declared, each of them looking into the same field. */
const steps: SchemaStep[] = Array.from({ length: 100 }, (_, step) => ({
  toVersion: step + 1,
  up: Array.from({ length: 5 }, (__, index): SchemaOperation => ({
    kind: 'default',
    field: `a/b/c/d/e/f/g/n${step}x${index}`,
    value: '1',
  })),
  down: [],
}));
const SCHEMA = { current: 100, oldest: 0, steps };
const deep = (inner: string): string => `{"a":{"b":{"c":{"d":{"e":{"f":{"g":{${inner}}}}}}}}}`;

test('the steps that cost the most may be declared', () => {
  expect(schemaProblems(SCHEMA)).toEqual([]);
});

test.each<[string, (value: number) => string]>([
  ['deep inside what the steps touch', (value) => deep(fields(100_000, value))],
  ['in what no step touches', (value) => `{${fields(100_000, value)}}`],
  ['of a few kilobytes, with many steps', (value) => deep(fields(1_000, value))],
])(
  'a record with many fields %s is not converted, in no time',
  (_name, record) => {
    const { convert, convertPatch, updateThrough } = schemaConverter(SCHEMA);
    const [stored, incoming] = [bytes(record(1)), bytes(record(2))];
    const why = /^The payload is too large to be converted: \d+ fields, and \d+ characters in those/;
    for (let times = 0; times < 5; times++) {
      expect(updateThrough(stored, 100, incoming, 0)).toEqual({
        ok: false,
        why: expect.stringMatching(why) as string,
      });
      expect(convert(incoming, 0, 100)).toEqual({ ok: false, why: expect.stringMatching(why) as string });
      expect(convertPatch({ set: incoming, remove: [] }, 0, 100)).toBeNull();
    }
  },
  // Without the bound, each of them takes minutes.
  10_000,
);

test('what people write is converted through as many steps as there can be', () => {
  const { updateThrough } = schemaConverter(SCHEMA);
  const note = (text: string): string => `{"text":"${text}","done":false,"tags":["a","b"]}`;
  const long = 'word '.repeat(100_000);
  const result = updateThrough(bytes(note('old')), 100, bytes(note(long)), 0);
  expect(result.ok && Buffer.from(result.payload).toString()).toBe(
    `{"done":false,"tags":["a","b"],"text":"${long}"}`,
  );
});

test('one operation may look into a payload of a tenth of the most', () => {
  const one = { current: 1, oldest: 0, steps: [{ ...steps[0]!, up: [steps[0]!.up[0]!] }] };
  const inner = fields(CONVERSION_WORK_MAX / 100, 1);
  expect(schemaConverter(one).convert(bytes(deep(inner)), 0, 1).ok).toBe(true);
});
