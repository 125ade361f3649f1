import fc from 'fast-check';
import {
  editOp,
  insertOp,
  moveOp,
  type JSONOp,
  type Path,
  removeOp,
  replaceOp,
  type as library,
} from 'ot-json1';
import { bytesOf, describeOtLaws, textOf } from '@syncline/port-contracts';
import { json1 } from './json1';

type Doc = Parameters<typeof library.create>[0];

const word = fc.string({ unit: 'binary', maxLength: 4 });
const leaf = fc.oneof(word, fc.integer({ min: -9, max: 9 }), fc.constant(null));
const field = fc.constantFrom('a', 'b', 'title', 'é😀');
const { tree } = fc.letrec<{ tree: Doc }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(field, tie('tree'), { maxKeys: 3 }),
  ),
}));
const documents = fc.dictionary(field, tree, { maxKeys: 4, noNullPrototype: true });

/** Every place below the root that holds something. */
function placesIn(value: Doc, path: Path = []): Path[] {
  const here = path.length > 0 ? [path] : [];
  if (typeof value !== 'object' || value === null) return here;
  const below = Array.isArray(value)
    ? value.map((each, at) => placesIn(each, [...path, at]))
    : Object.entries(value).map(([name, each]) => placesIn(each, [...path, name]));
  return [...here, ...below.flat()];
}

function valueAt(value: Doc, path: Path): Doc {
  return path.reduce<Doc>((at, key) => (at as Record<string | number, Doc>)[key]!, value);
}

const seed = fc.record({
  kind: fc.constantFrom('set', 'insert', 'remove', 'move', 'edit', 'add'),
  at: fc.nat(),
  to: fc.nat(),
  name: field,
  value: tree,
});
type Seed = typeof seed extends fc.Arbitrary<infer T> ? T : never;

/** Where something can be put: an unused name of an object, or any place of a list. */
function gapIn(value: Doc, { to, name }: Seed): Path | null {
  const containers = [[], ...placesIn(value)].filter((path) => {
    const held = valueAt(value, path);
    return typeof held === 'object' && held !== null;
  });
  const path = containers[to % containers.length]!;
  const held = valueAt(value, path) as object;
  if (Array.isArray(held)) return [...path, to % (held.length + 1)];
  return Object.hasOwn(held, name) ? null : [...path, name];
}

function editOf(value: Doc, each: Seed): JSONOp {
  const places = placesIn(value);
  const gap = gapIn(value, each);
  if (each.kind === 'insert' || places.length === 0) return gap === null ? null : insertOp(gap, each.value);
  const path = places[each.at % places.length]!;
  const held = valueAt(value, path);
  switch (each.kind) {
    case 'set':
      return replaceOp(path, true, each.value);
    case 'remove':
      return removeOp(path);
    case 'move': {
      const without = library.apply(value, removeOp(path)) as Doc;
      const to = gapIn(without, each);
      return to === null ? null : library.compose(removeOp(path), insertOp(to, held));
    }
    case 'edit':
      return typeof held === 'string' ? editOp(path, 'text-unicode', [each.name]) : null;
    case 'add':
      return typeof held === 'number' ? editOp(path, 'number', each.at % 100) : null;
  }
}

/** Several edits, one after the other, as one operation. */
function composed(value: Doc, seeds: readonly Seed[]): JSONOp {
  let [last, operation]: [Doc, JSONOp] = [value, null];
  for (const each of seeds) {
    const edit = editOf(last, each);
    last = library.apply(last, edit) as Doc;
    operation = library.compose(operation, edit);
  }
  return operation;
}

/** Moves keep what they move, which composing of removes and inserts does not show. */
function moved(value: Doc, { at, to, name }: Seed): JSONOp {
  const names = Object.keys(value as object);
  if (names.length === 0 || Object.hasOwn(value as object, name)) return null;
  const from = names[at % names.length]!;
  const lists = names.filter((each) => each !== from && Array.isArray(valueAt(value, [each])));
  const list = lists[to % (lists.length || 1)];
  if (list === undefined) return moveOp([from], [name]);
  return moveOp([from], [list, to % ((valueAt(value, [list]) as Doc[]).length + 1)]);
}

