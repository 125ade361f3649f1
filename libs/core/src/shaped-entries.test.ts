import { compareRange } from './compare';
import { checkpointCursor, type Cursor, startCursor } from './cursor';
import { announcementOf, deltaOf, type Reader, takesLive } from './delta';
import { deviceId, type Version } from './ids';
import { DEFAULT_LIMITS } from './limits';
import type { PageEntry } from './pages';
import type { CollectionRules } from './rules';
import type { SchemaOperation } from './schema/declaration';
import { WHOLE_SPACE } from './scope';
import { ANSWER_WORK_MAX, comparable, spaceShapes } from './shaped-entries';
import {
  bytesOf,
  create,
  NOTES,
  OWNER,
  patch,
  pushOf,
  remove,
  rulesOf,
  testSpace,
  type TestSpace,
  textOf,
  update,
} from './space.test-fixtures';

const UP: readonly SchemaOperation[] = [
  { kind: 'rename', field: 'phone', to: 'telephone' },
  { kind: 'split', field: 'name', separator: ' ', into: ['first', 'last'] },
  { kind: 'default', field: 'vip', value: 'false' },
];
const BEFORE = rulesOf({ policy: 'client-wins', schema: { current: 1, oldest: 1, steps: [] } });
const AFTER: CollectionRules = {
  ...BEFORE,
  schema: { current: 2, oldest: 1, steps: [{ toVersion: 2, up: UP, down: [] }] },
};
const SHAPES = spaceShapes(new Map([[NOTES, AFTER]]));
const V1 = { schemaVersion: 1 };
const V2 = { schemaVersion: 2 };

const HASH = { a: 1, b: 2 };
const at = (version: Version): Cursor => checkpointCursor(1, version, HASH);
const reads = (version: number | null, given: Partial<Reader> = {}): Reader => ({
  device: deviceId('reader'),
  scope: WHOLE_SPACE,
  access: OWNER,
  takesPatches: true,
  takesOperations: false,
  takesOwn: true,
  mayHoldMore: false,
  ...(version === null ? {} : { schemaVersions: new Map([[NOTES, version]]) }),
  ...given,
});

function inWords(entry: PageEntry): string {
  if (entry.kind === 'put') return `put v${entry.record.schemaVersion} ${textOf(entry.record.payload)}`;
  if (entry.kind === 'patch')
    return `patch v${entry.schemaVersion} ${textOf(entry.patch.set)} -${entry.patch.remove.join()}`;
  return entry.kind;
}

function read(space: TestSpace, who: Reader, cursor: Cursor = startCursor(1, 0, HASH), shapes = SHAPES) {
  const rows = [...space.records.values()].filter(({ version }) => version > cursor.position);
  rows.sort((left, right) => left.version - right.version);
  const { epoch, head, digests } = space.state;
  return deltaOf(who, cursor, { epoch, head, digests, shapes, rows, more: false, clock: new Map() });
}

const told = (...asked: Parameters<typeof read>): string[] => read(...asked).page.entries.map(inWords);

/** One record from before there was a step, one from after it. */
function bothShapes(): TestSpace {
  const space = testSpace({ rules: [BEFORE] });
  space.push('w', create('a', { name: 'Ada King', phone: '1' }, V1));
  space.declare(AFTER);
  space.push('w', create('b', { first: 'Bo', telephone: '2', vip: true }, V2));
  return space;
}

