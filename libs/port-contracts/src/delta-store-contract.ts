import {
  EPOCH_VERSIONS_GAP,
  type CollectionName,
  compareUtf8,
  recordId,
  recordKey,
  type SpaceKey,
} from '@syncline/core';
import type { Changes, ChangesRequest } from '@syncline/ports';
import { change, NOTES, pushOf, rulesOf } from './change-fixtures';
import { lookingDuring } from './eventually';
import { mergeInto } from './merge-fixtures';
import { type MakeStore, type StoreWorld, storeWorld } from './store-under-test';
import { expectConsistent, readSpace, wholeSpace } from './whole-space';

const TASKS = rulesOf('tasks').collection;

type Read = (space: SpaceKey, request?: Partial<ChangesRequest>) => Promise<Changes>;

export function describeDeltaStoreContract(name: string, make: MakeStore): void {
  describe(`${name} keeps the contract of a delta store`, () => {
    const world = storeWorld(make);
    const read: Read = async (space, request = {}) => {
      const whole = { after: 0, collections: [], recordsMax: 100, bytesMax: 1_000_000, clockAfter: 0 };
      return (await world.store.changes({ space, ...whole, ...request }))!;
    };
    describeState(world);
    describePages(world, read);
    describeFilters(world, read);
    describeClock(world, read);
    describeCount(world);
    describeRange(world);
    describeSnapshots(world, read);
  });
}

const idsOf = ({ rows }: { readonly rows: readonly { readonly id: string }[] }) => rows.map(({ id }) => id);

function describeState(world: StoreWorld): void {
  test('a space that does not exist is null everywhere', async () => {
    const { store } = world;
    const space = world.nowhere();
    const request = { space, after: 0, collections: [], recordsMax: 1, bytesMax: 1, clockAfter: 0 };
    expect(await store.state(space)).toBeNull();
    expect(await store.changes(request)).toBeNull();
    expect(await store.count({ space, after: 0, collections: [], except: [] })).toBeNull();
    expect(await store.range({ space, collection: NOTES, fromId: '', toId: null })).toBeNull();
    expect(await store.records(space, [])).toBeNull();
    expect(await store.collections(space)).toBeNull();
  });

  test('a new space is empty, at version 0 of epoch 1', async () => {
    const space = await world.space();
    expect(await world.store.state(space)).toEqual({
      space,
      epoch: 1,
      head: 0,
      floor: 0,
      digests: new Map(),
      records: 0,
      bytes: 0,
    });
    const { rows, more, clock } = await wholeSpace(world.store, space);
    expect([rows, more, clock.size]).toEqual([[], false, 0]);
  });

  test('the rules of a space come with where it stands', async () => {
    const space = await world.space();
    await world.device(space, 'd1').push(change.create('a', {}));
    const { state, rules } = (await world.store.collections(space))!;
    expect(state).toEqual(await world.store.state(space));
    expect(state.head).toBe(1);
    expect(rules.size).toBe(0);
    await world.store.declare(space, rulesOf('tasks'));
    expect([...(await world.store.collections(space))!.rules.keys()]).toEqual([TASKS]);
  });

  test('the heads of several spaces come at once, without those that do not exist', async () => {
    const [left, right] = [await world.space(), await world.space()];
    await world.device(right, 'd1').push(change.create('a', {}), change.create('b', {}));
    await world.store.newEpoch(left);
    const heads = await world.store.heads([left, world.nowhere(), right]);
    expect([...heads].sort(([one], [other]) => compareUtf8(one, other))).toEqual(
      [
        [left, { epoch: 2, head: EPOCH_VERSIONS_GAP, accessChanges: 0 }] as const,
        [right, { epoch: 1, head: 2, accessChanges: 0 }] as const,
      ].sort(([one], [other]) => compareUtf8(one, other)),
    );
    expect((await world.store.heads([])).size).toBe(0);
  });

  test('named records are found, live or deleted, and no others', async () => {
    const space = await world.space();
    await world.device(space, 'd1').push(change.create('a', {}), change.create('b', {}), change.delete('b'));
    const name = (id: string, collection: CollectionName = NOTES) => ({
      collection,
      id: recordId(id),
      key: recordKey(collection, recordId(id)),
    });
    const found = await world.store.records(space, [name('a'), name('b'), name('c'), name('a', TASKS)]);
    expect([...found!].map(([key, { deleted }]) => [key, deleted]).sort()).toEqual([
      [name('a').key, false],
      [name('b').key, true],
    ]);
  });
}

/** Four notes of 10, 20, 40 and 5 bytes, the first of them deleted, and a task of 2 bytes. */
async function spaceOfFive(world: StoreWorld): Promise<SpaceKey> {
  const space = await world.space();
  const sized = (id: string, bytes: number) => change.create(id, new Uint8Array(bytes));
  const { push } = world.device(space, 'd1');
  await push(sized('a', 10), sized('b', 20), change.create('t', {}, { collection: TASKS }), sized('c', 40));
  await push(change.delete('a'), sized('d', 5));
  return space;
}

