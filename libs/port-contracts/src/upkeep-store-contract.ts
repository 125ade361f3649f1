import { recordId, type SpaceKey, spaceId, spaceKey } from '@syncline/core';
import { BASE_MS, change, NOTES, pushOf } from './change-fixtures';
import { lookingDuring } from './eventually';
import { describeHistoryRetention } from './history-retention-contract';
import { mergeInto } from './merge-fixtures';
import { type MakeStore, type StoreWorld, storeWorld } from './store-under-test';
import { expectConsistent, readSpace, wholeSpace } from './whole-space';

export function describeUpkeepStoreContract(name: string, make: MakeStore): void {
  describe(`${name} keeps the contract of an upkeep store`, () => {
    const world = storeWorld(make);
    describeUnannounced(world);
    describeListing(world);
    describeFloor(world);
    describePruning(world);
    describeHistoryRetention(world);
    describeLeases(world);
    describeNowhere(world);
  });
}

const MANY = 100_000;

function describeUnannounced(world: StoreWorld): void {
  const waitingAmong = async (spaces: readonly SpaceKey[]) =>
    (await world.store.unannounced(MANY)).filter(({ space }) => spaces.includes(space));

  test('spaces that moved on are listed until they are announced, the longest waiting first', async () => {
    const [first, second, still] = [await world.space(), await world.space(), await world.space()];
    const spaces = [first, second, still];
    expect(await waitingAmong(spaces)).toEqual([]);
    await world.device(second, 'd1').push(change.create('a', {}));
    await world.device(first, 'd1').push(change.create('a', {}), change.create('b', {}));
    expect(await waitingAmong(spaces)).toEqual([
      { space: second, announced: 0, head: 1 },
      { space: first, announced: 0, head: 2 },
    ]);
    expect((await world.store.unannounced(1)).length).toBe(1);
    await world.store.markAnnounced(
      new Map([
        [second, 1],
        [first, 1],
      ]),
    );
    expect(await waitingAmong(spaces)).toEqual([{ space: first, announced: 1, head: 2 }]);
    await world.store.markAnnounced(new Map([[first, 2]]));
    expect(await waitingAmong(spaces)).toEqual([]);
  });

  test('the announced version never goes back', async () => {
    const space = await world.space();
    const { push } = world.device(space, 'd1');
    await push(change.create('a', {}), change.create('b', {}));
    await world.store.markAnnounced(new Map([[space, 2]]));
    await world.store.markAnnounced(new Map([[space, 1]]));
    expect(await waitingAmong([space])).toEqual([]);
    await push(change.create('c', {}));
    expect(await waitingAmong([space])).toEqual([{ space, announced: 2, head: 3 }]);
  });

  test('a push that wrote nothing leaves nothing to announce', async () => {
    const space = await world.space();
    await world.device(space, 'd1').push(change.patch('missing', {}));
    expect(await waitingAmong([space])).toEqual([]);
  });
}

function describeListing(world: StoreWorld): void {
  test('all spaces can be listed part by part, in the order of their bytes', async () => {
    const tenant = world.tenant();
    const keys = ['A', 'a', 'a-b', 'a/b', 'b', 'é', '\uff5e', '\u{1f600}'].map((id) =>
      spaceKey(tenant, spaceId(id)),
    );
    for (const key of [...keys].reverse()) expect(await world.store.createSpace(key, null)).toBe(true);
    const listed: SpaceKey[] = [keys[0]!];
    while (listed.length < keys.length) {
      const part = await world.store.spaces(listed.at(-1)!, 3);
      expect(part.length).toBeLessThanOrEqual(3);
      listed.push(...part.slice(0, keys.length - listed.length));
    }
    expect(listed).toEqual(keys);
    expect(await world.store.spaces(null, 1)).toHaveLength(1);
    expect(await world.store.spaces(null, MANY)).toEqual(expect.arrayContaining(keys));
  });
}

