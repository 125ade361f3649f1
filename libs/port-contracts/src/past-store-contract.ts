import { CONFLICTS, recordId, type SpaceKey } from '@syncline/core';
import type { VersionsRequest } from '@syncline/ports';
import { BASE_MS, change, NOTES, pushOf, readJson, rulesOf } from './change-fixtures';
import { mergeInto } from './merge-fixtures';
import { type MakeStore, type StoreWorld, storeWorld } from './store-under-test';

const TASKS = rulesOf('tasks').collection;
const ANY = Number.MAX_SAFE_INTEGER;

export function describePastStoreContract(name: string, make: MakeStore): void {
  describe(`${name} keeps the contract of a store of what was`, () => {
    const world = storeWorld(make);
    describeReach(world);
    describeVersions(world);
    describeMoments(world);
    describeChanged(world);
    describeNowhere(world);
  });
}

/**
 * Versions 1 to 7, one a millisecond: notes a, notes b, notes a again, tasks a, notes a deleted, notes é, notes b again.
 */
async function spaceOverTime(world: StoreWorld): Promise<SpaceKey> {
  const space = await world.space();
  const given = { collection: TASKS };
  const changes = [
    change.create('a', { n: 1 }),
    change.create('b', { n: 2 }),
    change.update('a', { n: 3 }, { baseVersion: 1 }),
    change.create('a', { n: 4 }, given),
    change.delete('a', { baseVersion: 3 }),
    change.create('é', { n: 6 }),
    change.update('b', { n: 7 }, { baseVersion: 2 }),
  ];
  for (const [index, each] of changes.entries()) {
    const pushes = [pushOf(`d${index}`, [each])];
    await mergeInto(world.store, new Map([[space, pushes]]), { nowMs: BASE_MS + index });
  }
  return space;
}

function describeReach(world: StoreWorld): void {
  test('history reaches back to the beginning until something is pruned', async () => {
    const space = await spaceOverTime(world);
    expect(await world.store.reach(space)).toEqual({ head: 7, keptFrom: 0 });
    await world.store.pruneHistory(space, 1, BASE_MS + 3, ANY);
    expect(await world.store.reach(space)).toEqual({ head: 7, keptFrom: 3 });
  });

  test('it goes on from the version that followed on the last one that was pruned, and never back', async () => {
    const space = await spaceOverTime(world);
    await world.store.pruneHistory(space, 1, BASE_MS + 1_000, ANY);
    expect(await world.store.reach(space)).toEqual({ head: 7, keptFrom: 7 });
    await world.store.pruneHistory(space, 1, BASE_MS + 1_000, ANY);
    expect(await world.store.reach(space)).toEqual({ head: 7, keptFrom: 7 });
  });

  test('what nobody pruned leaves it where it is', async () => {
    const space = await spaceOverTime(world);
    await world.store.pruneHistory(space, 9, BASE_MS + 1_000, ANY);
    expect(await world.store.reach(space)).toEqual({ head: 7, keptFrom: 0 });
  });
}

function describeVersions(world: StoreWorld): void {
  const asked = (space: SpaceKey, given: Partial<VersionsRequest> = {}): VersionsRequest => ({
    space,
    collection: NOTES,
    id: recordId('a'),
    before: null,
    versionsMax: 10,
    bytesMax: 1_000,
    ...given,
  });
  const told = async (request: VersionsRequest) => {
    const { versions, more } = await world.store.versionsOf(request);
    return [...versions.map(({ version }) => version), more];
  };

  test('the versions of a record come newest first, part by part', async () => {
    const space = await spaceOverTime(world);
    expect(await told(asked(space))).toEqual([5, 3, 1, false]);
    expect(await told(asked(space, { versionsMax: 2 }))).toEqual([5, 3, true]);
    expect(await told(asked(space, { before: 3 }))).toEqual([1, false]);
    expect(await told(asked(space, { before: 1 }))).toEqual([false]);
    expect(await told(asked(space, { id: recordId('none') }))).toEqual([false]);
  });

  test('a part ends before its contents are too many, and the first one comes whatever its size', async () => {
    const space = await spaceOverTime(world);
    expect(await told(asked(space, { bytesMax: 7 }))).toEqual([5, 3, true]);
    expect(await told(asked(space, { bytesMax: 14 }))).toEqual([5, 3, 1, false]);
    expect(await told(asked(space, { bytesMax: 0, before: 4 }))).toEqual([3, true]);
  });

  test('each says whether it followed on a delete, and which conflict its change settled', async () => {
    const space = await world.space();
    await world.store.declare(space, rulesOf(NOTES, { policy: 'manual' }));
    const [d1, d2] = [world.device(space, 'd1'), world.device(space, 'd2')];
    await d1.push(change.create('a', { n: 1 }), change.delete('a'));
    await d1.push(change.create('a', { n: 2 }, { baseVersion: 2 }));
    const { conflict } = await d2.one(change.update('a', { n: 3 }, { baseVersion: 1 }));
    await d1.push(change.update('a', { n: 4 }, { baseVersion: 3, resolves: [conflict!.id] }));
    const { versions } = await world.store.versionsOf(asked(space));
    expect(versions.map((each) => [each.version, each.replacesDelete, each.settles])).toEqual([
      [5, false, conflict!.id],
      [3, true, null],
      [2, false, null],
      [1, false, null],
    ]);
    const ledger = asked(space, { collection: CONFLICTS, id: conflict!.id, bytesMax: 10_000 });
    expect((await world.store.versionsOf(ledger)).versions).toMatchObject([
      { version: 6, settles: null },
      { version: 4, settles: null },
    ]);
  });
}