describeOtLaws({
  type: json1,
  payloads: documents.map((each) => JSON.stringify(each)),
  operationsOn: (payload) => {
    const value = JSON.parse(payload) as Doc;
    return fc
      .oneof(
        { weight: 4, arbitrary: fc.array(seed, { maxLength: 4 }).map((seeds) => composed(value, seeds)) },
        { weight: 1, arbitrary: seed.map((each) => moved(value, each)) },
      )
      .map((operation) => JSON.stringify(operation));
  },
});

const editing = documents.chain((value) =>
  fc
    .oneof(
      fc.array(seed, { maxLength: 6 }).map((seeds) => composed(value, seeds)),
      seed.map((each) => moved(value, each)),
    )
    .map((made) => ({ value, made })),
);

const appliedBy = (value: Doc, made: JSONOp) => {
  const started = json1.start(bytesOf(JSON.stringify(value)));
  const checked = json1.check(bytesOf(JSON.stringify(made)));
  if (!started.ok || !checked.ok) throw new Error('the test has made what is not taken');
  const applied = json1.apply(started.snapshot, checked.operation);
  return applied.ok ? (JSON.parse(textOf(applied.snapshot)) as unknown) : 'misfit';
};

test('an operation does to a document what the library would make of it', () => {
  fc.assert(
    fc.property(editing, ({ value, made }) => {
      expect(appliedBy(value, made)).toEqual(library.apply(value, made));
    }),
    { numRuns: 500 },
  );
});

test('an operation of another document does the same or is refused', () => {
  fc.assert(
    fc.property(documents, editing, (value, { made }) => {
      const applied = appliedBy(value, made);
      if (applied !== 'misfit') expect(applied).toEqual(library.apply(value, made));
    }),
    { numRuns: 500 },
  );
  for (const misfit of [
    ['none', { r: true }],
    ['title', { i: 1 }],
    ['list', 3, { i: 1 }],
    ['list', 2, { r: true }],
    ['list', 'length', { ena: 1 }],
    ['title', { ena: 1 }],
    ['list', { es: ['x'] }],
    ['title', 0, { i: 1 }],
    ['none', 'x', { i: 1 }],
  ])
    expect(appliedBy({ title: 'x', list: [1, 2] }, misfit as JSONOp)).toBe('misfit');
});

test('a record of many fields is edited at many places', () => {
  const fields = Array.from({ length: 70_000 }, (_, at) => [`k${100_000 + at}`, at]);
  const started = json1.start(bytesOf(JSON.stringify(Object.fromEntries(fields))));
  const parts = fields.slice(0, 250).map(([name]) => [name, { ena: 1 }]);
  const applied = started.ok && json1.apply(started.snapshot, operation(parts));
  // With a copy of the record for each part this takes a minute.
  const edited = fields.map(([name, value], at) => [name, at < 250 ? Number(value) + 1 : value]);
  expect(applied && applied.ok && JSON.parse(textOf(applied.snapshot))).toEqual(Object.fromEntries(edited));
});

function operation(value: unknown): Uint8Array {
  const result = json1.check(bytesOf(JSON.stringify(value)));
  if (!result.ok) throw new Error(result.detail);
  return result.operation;
}

/** What the server has after it took both, made on the same record, in this order. */
function both(value: Doc, earlier: JSONOp, later: JSONOp): unknown {
  const start = json1.start(bytesOf(JSON.stringify(value)));
  if (!start.ok) throw new Error(start.detail);
  const behind = json1.transform(operation(later), operation(earlier), 'later', 100);
  if (!behind.ok) throw new Error(behind.detail);
  const first = json1.apply(start.snapshot, operation(earlier));
  if (!first.ok) throw new Error(first.detail);
  const second = json1.apply(first.snapshot, behind.operation);
  if (!second.ok) throw new Error(second.detail);
  return JSON.parse(textOf(second.snapshot));
}

