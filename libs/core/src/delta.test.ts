import type { Access } from './access';
import type { Change } from './changes';
import { checkpointCursor, type Cursor, startCursor } from './cursor';
import { announcementOf, deltaOf, liveEntries, type Reader, type Slice, takesLive } from './delta';
import { collectionName, deviceId, type Version } from './ids';
import { DEFAULT_LIMITS } from './limits';
import { entryKey, type PageEntry } from './pages';
import { WHOLE_SPACE } from './scope';
import {
  create,
  NOTES,
  NOW_MS,
  OWNER,
  patch,
  pushOf,
  remove,
  testSpace,
  type TestSpace,
  textOf,
  rulesOf,
  update,
} from './space.test-fixtures';

const HASH = { a: 1, b: 2 };
const reader = (given: Partial<Reader> = {}): Reader => ({
  device: deviceId('d'),
  scope: WHOLE_SPACE,
  access: OWNER,
  takesPatches: true,
  takesOperations: false,
  takesOwn: true,
  mayHoldMore: false,
  ...given,
});
const at = (version: Version): Cursor => checkpointCursor(1, version, HASH);
/** In the middle of a run that began at a checkpoint. */
const midway = (checkpoint: Version, position: Version): Cursor => ({ ...at(checkpoint), position });
const fresh = (position: Version, asOf: Version): Cursor => ({ ...startCursor(1, asOf, HASH), position });

function sliceOf(space: TestSpace, after: Version, more = false): Slice {
  const rows = [...space.records.values()].filter(({ version }) => version > after);
  rows.sort((left, right) => left.version - right.version);
  const { epoch, head, digests } = space.state;
  return { epoch, head, digests, rows, more, clock: new Map() };
}

function inWords(entry: PageEntry): string {
  const { id, version } = entryKey(entry);
  if (entry.kind === 'put') return `put ${id}@${version} ${textOf(entry.record.payload)}`;
  if (entry.kind === 'patch') return `patch ${id}@${version} on ${entry.previousVersion}`;
  return `${entry.kind} ${id}@${version}`;
}

const read = (space: TestSpace, cursor: Cursor, who = reader()): string[] =>
  deltaOf(who, cursor, sliceOf(space, cursor.position)).page.entries.map(inWords);

describe('what a device gets for a record', () => {
  /** The device d, another device x, and one change of r after the cursor. */
  const changed = (by: string, last: Change): TestSpace => {
    const space = testSpace();
    space.write('x', create('r', { n: 1 }), create('s', {}));
    space.write(by, last);
    return space;
  };
  const others = () => changed('x', patch('r', 0, { n: 2 }));
  const own = () => changed('d', update('r', 0, { n: 2 }));
  const deleted = () => changed('x', remove('r', 0));
  const broughtBack = () => {
    const space = testSpace({ rules: [rulesOf({ deletes: 'resurrect' })] });
    space.write('x', create('r', { n: 1 }), remove('r', 0));
    space.push('d', update('r', 1, { n: 2 }));
    return space;
  };

  test.each<[string, TestSpace, Cursor, Partial<Reader>, string[]]>([
    ['fields that changed', others(), at(2), {}, ['patch r@3 on 1']],
    [
      'whole, where it takes no patches',
      others(),
      at(2),
      { takesPatches: false, takesOperations: false },
      ['put r@3 {"n":2}'],
    ],
    ['whole, where it may have missed the version before', others(), fresh(2, 2), {}, ['put r@3 {"n":2}']],
    ['whole, in a run that began before the version before', others(), midway(0, 2), {}, ['put r@3 {"n":2}']],
    ['its own change by version alone', own(), at(2), {}, ['own r@3']],
    [
      'its own change whole, where that brought it back',
      broughtBack(),
      at(2),
      { scope: { ...WHOLE_SPACE, collections: [NOTES] } },
      ['put r@3 {"n":2}'],
    ],
    [
      'its own change whole, where it did not keep it',
      own(),
      at(2),
      { takesOwn: false },
      ['put r@3 {"n":2}'],
    ],
    ['its own change whole, in a first sync', own(), fresh(2, 2), {}, ['put r@3 {"n":2}']],
    ['that it is gone, when deleted', deleted(), at(2), {}, ['delete r@3']],
    [
      'that it is gone, when it may have got it in this run',
      deleted(),
      fresh(1, 2),
      {},
      ['put s@2 {}', 'delete r@3'],
    ],
    ['nothing, when it cannot have held it', deleted(), fresh(0, 3), {}, ['put s@2 {}']],
    [
      'that it is gone, when it may have read further than it is known to have',
      deleted(),
      fresh(0, 3),
      { mayHoldMore: true },
      ['put s@2 {}', 'delete r@3'],
    ],
    ['whole, when it may hold a later version', others(), at(2), { mayHoldMore: true }, ['put r@3 {"n":2}']],
    [
      'every delete, when it asks for them',
      deleted(),
      fresh(0, 3),
      { scope: { ...WHOLE_SPACE, includeDeleted: true } },
      ['put s@2 {}', 'delete r@3'],
    ],
  ])('%s', (_what, space, cursor, given, entries) => {
    expect(read(space, cursor, reader(given))).toEqual(entries);
  });

  test('is whole in a first sync, also when it is the own create, which a device that starts over may not keep', () => {
    const space = testSpace();
    space.push('d', create('r', 1));
    expect(read(space, fresh(0, 1))).toEqual(['put r@1 1']);
    space.push('d', create('s', 2));
    expect(read(space, at(1))).toEqual(['own s@2']);
  });

  test('is whole after two changes, of which one was missed', () => {
    const space = others();
    space.write('x', patch('r', 0, { n: 3 }));
    expect(read(space, at(2))).toEqual(['put r@4 {"n":3}']);
    expect(read(space, at(3))).toEqual(['patch r@4 on 3']);
    expect(read(space, midway(2, 3))).toEqual(['put r@4 {"n":3}']);
  });

  test('is whole after a merge, for nobody sent that', () => {
    const space = testSpace();
    space.write('x', create('r', 1));
    space.push('d', update('r', 1, 2, { atMs: 1e9 }));
    expect(read(space, at(1))).toEqual(['put r@2 2']);
  });

  test('is gone when it leaves a scope, and whole when it comes back', () => {
    const scope = { ...WHOLE_SPACE, collections: [NOTES], fields: [{ field: 'f', json: '1' }] };
    const space = testSpace();
    space.write('x', create('r', { f: 1 }), create('never', { f: 0 }), patch('r', 0, { f: 0 }));
    expect(read(space, at(1), reader({ scope }))).toEqual(['gone r@3']);
    expect(read(space, fresh(0, 3), reader({ scope }))).toEqual([]);
    space.write('x', patch('r', 0, { f: 1 }), patch('never', 0, { g: 1 }));
    expect(read(space, at(3), reader({ scope }))).toEqual(['put r@4 {"f":1}', 'gone never@5']);
  });

  test('is nothing where the user may not read, also of the ledger', () => {
    const access: Access = { role: 'owner', collections: new Map([[NOTES, 'none']]) };
    const space = testSpace();
    space.write(
      'x',
      create('r', 1),
      update('r', 0, 2, { atMs: 9 }),
      create('t', 1, { collection: collectionName('tasks') }),
    );
    space.push('d', update('r', 1, 3));
    expect(read(space, fresh(0, 4), reader({ access }))).toEqual(['put t@3 1']);
  });
});