function describePages(world: StoreWorld, read: Read): void {
  test('changes are each record once, at its last version, in order of version', async () => {
    const space = await spaceOfFive(world);
    const { rows, state } = await read(space);
    expect(rows.map(({ id, version }) => [id, version])).toEqual([
      ['b', 2],
      ['t', 3],
      ['c', 4],
      ['a', 5],
      ['d', 6],
    ]);
    expect([state.head, rows[3]?.deleted, rows[3]?.payload]).toEqual([6, true, null]);
  });

  test.each([
    [0, 2, ['b', 't'], true],
    [3, 2, ['c', 'a'], true],
    [5, 2, ['d'], false],
    [4, 2, ['a', 'd'], false],
    [6, 2, [], false],
    [0, 5, ['b', 't', 'c', 'a', 'd'], false],
  ] as const)(
    'after version %d with %d records at most come %j, more: %s',
    async (after, recordsMax, ids, more) => {
      const page = await read(await spaceOfFive(world), { after, recordsMax });
      expect([idsOf(page), page.more]).toEqual([ids, more]);
    },
  );

  test.each([
    [1, ['b'], true],
    [22, ['b', 't'], true],
    [61, ['b', 't'], true],
    [62, ['b', 't', 'c', 'a'], true],
    [67, ['b', 't', 'c', 'a', 'd'], false],
  ] as const)('a page of %d bytes at most holds %j, more: %s', async (bytesMax, ids, more) => {
    const page = await read(await spaceOfFive(world), { bytesMax });
    expect([idsOf(page), page.more]).toEqual([ids, more]);
  });
}

function describeFilters(world: StoreWorld, read: Read): void {
  test('only the asked collections come, and "more" speaks of these alone', async () => {
    const space = await spaceOfFive(world);
    const tasks = await read(space, { collections: [TASKS], recordsMax: 1 });
    expect([idsOf(tasks), tasks.more]).toEqual([['t'], false]);
    const notes = await read(space, { collections: [NOTES], recordsMax: 2 });
    expect([idsOf(notes), notes.more]).toEqual([['b', 'c'], true]);
    expect(idsOf(await read(space, { collections: [NOTES, TASKS], after: 2 }))).toEqual(['t', 'c', 'a', 'd']);
    expect(idsOf(await read(space, { collections: [rulesOf('none').collection] }))).toEqual([]);
  });

  test('page by page a reader gets everything, also what moves on meanwhile', async () => {
    const space = await world.space();
    const { push } = world.device(space, 'd1');
    await push(...Array.from({ length: 30 }, (_, n) => change.create(`r${n}`, { n })));
    const held = new Map<string, number>();
    let after = 0;
    for (let more = true, n = 0; more; n++) {
      const page = await read(space, { after, recordsMax: 4 });
      for (const { id, version } of page.rows) held.set(id, version);
      after = page.rows.at(-1)?.version ?? after;
      ({ more } = page);
      if (n < 8) await push(change.update(`r${n * 3}`, { again: n }));
    }
    const { rows } = await wholeSpace(world.store, space);
    expect(held).toEqual(new Map(rows.map(({ id, version }) => [id, version])));
  });
}

function describeClock(world: StoreWorld, read: Read): void {
  test('the clock names the devices that moved since a version, with their last numbers', async () => {
    const space = await world.space();
    const d1 = world.device(space, 'd1');
    const d2 = world.device(space, 'd2');
    const d3 = world.device(space, 'd3');
    await d1.push(change.create('a', {}), change.create('b', {}));
    await d2.push(change.create('c', {}));
    await d3.push(change.patch('missing', {}));
    await d1.push(change.create('d', {}));
    const clockAfter = async (version: number) =>
      [...(await read(space, { clockAfter: version })).clock].sort();
    expect(await clockAfter(0)).toEqual([
      ['d1', 3],
      ['d2', 1],
      ['d3', 1],
    ]);
    expect(await clockAfter(2)).toEqual([
      ['d1', 3],
      ['d2', 1],
      ['d3', 1],
    ]);
    expect(await clockAfter(3)).toEqual([
      ['d1', 3],
      ['d3', 1],
    ]);
    expect(await clockAfter(4)).toEqual([]);
  });
}