describe('the operations of a simple editor of records and lists', () => {
  const record = { title: 'old', tags: ['a', 'b', 'c'], done: false };
  const set = (name: string, value: Doc): JSONOp =>
    Object.hasOwn(record, name) ? replaceOp([name], true, value) : insertOp([name], value);
  const drop = (name: string): JSONOp => removeOp([name]);
  const insert = (at: number, value: Doc): JSONOp => insertOp(['tags', at], value);
  const remove = (at: number): JSONOp => removeOp(['tags', at]);

  test('Set: both fields are set; of one field, the later value stands', () => {
    expect(both(record, set('title', 'E'), set('done', true))).toEqual({ ...record, title: 'E', done: true });
    expect(both(record, set('title', 'E'), set('title', 'L'))).toEqual({ ...record, title: 'L' });
    expect(both(record, set('new', 'E'), set('new', 'L'))).toEqual({ ...record, new: 'L' });
  });

  test('Delete: a field goes once, and a value set against the delete stays', () => {
    const { title: _title, ...rest } = record;
    expect(both(record, drop('title'), drop('title'))).toEqual(rest);
    expect(both(record, drop('title'), set('title', 'L'))).toEqual({ ...record, title: 'L' });
    expect(both(record, set('title', 'E'), drop('title'))).toEqual({ ...record, title: 'E' });
  });

  test('Insert: both elements are in, where their makers put them', () => {
    expect(both(record, insert(0, 'E'), insert(3, 'L'))).toMatchObject({ tags: ['E', 'a', 'b', 'c', 'L'] });
    expect(both(record, insert(1, 'E'), insert(1, 'L'))).toMatchObject({ tags: ['a', 'L', 'E', 'b', 'c'] });
  });

  test('Remove: the element goes that was meant, once', () => {
    expect(both(record, remove(0), remove(2))).toMatchObject({ tags: ['b'] });
    expect(both(record, remove(1), remove(1))).toMatchObject({ tags: ['a', 'c'] });
    expect(both(record, insert(0, 'E'), remove(1))).toMatchObject({ tags: ['E', 'a', 'c'] });
  });
});

test('a part that the library would take for something else is refused', () => {
  for (const [value, why] of [
    [[{ r: true }], 'as a whole'],
    [[{ es: ['x'] }], 'as a whole'],
    [['toString', { r: true }], 'goes to a field'],
    [['a', { et: 'valueOf', e: 1 }], 'not served'],
    [['a', { ena: 0.5 }], 'no whole number'],
    [['a', { es: [0.5] }], 'no operation of a text'],
    [['a', { p: 0 }], 'no operation of json1'],
    [{ a: 1 }, 'no list'],
  ] as const) {
    expect(json1.check(bytesOf(JSON.stringify(value)))).toMatchObject({
      ok: false,
      detail: expect.stringContaining(why) as string,
    });
  }
  expect(json1.check(bytesOf('["a",{"i":{"__proto__":1}}]'))).toMatchObject({ ok: false });
  expect(json1.start(bytesOf('[1]'))).toMatchObject({ ok: false });
});

test('what a remove says of its content is dropped', () => {
  expect(textOf(operation(['a', { r: { secret: 1 } }]))).toBe('["a",{"r":true}]');
});

test('operations that collide in too many places are refused', () => {
  const inserts = (value: Doc, from: number, to: number): JSONOp =>
    Array.from({ length: to - from }, (_, at) => [`k${1_000 + from + at}`, { i: value }]);
  const few = json1.transform(operation(inserts(1, 0, 90)), operation(inserts(2, 0, 90)), 'later', 100);
  expect(few.ok).toBe(true);
  const many = json1.transform(operation(inserts(1, 0, 110)), operation(inserts(2, 0, 110)), 'later', 100);
  expect(many).toMatchObject({ ok: false, reason: 'INVALID_PAYLOAD' });
  expect(json1.check(bytesOf(JSON.stringify(inserts(1, 0, 251))))).toMatchObject({ ok: false });
});