function describeMoments(world: StoreWorld): void {
  test('a time stands for the last version that was committed up to it', async () => {
    const space = await spaceOverTime(world);
    const at = (ms: number) => world.store.versionAt(space, BASE_MS + ms);
    expect(await Promise.all([-1, 0, 1, 5, 6, 1_000].map(at))).toEqual([0, 1, 2, 6, 7, 7]);
    await world.store.newEpoch(space);
    expect(await Promise.all([-1, 3, 1_000].map(at))).toEqual([0, 4, 7]);
  });

  test('the collections that history tells of are named, in order', async () => {
    const space = await spaceOverTime(world);
    expect(await world.store.pastCollections(space)).toEqual([NOTES, TASKS]);
  });

  test('the places of records are told in the order of their ids, part by part', async () => {
    const space = await spaceOverTime(world);
    expect(await world.store.placesAt(space, NOTES, 4, null, 10)).toEqual([
      { id: 'a', version: 3, bytes: 7 },
      { id: 'b', version: 2, bytes: 7 },
      { id: 'é', version: null, bytes: null },
    ]);
    expect(await world.store.placesAt(space, NOTES, 6, null, 1)).toEqual([
      { id: 'a', version: 5, bytes: null },
    ]);
    expect(await world.store.placesAt(space, NOTES, 6, recordId('a'), 1)).toEqual([
      { id: 'b', version: 2, bytes: 7 },
    ]);
    expect(await world.store.placesAt(space, NOTES, 6, recordId('é'), 5)).toEqual([]);
  });

  test('entries are found by their versions, with the reach at the same moment', async () => {
    const space = await spaceOverTime(world);
    const found = await world.store.entriesAt(space, [6, 3, 99]);
    expect(found?.reach).toEqual({ head: 7, keptFrom: 0 });
    expect(found?.entries.map(({ version, payload }) => [version, readJson(payload)])).toEqual([
      [3, { n: 3 }],
      [6, { n: 6 }],
    ]);
  });
}

function describeChanged(world: StoreWorld): void {
  test('what changed since a moment is told by version, with what it was then', async () => {
    const space = await spaceOverTime(world);
    const changed = await world.store.changedSince(space, 2, 2, 7, 10);
    const facts = changed.map(({ version, collection, id, isLast, content, pastVersion, pastContent }) => [
      version,
      collection,
      id,
      isLast && [content !== null, pastVersion, pastContent !== null],
    ]);
    expect(facts).toEqual([
      [3, 'notes', 'a', false],
      [4, 'tasks', 'a', [true, null, false]],
      [5, 'notes', 'a', [false, 1, true]],
      [6, 'notes', 'é', [true, null, false]],
      [7, 'notes', 'b', [true, 2, true]],
    ]);
    expect(changed[4]).toMatchObject({ pastBytes: 7 });
    expect(changed[4]!.content).not.toEqual(changed[4]!.pastContent);
    expect(changed[4]!.content).toHaveLength(32);
  });

  test('part by part, and only up to a version', async () => {
    const space = await spaceOverTime(world);
    const part = async (after: number, upTo: number, limit: number) =>
      (await world.store.changedSince(space, 2, after, upTo, limit)).map(({ version, isLast }) => [
        version,
        isLast,
      ]);
    expect(await part(2, 4, 10)).toEqual([
      [3, true],
      [4, true],
    ]);
    expect(await part(3, 7, 2)).toEqual([
      [4, true],
      [5, true],
    ]);
    expect(await part(7, 7, 2)).toEqual([]);
  });

  test('the same content has the same hash, and the ledger is left out', async () => {
    const space = await world.space();
    const [d1, d2] = [world.device(space, 'd1'), world.device(space, 'd2')];
    await d1.push(change.create('a', { n: 1 }), change.update('a', { n: 2 }));
    await d2.one(change.update('a', { n: 3 }, { baseVersion: 1, atMs: -9 }));
    await d1.push(change.update('a', { n: 1 }));
    const { head } = (await world.store.reach(space))!;
    const changed = await world.store.changedSince(space, 1, 1, head, 10);
    expect(changed.every(({ collection }) => collection === NOTES)).toBe(true);
    const last = changed.find(({ isLast }) => isLast)!;
    expect(last.content).toEqual(last.pastContent);
  });
}

function describeNowhere(world: StoreWorld): void {
  test('a space that does not exist has no reach and no history', async () => {
    const { store } = world;
    const nowhere = world.nowhere();
    expect(await store.reach(nowhere)).toBeNull();
    expect(await store.versionAt(nowhere, BASE_MS)).toBe(0);
    expect(await store.pastCollections(nowhere)).toEqual([]);
    expect(await store.placesAt(nowhere, NOTES, 1, null, 1)).toEqual([]);
    expect(await store.entriesAt(nowhere, [1])).toBeNull();
    expect(await store.changedSince(nowhere, 0, 0, 9, 9)).toEqual([]);
    expect(
      await store.versionsOf({
        space: nowhere,
        collection: NOTES,
        id: recordId('a'),
        before: null,
        versionsMax: 1,
        bytesMax: 1,
      }),
    ).toEqual({ versions: [], more: false });
  });
}
