import fc from 'fast-check';
import type { DeviceId, HlcTime, Policy, Side } from '@syncline/core';

/** One change of a world in which all changes are made on one base, each by a device of its own. */
export interface WorldChange {
  readonly device: string;
  readonly number: number;
  readonly ms: number;
  /** Null for a delete; else new texts of fields, null for a removed one. */
  readonly edits: Readonly<Record<string, string | null>> | null;
  /** Written the way the server writes merged records, or with names unsorted and white space. */
  readonly canonical: boolean;
}

export interface World {
  /** Field texts; null where the record is only now created, by each of the devices. */
  readonly base: Readonly<Record<string, string>> | null;
  readonly changes: readonly WorldChange[];
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const bytesOf = (text: string): Uint8Array => encoder.encode(text);
export const textOf = (bytes: Uint8Array): string => decoder.decode(bytes);

const count = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -3, max: 9 }).map(String) },
  { weight: 1, arbitrary: fc.constantFrom('9007199254740991', '-9007199254740991', '12345678901234567890') },
);
const subset = fc
  .subarray(['"a"', '"b"', '"c"', '1', '{"x":[]}'])
  .chain((elements) => fc.shuffledSubarray(elements, { minLength: elements.length }));
const list = fc
  .tuple(fc.shuffledSubarray(['1', '2', '"p"', '"q"']), fc.infiniteStream(fc.nat(2)))
  .map(([ids, values]) => ids.map((id) => `{"id":${id},"v":${values.next().value as number}}`));
const scalar = fc.oneof(
  fc.constantFrom('"x"', '"y"', '"2024-01-01"', '1.5', '1.50', '-0', '1e2', '100', '"\\u0078"'),
  count,
);
const sentence = fc
  .array(fc.constantFrom('red', 'green', 'blue ', ', ', '東京', '\\n'), { maxLength: 6 })
  .map((words) => `"${words.join(' ')}"`);
const odd = fc.constantFrom('null', 'true', '{}', '"n"', '[1,1]', '[{"id":1},{"id":1}]', '[ ]', '2.5');

/** Fields mostly hold what their usual rule expects, and now and then something else. */
const FIELD_TEXTS = {
  count,
  top: scalar,
  tags: subset.map((elements) => `[${elements.join(',')}]`),
  items: list.map((elements) => `[${elements.join(',')}]`),
  title: fc.oneof(scalar, sentence),
  ['__proto__']: count,
} satisfies Record<string, fc.Arbitrary<string>>;

const FIELDS = Object.entries(FIELD_TEXTS);
const textFor = (usual: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof({ weight: 8, arbitrary: usual }, { weight: 1, arbitrary: odd });

type TextsFor<Value> = (name: string, usual: fc.Arbitrary<string>) => fc.Arbitrary<Value>;

const partial = <Value>(among: typeof FIELDS, least: number, valueFor: TextsFor<Value>) =>
  fc
    .subarray(among, { minLength: least })
    .chain((fields) =>
      fc
        .tuple(...fields.map(([name, usual]) => valueFor(name, usual)))
        .map((values) => asRecord(fields.map(([name], at) => [name, values[at] as Value] as const))),
    );

/** An array as a device edits one: some elements go, some change, some come, and the order may change. */
function editedArray(text: string): fc.Arbitrary<string> {
  const elements = JSON.parse(text) as unknown[];
  const edited = elements.map((element) =>
    fc.oneof(
      { weight: 4, arbitrary: fc.constant([element]) },
      { weight: 1, arbitrary: fc.constant([]) },
      { weight: 2, arbitrary: fc.nat(2).map((v) => [isElement(element) ? { ...element, v } : element]) },
    ),
  );
  const added = fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    {
      weight: 1,
      arbitrary: fc.nat(2).map((v) => [elements.every(isElement) ? { id: 'new', v } : `new ${v}`]),
    },
  );
  return fc
    .tuple(fc.tuple(...edited), added, fc.constantFrom('', ' '), fc.boolean())
    .map(([kept, more, space, reversed]) => {
      const all = [...kept.flat(), ...more].map((element) => JSON.stringify(element));
      return `[${space}${(reversed ? all.reverse() : all).join(',')}]`;
    });
}

function isElement(value: unknown): value is { id: unknown } {
  return typeof value === 'object' && value !== null && 'id' in value;
}

/** Of any names: `Object.fromEntries` defines members, where an assignment would meet the prototype. */
function asRecord<Value>(entries: readonly (readonly [string, Value])[]): Readonly<Record<string, Value>> {
  return Object.fromEntries(entries);
}

const DEVICES = ['a', 'b', 'é', '\u{ff5e}', '\u{1f600}'];

const editOf =
  (base: World['base']): TextsFor<string | null> =>
  (name, usual) => {
    const before = base !== null && Object.hasOwn(base, name) ? base[name]! : null;
    return fc.oneof(
      { weight: 4, arbitrary: textFor(usual) },
      {
        weight: before?.startsWith('[') ? 8 : 0,
        arbitrary: editedArray(before?.startsWith('[') ? before : '[]'),
      },
      { weight: base === null ? 0 : 1, arbitrary: fc.constant(null) },
    );
  };

