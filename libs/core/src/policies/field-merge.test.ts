import { hlcTime } from '../clock';
import type { DeviceId } from '../ids';
import { decodeUtf8, encodeUtf8 } from '../utf8';
import { fieldMerge } from './field-merge';
import type { FieldMergeRule } from './field-merge-rule';
import { readStamps } from './field-stamps';
import type { Conflict, Resolution, Seen, Side } from './policy';

function ruleFrom(declared: unknown): FieldMergeRule {
  const parsed = fieldMerge.parseRule(declared);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.rule;
}

const side = (ms: number, device: string, text: string | null): Side => ({
  time: hlcTime(ms),
  device: device as DeviceId,
  number: 1,
  deleted: text === null,
  payload: text === null ? null : encodeUtf8(text),
  meta: null,
});

const seen = (text: string): Seen => ({ deleted: false, payload: encodeUtf8(text) });

/** A record as its creator wrote it, then as others changed it, each of them having seen the latest. */
function storedAfter(rule: FieldMergeRule, ...writes: readonly Side[]): Side {
  let stored: Side | null = null;
  for (const incoming of writes) {
    stored = { ...incoming, meta: fieldMerge.remember({ stored, incoming, rule }) };
  }
  return stored!;
}

function resolve(
  rule: FieldMergeRule,
  base: Seen | null,
  stored: Side,
  incoming: Side,
  kind: Conflict<FieldMergeRule>['kind'] = 'UPDATE_UPDATE',
): Resolution {
  return fieldMerge.resolve({ kind, base, stored, incoming, rule });
}

function mergedText(resolution: Resolution): string {
  if (resolution.take !== 'merged') throw new Error(`took ${resolution.take}: ${resolution.why}`);
  return decodeUtf8(resolution.payload);
}

const plain = ruleFrom(null);
const BASE = '{"title":"t","done":false,"n":1}';

test('two devices that changed different fields both get their way', () => {
  const stored = storedAfter(plain, side(1, 'a', BASE), side(9, 'a', '{"title":"new","done":false,"n":1}'));
  const resolution = resolve(plain, seen(BASE), stored, side(5, 'b', '{"title":"t","done":true,"n":1}'));
  expect(mergedText(resolution)).toBe('{"done":true,"n":1,"title":"new"}');
  expect(resolution.why).toBe('Merged by field: taken from the device done.');
});

test('the text of numbers and of what lies deeper is kept as it was written', () => {
  const base = '{"big":12345678901234567890,"one":1.0,"deep":{ "x" : [1.50] },"n":1}';
  const stored = storedAfter(plain, side(1, 'a', base), side(2, 'a', base.replace('"n":1', '"n":2')));
  const resolution = resolve(plain, seen(base), stored, side(3, 'b', base.replace('1.0,', '1.00,')));
  expect(mergedText(resolution)).toBe(
    '{"big":12345678901234567890,"deep":{ "x" : [1.50] },"n":2,"one":1.00}',
  );
});

test('a field that both changed is decided by its own stamps, not by those of the record', () => {
  const stored = storedAfter(
    plain,
    side(1, 'a', BASE),
    side(5, 'a', '{"title":"mine","done":false,"n":1}'),
    side(20, 'c', '{"title":"mine","done":false,"n":7}'),
  );
  const later = resolve(plain, seen(BASE), stored, side(6, 'b', '{"title":"theirs","done":false,"n":1}'));
  expect(mergedText(later)).toBe('{"done":false,"n":7,"title":"theirs"}');
  const earlier = resolve(plain, seen(BASE), stored, side(4, 'b', '{"title":"theirs","done":false,"n":1}'));
  expect(earlier).toEqual({ take: 'stored', why: 'Merged by field: kept as stored title.' });
});

test('a removed field keeps its stamp, so that a late write is put in order', () => {
  const stored = storedAfter(plain, side(1, 'a', BASE), side(5, 'a', '{"title":"t","done":false}'));
  expect(resolve(plain, seen(BASE), stored, side(4, 'b', BASE.replace('"n":1', '"n":2'))).take).toBe(
    'stored',
  );
  const back = resolve(plain, seen(BASE), stored, side(6, 'b', BASE.replace('"n":1', '"n":2')));
  expect(back.take).toBe('incoming');
});