describe('whole records', () => {
  const OLD_A = '{"name":"Ada King","phone":"1"}';
  const NEW_A = '{"first":"Ada","last":"King","telephone":"1","vip":false}';
  const OLD_B = '{"name":"Bo","phone":"2","vip":true}';
  const NEW_B = '{"first":"Bo","telephone":"2","vip":true}';

  test.each<[string, number | null, string[]]>([
    ['its own', 1, [`put v1 ${OLD_A}`, `put v1 ${OLD_B}`]],
    ['the newest', 2, [`put v2 ${NEW_A}`, `put v2 ${NEW_B}`]],
    ['no version at all, which is the newest', null, [`put v2 ${NEW_A}`, `put v2 ${NEW_B}`]],
    ['one that is not declared yet: as they are stored', 3, [`put v1 ${OLD_A}`, `put v2 ${NEW_B}`]],
    ['one from before the first step: as they are stored', 0, [`put v1 ${OLD_A}`, `put v2 ${NEW_B}`]],
  ])('go out in the shape that a device named: %s', (_name, version, expected) => {
    expect(told(bothShapes(), reads(version))).toEqual(expected);
  });

  test('go out as they are stored where they cannot be converted, and say in which version that is', () => {
    const space = testSpace({ rules: [AFTER] });
    space.push('w', create('a', { first: 7, last: 'x' }, V2));
    expect(told(space, reads(1))).toEqual(['put v2 {"first":7,"last":"x"}']);
  });

  test('are held to the conditions of a scope in their newest shape', () => {
    const fields = [{ field: 'telephone', json: '"1"' }];
    const scope = { ...WHOLE_SPACE, collections: [NOTES], fields };
    expect(told(bothShapes(), reads(1, { scope }))).toEqual([`put v1 ${OLD_A}`]);
  });
});

describe('what changed', () => {
  const changed = (...changes: Parameters<TestSpace['write']>[1][]): TestSpace => {
    const space = bothShapes();
    space.write('w', ...changes);
    return space;
  };

  test('goes out as a patch of the shape that a device holds', () => {
    const space = changed(patch('b', 0, { telephone: '3' }, [], V2));
    expect(told(space, reads(1), at(2))).toEqual(['patch v1 {"phone":"3"} -']);
    expect(told(space, reads(2), at(2))).toEqual(['patch v2 {"telephone":"3"} -']);
    expect(told(space, reads(null), at(2))).toEqual(['patch v2 {"telephone":"3"} -']);
  });

  test('goes out whole where a patch says too little in another shape', () => {
    const space = changed(patch('b', 0, { last: 'Li' }, [], V2));
    expect(told(space, reads(1), at(2))).toEqual(['put v1 {"name":"Bo Li","phone":"2","vip":true}']);
    expect(told(space, reads(2), at(2))).toEqual(['patch v2 {"last":"Li"} -']);
  });

  test('in a record of an older shape goes out whole to all: nobody holds what it was made of', () => {
    const space = changed(patch('a', 0, { vip: true }, [], V2));
    expect(told(space, reads(2), at(2))).toEqual([
      'put v2 {"first":"Ada","last":"King","telephone":"1","vip":true}',
    ]);
  });

  test('goes back to the device that did it by its number only where it is the very same there', () => {
    const space = bothShapes();
    space.write('reader', update('b', 0, { first: 'B', telephone: '4', vip: true }, V2));
    expect(told(space, reads(2), at(2))).toEqual(['own']);
    expect(told(space, reads(1), at(2))).toEqual(['put v1 {"name":"B","phone":"4","vip":true}']);
    space.write('reader', update('b', 0, { name: 'C', phone: '4', vip: true }, V1));
    expect(told(space, reads(1), at(3))).toEqual(['put v1 {"name":"C","phone":"4","vip":true}']);
  });

  test('is deleted in any shape', () => {
    expect(told(changed(remove('b', 0)), reads(1), at(2))).toEqual(['delete']);
  });
});

test('a page ends where converting has taken enough, and the next one goes on behind it', () => {
  const space = testSpace({ rules: [BEFORE] });
  const long = 'x'.repeat(ANSWER_WORK_MAX / 30);
  space.push('w', ...[...'abcdef'].map((id) => create(id, { name: long }, V1)));
  space.declare(AFTER);
  const sizes: number[] = [];
  let cursor = startCursor(1, 0, HASH);
  let reached = null;
  while (reached === null) {
    const { page, checkpoint } = read(space, reads(2), cursor);
    sizes.push(page.entries.length);
    ({ cursor } = page);
    reached = checkpoint;
  }
  expect(sizes).toEqual([5, 1]);
  expect([read(space, reads(1)).page.entries.length, reached.version]).toEqual([6, 6]);
});