function describeFloor(world: StoreWorld): void {
  const spaceWithTombstones = async () => {
    const space = await world.space();
    const device = world.device(space, 'd1');
    await device.push(...['a', 'b', 'c', 'd'].map((id) => change.create(id, { id })));
    await device.push(change.delete('a'), change.update('b', {}), change.delete('c'), change.delete('d'));
    return { space, device };
  };
  const standing = async (space: SpaceKey) => {
    const { rows, state } = await wholeSpace(world.store, space);
    return { ids: rows.map(({ id }) => id), floor: state.floor, head: state.head };
  };

  test('raising it removes the tombstones up to it and nothing else', async () => {
    const { space } = await spaceWithTombstones();
    expect(await world.store.raiseFloor(space, 7)).toEqual({ purged: 2 });
    expect(await standing(space)).toEqual({ ids: ['b', 'd'], floor: 7, head: 8 });
    expect(await world.store.raiseFloor(space, 8)).toEqual({ purged: 1 });
    expect(await standing(space)).toEqual({ ids: ['b'], floor: 8, head: 8 });
  });

  test('it is never lowered and never above the head', async () => {
    const { space } = await spaceWithTombstones();
    await world.store.raiseFloor(space, 5);
    expect(await world.store.raiseFloor(space, 3)).toEqual({ purged: 0 });
    expect((await standing(space)).floor).toBe(5);
    expect(await world.store.raiseFloor(space, 1_000)).toEqual({ purged: 2 });
    expect(await standing(space)).toEqual({ ids: ['b'], floor: 8, head: 8 });
  });

  test('what was purged stays deleted for changes made on it, and can be created anew', async () => {
    const { space, device } = await spaceWithTombstones();
    await world.store.raiseFloor(space, 8);
    const late = await world.device(space, 'd2').one(change.update('a', { late: true }, { baseVersion: 1 }));
    expect([late.status, late.conflict?.kind]).toEqual(['LOST', 'UPDATE_DELETE']);
    const anew = await device.one(change.create('a', { anew: true }));
    const { rows } = await wholeSpace(world.store, space);
    expect(rows.find(({ id }) => id === 'a')).toMatchObject({
      createdVersion: anew.version,
      previousVersion: 0,
    });
  });

  test('readers see the floor and the purge together, whatever is merged beside', async () => {
    const space = await world.space();
    const device = world.device(space, 'd1');
    const mergeAndPurge = async () => {
      for (let head = 2; head <= 60; head += 2) {
        await device.push(change.create('a', { head }), change.delete('a'));
        await world.store.raiseFloor(space, head - (head % 4 === 0 ? 1 : 0));
      }
    };
    await lookingDuring(mergeAndPurge(), async () => {
      const snapshot = await readSpace(world.store, space);
      expectConsistent(snapshot);
      const { rows, state } = snapshot;
      expect(rows.filter(({ version, deleted }) => deleted && version <= state.floor)).toEqual([]);
    });
    expect((await standing(space)).head).toBe(60);
  });
}

function describePruning(world: StoreWorld): void {
  const versionsOf = async (space: SpaceKey, id: string) =>
    (await world.store.ofRecord(space, NOTES, recordId(id), null, 100)).map(({ version }) => version);

  const spaceOverTime = async () => {
    const space = await world.space();
    for (const [index, id] of [...'aabaab'].entries()) {
      const given = { after: [0, 1, 0, 2, 4, 3][index]! };
      const kind = given.after === 0 ? change.create : change.update;
      const pushes = [pushOf('d1', [kind(id, { index }, given)], { first: index + 1 })];
      await mergeInto(world.store, new Map([[space, pushes]]), { nowMs: BASE_MS + index });
    }
    return space;
  };

  test('history keeps the newest of every record and whatever is young', async () => {
    const space = await spaceOverTime();
    expect([await versionsOf(space, 'a'), await versionsOf(space, 'b')]).toEqual([
      [5, 4, 2, 1],
      [6, 3],
    ]);
    expect(await world.store.pruneHistory(space, 1, BASE_MS + 2, Number.MAX_SAFE_INTEGER)).toEqual({
      pruned: 1,
    });
    expect([await versionsOf(space, 'a'), await versionsOf(space, 'b')]).toEqual([
      [5, 4, 2],
      [6, 3],
    ]);
    expect(await world.store.pruneHistory(space, 2, BASE_MS + 1_000, Number.MAX_SAFE_INTEGER)).toEqual({
      pruned: 1,
    });
    expect(await world.store.pruneHistory(space, 1, BASE_MS + 1_000, Number.MAX_SAFE_INTEGER)).toEqual({
      pruned: 2,
    });
    expect([await versionsOf(space, 'a'), await versionsOf(space, 'b')]).toEqual([[5], [6]]);
    expect(await world.store.pruneHistory(space, 1, BASE_MS + 1_000, Number.MAX_SAFE_INTEGER)).toEqual({
      pruned: 0,
    });
    expect(await world.store.atVersion(space, 4)).toBeNull();
    expect((await wholeSpace(world.store, space)).rows).toHaveLength(2);
  });

  test('what is above the given version stays, however old', async () => {
    const space = await spaceOverTime();
    expect(await world.store.pruneHistory(space, 1, BASE_MS + 1_000, 1)).toEqual({ pruned: 1 });
    expect(await versionsOf(space, 'a')).toEqual([5, 4, 2]);
    expect(await world.store.pruneHistory(space, 1, BASE_MS + 1_000, 4)).toEqual({ pruned: 3 });
    expect([await versionsOf(space, 'a'), await versionsOf(space, 'b')]).toEqual([[5], [6]]);
  });

  test('the newest entry of a record stays in any case', async () => {
    const space = await spaceOverTime();
    await world.store.pruneHistory(space, 0, BASE_MS + 1_000, Number.MAX_SAFE_INTEGER);
    expect([await versionsOf(space, 'a'), await versionsOf(space, 'b')]).toEqual([[5], [6]]);
  });

  test('receipts are forgotten by age, and their numbers still count as taken', async () => {
    const space = await spaceOverTime();
    expect(await world.store.pruneReceipts(space, BASE_MS + 3)).toEqual({ pruned: 3 });
    expect(await world.store.pruneReceipts(space, BASE_MS + 3)).toEqual({ pruned: 0 });
    const again = [change.update('b', { other: true }), change.update('a', { index: 3 }, { after: 2 })];
    const pushes = new Map([[space, [pushOf('d1', again, { first: 3 })]]]);
    const result = (await mergeInto(world.store, pushes)).get(space)!.results[0]!;
    expect(result.kind === 'outcomes' && result.outcomes).toMatchObject([
      { status: 'APPLIED', version: 0, repeated: true },
      { status: 'APPLIED', version: 4, repeated: true },
    ]);
    expect((await wholeSpace(world.store, space)).state.head).toBe(6);
  });
}