test('a removal by the device is a change as well', () => {
  const stored = storedAfter(plain, side(1, 'a', BASE), side(5, 'a', BASE.replace('false', 'true')));
  expect(mergedText(resolve(plain, seen(BASE), stored, side(4, 'b', '{"title":"t","done":false}')))).toBe(
    '{"done":true,"title":"t"}',
  );
});

test('what the device wins in full is taken as it was sent, and remember stamps what it changed', () => {
  const stored = storedAfter(plain, side(1, 'a', BASE), side(5, 'a', BASE.replace('"t"', '"x"')));
  const incoming = side(6, 'b', BASE.replace('"t"', '"y"'));
  expect(resolve(plain, seen(BASE), stored, incoming).take).toBe('incoming');
  const after = readStamps({ ...incoming, meta: fieldMerge.remember({ stored, incoming, rule: plain }) });
  expect(after.all.device).toBe('a');
  expect([...after.fields].map(([name, { device }]) => [name, device])).toEqual([['title', 'b']]);
});

test('the same change from two devices keeps the bytes and the later stamp', () => {
  const changed = BASE.replace('"t"', '"x"');
  const stored = storedAfter(plain, side(1, 'a', BASE), side(5, 'a', changed));
  const resolution = resolve(plain, seen(BASE), stored, side(8, 'b', changed));
  expect(mergedText(resolution)).toBe(changed);
  if (resolution.take !== 'merged') return;
  expect(readStamps({ ...stored, meta: resolution.meta }).fields.get('title')).toEqual({
    time: hlcTime(8),
    device: 'b',
    number: 1,
  });
});

test('two creations of one id are merged with nothing between them', () => {
  const counting = ruleFrom({ fields: { n: 'counter', tags: 'set-union' } });
  const stored = storedAfter(counting, side(5, 'a', '{"n":1,"tags":["x"],"title":"a"}'));
  const incoming = side(4, 'b', '{"n":2,"tags":["b"],"title":"b","more":1}');
  for (const base of [null, seen('{"n":1}')]) {
    expect(mergedText(resolve(counting, base, stored, incoming, 'CREATE_CREATE'))).toBe(
      '{"more":1,"n":3,"tags":["b","x"],"title":"a"}',
    );
  }
});

describe('where it is not known what the device saw', () => {
  test('equal fields are the same, other fields were changed by both, and nothing is removed', () => {
    const stored = storedAfter(plain, side(1, 'a', '{"same":1,"old":1,"kept":1}'));
    const resolution = resolve(plain, null, stored, side(5, 'b', '{"same":1,"old":2,"new":3}'));
    expect(mergedText(resolution)).toBe('{"kept":1,"new":3,"old":2,"same":1}');
  });

  test('the older of two values gives way', () => {
    const stored = storedAfter(plain, side(5, 'a', '{"x":1}'));
    expect(resolve(plain, null, stored, side(1, 'b', '{"x":2}')).take).toBe('stored');
  });

  test('a base that is no object is not known either', () => {
    const stored = storedAfter(plain, side(1, 'a', '{"kept":1}'));
    expect(mergedText(resolve(plain, seen('opaque'), stored, side(5, 'b', '{"new":3}')))).toBe(
      '{"kept":1,"new":3}',
    );
  });
});

test('a field to be asked about stays, is named, and the others are merged', () => {
  const asking = ruleFrom({ fields: { title: 'ask' } });
  const stored = storedAfter(asking, side(1, 'a', BASE), side(5, 'a', BASE.replace('"t"', '"x"')));
  const resolution = resolve(asking, seen(BASE), stored, side(8, 'b', '{"title":"y","done":true,"n":1}'));
  expect(resolution).toMatchObject({
    take: 'merged',
    asked: ['title'],
    why: 'Merged by field: taken from the device done; left to a person title.',
  });
  expect(mergedText(resolution)).toBe('{"done":true,"n":1,"title":"x"}');

  const onlyAsked = resolve(asking, seen(BASE), stored, side(8, 'b', BASE.replace('"t"', '"y"')));
  expect(onlyAsked).toMatchObject({
    take: 'merged',
    asked: ['title'],
    payload: stored.payload,
    meta: stored.meta,
  });
});