const changeBy = (device: string, base: World['base'], among: typeof FIELDS): fc.Arbitrary<WorldChange> =>
  fc.record({
    device: fc.constant(device),
    number: fc.integer({ min: 1, max: 3 }),
    ms: fc.integer({ min: 0, max: 6 }),
    canonical: fc.boolean(),
    edits: fc.oneof(
      { weight: 9, arbitrary: partial(among, 1, editOf(base)) },
      { weight: base === null ? 0 : 1, arbitrary: fc.constant(null) },
    ),
  });

const worldOf = (among: typeof FIELDS): fc.Arbitrary<World> =>
  fc
    .tuple(
      fc.option(
        partial(among, 1, (_name, usual) => textFor(usual)),
        { freq: 5, nil: null },
      ),
      fc.shuffledSubarray(DEVICES, { minLength: 2 }),
    )
    .chain(([base, devices]) =>
      fc.record({
        base: fc.constant(base),
        changes: fc.tuple(...devices.map((device) => changeBy(device, base, among))),
      }),
    );

/** Either records of several fields, or all devices at work on one and the same field. */
export const worlds: fc.Arbitrary<World> = fc.oneof(
  worldOf(FIELDS),
  ...FIELDS.map((field) => worldOf([field])),
);

const BASE_STAMP = { time: 1 as HlcTime, device: 'origin' as DeviceId, number: 1 };
const MS = 1_024;

function objectText(fields: ReadonlyMap<string, string>, canonical: boolean): string {
  const entries = [...fields].map(([name, text]) => [JSON.stringify(name), text] as const);
  if (!canonical) return `{ ${entries.map(([name, text]) => `${name} :\n${text}`).join(' ,')} }`;
  const sorted = [...fields.keys()].sort();
  return `{${sorted.map((name) => `${JSON.stringify(name)}:${fields.get(name)!}`).join(',')}}`;
}

export function baseSide<Rule>(policy: Policy<Rule>, rule: Rule, world: World): Side | null {
  if (world.base === null) return null;
  const payload = bytesOf(objectText(new Map(Object.entries(world.base)), true));
  const written: Side = { ...BASE_STAMP, deleted: false, payload, meta: null };
  return { ...written, meta: policy.remember({ stored: null, incoming: written, rule }) };
}

/** The change as the server meets it: whole, applied to the base. */
export function incomingSide(world: World, change: WorldChange): Side {
  const stamp = {
    time: (change.ms * MS + 5) as HlcTime,
    device: change.device as DeviceId,
    number: change.number,
  };
  if (change.edits === null) return { ...stamp, deleted: true, payload: null, meta: null };
  const fields = new Map(Object.entries(world.base ?? {}));
  for (const [name, text] of Object.entries(change.edits)) {
    if (text === null) fields.delete(name);
    else fields.set(name, text);
  }
  return { ...stamp, deleted: false, payload: bytesOf(objectText(fields, change.canonical)), meta: null };
}

export function conflictKind(base: Side | null, stored: Side, incoming: Side) {
  if (base === null) return 'CREATE_CREATE';
  if (incoming.deleted) return 'DELETE_UPDATE';
  return stored.deleted ? 'UPDATE_DELETE' : 'UPDATE_UPDATE';
}

/**
 * What becomes of the record when the changes arrive in this order: the first has seen the base, all others meet
 * a conflict. A delete that meets a delete is no conflict, but the policy still says whose stamp stands.
 */
export function arrive<Rule>(policy: Policy<Rule>, rule: Rule, world: World, order: readonly Side[]): Side {
  const base = baseSide(policy, rule, world);
  let stored = base;
  order.forEach((incoming, at) => {
    if (stored === null || at === 0) {
      stored = written(policy, rule, stored, incoming);
      return;
    }
    const kind = conflictKind(base, stored, incoming);
    const resolution = policy.resolve({
      kind,
      base: kind === 'CREATE_CREATE' ? null : base,
      stored,
      incoming,
      rule,
    });
    if (resolution.take === 'incoming') stored = written(policy, rule, stored, incoming);
    if (resolution.take === 'merged') {
      const time = stored.time > incoming.time ? stored.time : incoming.time;
      stored = { ...incoming, time, payload: resolution.payload, meta: resolution.meta };
    }
  });
  return stored!;
}

function written<Rule>(policy: Policy<Rule>, rule: Rule, stored: Side | null, incoming: Side): Side {
  if (incoming.deleted) return incoming;
  return { ...incoming, meta: policy.remember({ stored, incoming, rule }) };
}

export function permutations<Item>(items: readonly Item[]): Item[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, at) =>
    permutations([...items.slice(0, at), ...items.slice(at + 1)]).map((rest) => [item, ...rest]),
  );
}