function describeLeases(world: StoreWorld): void {
  const tasks = { count: 0 };
  const newTask = () => `${world.tenant()}/task-${++tasks.count}`;

  test('a task has one holder until the lease runs out', async () => {
    const task = newTask();
    expect(await world.store.lease(task, 'one', BASE_MS, 100)).toBe(true);
    expect(await world.store.lease(task, 'two', BASE_MS + 99, 100)).toBe(false);
    expect(await world.store.lease(newTask(), 'two', BASE_MS, 100)).toBe(true);
    expect(await world.store.lease(task, 'two', BASE_MS + 100, 100)).toBe(true);
    expect(await world.store.lease(task, 'one', BASE_MS + 101, 100)).toBe(false);
  });

  test('its holder extends it', async () => {
    const task = newTask();
    expect(await world.store.lease(task, 'one', BASE_MS, 100)).toBe(true);
    expect(await world.store.lease(task, 'one', BASE_MS + 50, 100)).toBe(true);
    expect(await world.store.lease(task, 'two', BASE_MS + 149, 100)).toBe(false);
    expect(await world.store.lease(task, 'two', BASE_MS + 150, 100)).toBe(true);
  });

  test('only its holder releases it', async () => {
    const task = newTask();
    await world.store.lease(task, 'one', BASE_MS, 100);
    await world.store.release(task, 'two');
    expect(await world.store.lease(task, 'two', BASE_MS, 100)).toBe(false);
    await world.store.release(task, 'one');
    expect(await world.store.lease(task, 'two', BASE_MS, 100)).toBe(true);
  });

  test('of many who ask at the same moment one gets it', async () => {
    const task = newTask();
    const holders = Array.from({ length: 8 }, (_, n) => `holder ${n}`);
    const granted = await Promise.all(holders.map((holder) => world.store.lease(task, holder, BASE_MS, 100)));
    expect(granted.filter(Boolean)).toHaveLength(1);
  });
}

function describeNowhere(world: StoreWorld): void {
  test('a space that does not exist is left alone', async () => {
    const nowhere = world.nowhere();
    await world.store.markAnnounced(new Map([[nowhere, 5]]));
    expect(await world.store.raiseFloor(nowhere, 5)).toEqual({ purged: 0 });
    expect(await world.store.pruneHistory(nowhere, 1, BASE_MS, Number.MAX_SAFE_INTEGER)).toEqual({
      pruned: 0,
    });
    expect(await world.store.pruneReceipts(nowhere, BASE_MS)).toEqual({ pruned: 0 });
    expect(await world.store.state(nowhere)).toBeNull();
  });
}