test('a delete wins over changes of fields, from either side', () => {
  const live = storedAfter(plain, side(1, 'a', BASE));
  expect(resolve(plain, seen(BASE), live, side(0, 'b', null), 'DELETE_UPDATE').take).toBe('incoming');
  expect(resolve(plain, seen(BASE), side(0, 'b', null), live, 'UPDATE_DELETE').take).toBe('stored');
  expect(resolve(plain, seen(BASE), side(0, 'b', null), side(9, 'a', null), 'DELETE_UPDATE').take).toBe(
    'stored',
  );
  expect(fieldMerge.remember({ stored: live, incoming: side(9, 'a', null), rule: plain })).toBeNull();
});

describe('bytes from before the policy changed', () => {
  const object = side(5, 'a', '{"x":1}');

  test.each([['opaque'], ['[1]'], ['{"x":1,"x":2}'], ['']])('%p: the later whole record stands', (text) => {
    const opaque = side(6, 'b', text);
    expect(resolve(plain, null, object, opaque)).toEqual({
      take: 'incoming',
      why: "Not both sides are JSON objects, so the whole record counts. The device's record is the later write.",
    });
    expect(resolve(plain, null, opaque, object).take).toBe('stored');
    expect(fieldMerge.remember({ stored: object, incoming: opaque, rule: plain })).toBeNull();
  });

  test('what looks like an object without being JSON is never merged into one', () => {
    const resolution = resolve(plain, seen('{"x":0}'), side(4, 'b', '{"y":nonsense}'), object);
    expect(resolution).toMatchObject({
      take: 'incoming',
      why: expect.stringContaining('whole record') as string,
    });
  });

  test('what a patch makes of them has no stamps, and so is looked at again before it is merged', () => {
    const patched = side(5, 'a', '{"x":1,"y":nonsense}');
    const stored = side(4, 'b', '{"y":nonsense}');
    expect(fieldMerge.remember({ stored, incoming: patched, rule: plain })).toBeNull();
    const met = resolve(plain, seen('{"x":1}'), patched, side(6, 'c', '{"x":2}'));
    expect(met).toMatchObject({ take: 'incoming', why: expect.stringContaining('whole record') as string });
  });

  test('nor do stamps come about by a merge that leaves them as they are', () => {
    const stored = side(4, 'b', '{"x":1,"y":nonsense}');
    const same = resolve(plain, seen('{"x":0,"y":nonsense}'), stored, side(3, 'c', '{"x":1,"y":nonsense}'));
    expect(same.take).toBe('stored');
    const later = resolve(plain, seen('{"x":0,"y":nonsense}'), stored, side(6, 'c', '{"x":1,"y":nonsense}'));
    expect(later).toMatchObject({ take: 'incoming', why: expect.stringContaining('whole record') as string });
  });

  test('the first object after them gets stamps of its own', () => {
    const meta = fieldMerge.remember({ stored: side(1, 'b', 'opaque'), incoming: object, rule: plain });
    expect(readStamps({ ...object, meta }).all.device).toBe('a');
  });
});

test('elements of lists keep stamps of their own across clean writes', () => {
  const lists = ruleFrom({ fields: { items: 'list-by-id' } });
  const text = (one: number, two: number) => `{"items":[{"id":1,"v":${one}},{"id":2,"v":${two}}]}`;
  const stored = storedAfter(
    lists,
    side(1, 'a', text(0, 0)),
    side(5, 'a', text(5, 0)),
    side(20, 'c', text(5, 9)),
  );
  const late = resolve(lists, seen(text(0, 0)), stored, side(8, 'b', text(8, 8)));
  expect(mergedText(late)).toBe(text(8, 9));
});

test('a rule with a field to be asked about does not claim to be free of the order of arrival', () => {
  expect(fieldMerge.orderFree(plain)).toBe(true);
  expect(fieldMerge.orderFree(ruleFrom({ fields: { a: 'ask' } }))).toBe(false);
  expect(fieldMerge.orderFree(ruleFrom({ default: 'ask' }))).toBe(false);
});

test('of many names the reason gives only the first', () => {
  const many = (value: number) =>
    JSON.stringify(Object.fromEntries(Array.from({ length: 11 }, (_, at) => [`f${at}`, value])));
  const stored = storedAfter(plain, side(1, 'a', many(0)), side(9, 'a', many(1)));
  expect(resolve(plain, seen(many(0)), stored, side(5, 'b', many(2))).why).toBe(
    'Merged by field: kept as stored f0, f1, f2, f3, f4, f5, f6, f7 and 3 more.',
  );
});