test('a new version that adds a field sends nobody anything, whichever of the two they read', () => {
  const space = testSpace({ rules: [BEFORE] });
  space.push('w', create('a', { name: 'Ada' }, V1), create('b', { name: 'Bo' }, V1));
  const steps = [{ toVersion: 2, up: [UP[2]!], down: [] }];
  const added = { ...BEFORE, schema: { current: 2, oldest: 1, steps } };
  space.declare(added);
  const shapes = spaceShapes(new Map([[NOTES, added]]));
  for (const version of [1, 2, null]) {
    const { page, checkpoint } = read(space, reads(version), at(2), shapes);
    expect([page.entries, checkpoint?.version]).toEqual([[], 2]);
  }
});

describe('live entries', () => {
  const announced = (space: TestSpace, ...changes: Parameters<typeof pushOf>[2]) =>
    announcementOf(space.merge(pushOf('w', 3, changes)), DEFAULT_LIMITS)!;

  test('are the same for all who read the newest; who reads an older one has them read', () => {
    const space = bothShapes();
    const { entries } = announced(space, create('c', { first: 'C' }, V2), remove('a', 1));
    expect([null, 2, 3].map((version) => takesLive(reads(version), entries!))).toEqual([true, true, true]);
    expect(takesLive(reads(1), entries!)).toBe(false);
    expect(takesLive(reads(1), entries!.slice(1))).toBe(true);
  });

  test('come with digests of versions alone where steps are declared', () => {
    const space = bothShapes();
    const stored = space.state.digests.get(NOTES)!;
    const { digests } = announced(space, remove('a', 1));
    expect(digests.get(NOTES)).toEqual({ count: 1, versions: expect.anything() as unknown, contents: null });
    expect(comparable(new Map([[NOTES, stored]]), undefined).get(NOTES)).toBe(stored);
    expect(read(space, reads(2)).checkpoint?.digests.get(NOTES)?.contents).toBeNull();
  });
});

describe('comparing', () => {
  const rows = (space: TestSpace) => [...space.records.values()];
  const claimed = (contents: { a: number; b: number } | null, space: TestSpace) => ({
    collection: NOTES,
    fromId: '',
    toId: null,
    digest: { ...space.state.digests.get(NOTES)!, contents },
  });

  test('goes by versions alone where steps are declared', () => {
    const space = bothShapes();
    const other = claimed({ a: 5, b: 6 }, space);
    expect(compareRange(other, rows(space), { shapes: SHAPES })).toEqual({ kind: 'same' });
    expect(compareRange(other, rows(space))).toMatchObject({ kind: 'replace' });
    expect(compareRange(claimed(null, space), rows(space))).toEqual({ kind: 'same' });
  });

  test('answers with records in the shape that was asked for, and with parts that say nothing of contents', () => {
    const space = bothShapes();
    const differs = { ...claimed(null, space), digest: { ...claimed(null, space).digest, count: 9 } };
    const wanted = { shapes: SHAPES, schemaVersions: new Map([[NOTES, 1]]) };
    const answer = compareRange(differs, rows(space), wanted);
    expect(answer.kind === 'replace' && answer.records.map(({ payload }) => textOf(payload))).toEqual([
      '{"name":"Ada King","phone":"1"}',
      '{"name":"Bo","phone":"2","vip":true}',
    ]);
    const many = Array.from({ length: 100 }, (_, index) => ({
      ...rows(space)[1]!,
      id: `r${index}` as never,
      payload: bytesOf({}),
    }));
    const split = compareRange(differs, many, wanted);
    expect(split.kind === 'split' && split.parts.every(({ digest }) => digest.contents === null)).toBe(true);
  });
});