function describeCount(world: StoreWorld): void {
  test('what is above a version is counted, and the payloads of the live records are summed', async () => {
    const space = await world.space();
    const { push } = world.device(space, 'd1');
    await push(change.create('a', new Uint8Array(10)), change.create('b', new Uint8Array(20)));
    await push(change.update('a', new Uint8Array(7)), change.delete('b'));
    const all = { space, collections: [], except: [] };
    const counts = await Promise.all([0, 2, 3, 4].map((after) => world.store.count({ ...all, after })));
    expect(counts).toEqual([
      { records: 2, bytes: 7 },
      { records: 2, bytes: 7 },
      { records: 1, bytes: 0 },
      { records: 0, bytes: 0 },
    ]);
  });

  test.each([
    [[NOTES], [], 4, 65],
    [[TASKS], [], 1, 2],
    [[NOTES, TASKS], [], 5, 67],
    [[], [NOTES], 1, 2],
    [[], [TASKS, rulesOf('none').collection], 4, 65],
    [[NOTES, TASKS], [TASKS], 4, 65],
    [[TASKS], [TASKS], 0, 0],
  ])(
    'of collections %j except %j, %d are counted with %d bytes',
    async (collections, except, records, bytes) => {
      const space = await spaceOfFive(world);
      expect(await world.store.count({ space, after: 0, collections, except })).toEqual({ records, bytes });
    },
  );
}

function describeRange(world: StoreWorld): void {
  // In order of their UTF-8 bytes; JavaScript's own order puts the surrogates of the last two before U+FF5E.
  const ids = ['!', 'A', 'Z', 'a', 'a/b', 'aa', 'z', '~', 'é', 'ö', '€', '\uff5e', '\u{1f600}', '\u{1f600}a'];

  const range = async (space: SpaceKey, fromId: string, toId: string | null) =>
    idsOf((await world.store.range({ space, collection: NOTES, fromId, toId }))!);

  const spaceOfIds = async () => {
    const space = await world.space();
    const { push } = world.device(space, 'd1');
    const shuffled = ids
      .map((id, index) => ({ id, at: (index * 5) % ids.length }))
      .sort((a, b) => a.at - b.at);
    await push(
      ...shuffled.map(({ id }) => change.create(id, { id })),
      change.create('b', {}, { collection: TASKS }),
    );
    return { space, push };
  };

  test('a collection comes in the order of the UTF-8 bytes of its ids', async () => {
    const { space } = await spaceOfIds();
    expect(await range(space, '', null)).toEqual(ids);
  });

  test('a range begins with its first id and ends before its last', async () => {
    const { space } = await spaceOfIds();
    for (let from = 0; from < ids.length; from += 2) {
      expect(await range(space, ids[from]!, null)).toEqual(ids.slice(from));
      expect(await range(space, '', ids[from]!)).toEqual(ids.slice(0, from));
      expect(await range(space, ids[from]!, ids[from + 3] ?? null)).toEqual(ids.slice(from, from + 3));
    }
    expect(await range(space, 'a0', 'ab')).toEqual(['aa']);
    expect(await range(space, 'z', 'a')).toEqual([]);
  });

  test('deleted records are left out, and new ones are in, also after earlier ranges', async () => {
    const { space, push } = await spaceOfIds();
    expect(await range(space, 'a', 'b')).toEqual(['a', 'a/b', 'aa']);
    await push(change.delete('a/b'), change.create('a0', {}), change.create('ab', {}));
    expect(await range(space, 'a', 'b')).toEqual(['a', 'a0', 'aa', 'ab']);
    await push(change.create('a/b', {}), change.delete('ab'));
    expect(await range(space, 'a', 'b')).toEqual(['a', 'a/b', 'a0', 'aa']);
    await world.store.raiseFloor(space, 1_000);
    await push(change.create('ab', {}));
    expect(await range(space, 'a', 'b')).toEqual(['a', 'a/b', 'a0', 'aa', 'ab']);
  });
}

function describeSnapshots(world: StoreWorld, read: Read): void {
  test('state, rows, clock and counts belong to one moment, whatever is merged beside', async () => {
    const space = await world.space();
    const mergeAll = async (device: string) => {
      for (let first = 1; first <= 60; first += 3) {
        const id = `${device}-${first % 2}`;
        const begin = change.create(`${device}-${first}`, { first });
        const pushes = [pushOf(device, [begin, change.create(id, { first }), change.delete(id)], { first })];
        await mergeInto(world.store, new Map([[space, pushes]]));
      }
    };
    await lookingDuring(Promise.all(['d1', 'd2'].map(mergeAll)), async () => {
      const snapshot = await readSpace(world.store, space);
      expectConsistent(snapshot);
      const numbers = [...snapshot.clock.values()].reduce((sum, number) => sum + number, 0);
      expect(numbers % 3).toBe(0);
      const page = await read(space, { after: snapshot.state.head, clockAfter: snapshot.state.head });
      expect(page.rows.every(({ version }) => version <= page.state.head)).toBe(true);
      expect(page.state.head).toBeGreaterThanOrEqual(snapshot.state.head);
      expect(page.clock.size > 0).toBe(page.state.head > snapshot.state.head);
    });
    expect([...(await wholeSpace(world.store, space)).clock.values()]).toEqual([60, 60]);
  });
}