describe('a page', () => {
  const space = testSpace();
  space.write('x', create('a', 1), create('b', 2));

  test('in the middle goes on from its last row, and keeps what is known of the run', () => {
    const { page, checkpoint } = deltaOf(reader(), fresh(0, 2), {
      ...sliceOf(space, 0, true),
      rows: sliceOf(space, 0).rows.slice(0, 1),
    });
    expect([page.cursor, checkpoint]).toEqual([fresh(1, 2), null]);
  });

  test('at the end comes with the checkpoint of its snapshot', () => {
    const { page, checkpoint } = deltaOf(reader(), fresh(1, 1), sliceOf(space, 1));
    // Only with the checkpoint does a device have its clock.
    expect(page.cursor).toEqual({ ...at(2), checkpoint: 0 });
    expect(checkpoint).toMatchObject({ version: 2, cursor: at(2), digests: space.state.digests });
  });

  test('without rows is a checkpoint all the same', () => {
    expect(deltaOf(reader(), at(2), sliceOf(space, 2))).toMatchObject({
      page: { entries: [] },
      checkpoint: { version: 2 },
    });
  });

  test('speaks for no collection that the device does not hold whole', () => {
    const scope = { ...WHOLE_SPACE, idPrefix: 'a' };
    expect(deltaOf(reader({ scope }), at(2), sliceOf(space, 2)).checkpoint?.digests.size).toBe(0);
  });
});

describe('an announcement', () => {
  const space = testSpace();
  space.write('x', create('a', { n: 1 }), create('b', { n: 1 }));
  const plan = space.merge(
    pushOf('x', 3, [
      patch('a', 1, { n: 2 }),
      remove('b', 2),
      create('c', {}),
      patch('c', 0, { n: 1 }, [], { after: 5 }),
    ]),
  );
  const announced = announcementOf(plan, DEFAULT_LIMITS)!;

  test('tells what changed against the version before, in order', () => {
    expect(announced.entries?.map(inWords)).toEqual(['patch a@3 on 1', 'delete b@4', 'put c@6 {"n":1}']);
    expect(announced).toMatchObject({ epoch: 1, from: 2, to: 6, clock: plan.lastNumbers });
    expect(announced.committedAtMs).toBe(plan.records.at(-1)!.committedAtMs);
    expect([...announced.digests]).toEqual([[NOTES, plan.after.digests.get(NOTES)]]);
  });

  test('is none when nothing moved', () => {
    expect(announcementOf(space.merge(pushOf('x', 7, [update('none', 0, {})])), DEFAULT_LIMITS)).toBeNull();
  });

  test.each([
    [{ pageRecordsMax: 2 }, false],
    [{ pageRecordsMax: 3 }, true],
    [{ pageBytesMax: 100 }, false],
  ])('carries entries only when they fit a page: %j', (limits, carries) => {
    expect(announcementOf(plan, { ...DEFAULT_LIMITS, ...limits })?.entries !== null).toBe(carries);
  });

  test('goes out as it is to whoever may see all of it', () => {
    const entries = announced.entries!;
    expect(liveEntries(reader(), entries)).toBe(entries);
    expect(liveEntries(reader({ scope: { ...WHOLE_SPACE, idPrefix: 'b' } }), entries).map(inWords)).toEqual([
      'delete b@4',
    ]);
    expect(takesLive(reader(), entries)).toBe(true);
    expect(takesLive(reader({ takesPatches: false, takesOperations: false }), entries)).toBe(false);
    expect(takesLive(reader({ takesPatches: false, takesOperations: false }), entries.slice(1))).toBe(true);
    expect(takesLive(reader({ scope: { ...WHOLE_SPACE, changedToMs: NOW_MS } }), entries)).toBe(false);
  });
});
