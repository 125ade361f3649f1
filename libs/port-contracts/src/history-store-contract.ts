import { CONFLICTS, recordId, type SpaceKey } from '@syncline/core';
import { BASE_MS, change, NOTES, readJson, rulesOf } from './change-fixtures';
import { type MakeStore, type StoreWorld, storeWorld } from './store-under-test';

const A = recordId('a');

export function describeHistoryStoreContract(name: string, make: MakeStore): void {
  describe(`${name} keeps the contract of a history store`, () => {
    const world = storeWorld(make);
    describeReading(world);
    describeEntries(world);
  });
}

async function spaceOfChanges(world: StoreWorld): Promise<SpaceKey> {
  const space = await world.space();
  const { push } = world.device(space, 'd1');
  await push(change.create('a', { n: 1 }), change.create('b', { n: 2 }), change.update('a', { n: 3 }));
  await push(change.create('a', { n: 4 }, { collection: rulesOf('tasks').collection }), change.delete('a'));
  return space;
}

function describeReading(world: StoreWorld): void {
  test('the entries of a record come newest first, before a version and up to a number', async () => {
    const space = await spaceOfChanges(world);
    const versions = async (before: number | null, limit: number) =>
      (await world.store.ofRecord(space, NOTES, A, before, limit)).map(({ version }) => version);
    expect(await versions(null, 10)).toEqual([5, 3, 1]);
    expect(await versions(null, 2)).toEqual([5, 3]);
    expect(await versions(3, 10)).toEqual([1]);
    expect(await versions(4, 1)).toEqual([3]);
    expect(await versions(1, 10)).toEqual([]);
  });

  test('what a record held at a version is told by the entry at or before it', async () => {
    const space = await spaceOfChanges(world);
    const held = async (version: number) => {
      const entry = await world.store.atOrBefore(space, NOTES, A, version);
      return entry && [entry.version, readJson(entry.payload)];
    };
    expect(await Promise.all([0, 1, 2, 3, 4, 5, 9].map(held))).toEqual([
      null,
      [1, { n: 1 }],
      [1, { n: 1 }],
      [3, { n: 3 }],
      [3, { n: 3 }],
      [5, null],
      [5, null],
    ]);
  });

  test('every version has one entry', async () => {
    const space = await spaceOfChanges(world);
    const entries = await Promise.all(
      [0, 1, 2, 3, 4, 5, 6].map((version) => world.store.atVersion(space, version)),
    );
    expect(entries.map((entry) => entry && `${entry.collection}/${entry.id}`)).toEqual([
      null,
      'notes/a',
      'notes/b',
      'notes/a',
      'tasks/a',
      'notes/a',
      null,
    ]);
  });

  test('a space that does not exist has no history', async () => {
    const nowhere = world.nowhere();
    expect(await world.store.ofRecord(nowhere, NOTES, A, null, 5)).toEqual([]);
    expect(await world.store.atOrBefore(nowhere, NOTES, A, 5)).toBeNull();
    expect(await world.store.atVersion(nowhere, 1)).toBeNull();
  });

  test('a purge of tombstones leaves the history', async () => {
    const space = await spaceOfChanges(world);
    await world.store.raiseFloor(space, 5);
    expect(await world.store.ofRecord(space, NOTES, A, null, 10)).toHaveLength(3);
  });
}

function describeEntries(world: StoreWorld): void {
  test('every part of an entry comes back as it was planned', async () => {
    const space = await world.space();
    await world.store.declare(
      space,
      rulesOf(NOTES, { policy: 'field-merge', schema: { current: 2, oldest: 1, steps: [] } }),
    );
    const [d1, d2] = [world.device(space, 'd1'), world.device(space, 'd2', { nowMs: BASE_MS + 50 })];
    const given = { schemaVersion: 1 };
    await d1.push(change.create('a', { a: 0, b: 0 }, given), change.update('a', { a: 1, b: 0 }, given));
    const late = { baseVersion: 1, atMs: 7, schemaVersion: 2, trace: '00-0af7-b7ad-01' };
    const { conflict } = await d2.one(change.update('a', { a: 0, b: 5 }, late));
    const facts = {
      device: 'd2',
      user: 'user of d2',
      number: 1,
      baseVersion: 1,
      committedAtMs: BASE_MS + 50,
      schemaVersion: 2,
      trace: '00-0af7-b7ad-01',
      conflict: conflict!.id,
      about: { collection: NOTES, id: A },
    };
    const merged = await world.store.atVersion(space, 3);
    expect(merged).toMatchObject({ ...facts, collection: NOTES, id: A, previousVersion: 2 });
    expect(merged).toMatchObject({ policy: 'field-merge', rulesVersion: 1 });
    expect([readJson(merged?.payload), readJson(merged?.incoming)]).toEqual([
      { a: 1, b: 5 },
      { a: 0, b: 5 },
    ]);
    const ledger = await world.store.atVersion(space, 4);
    expect(ledger).toMatchObject({ ...facts, collection: CONFLICTS, id: conflict!.id, previousVersion: 0 });
    expect(readJson(ledger?.incoming)).toEqual({ a: 0, b: 5 });
    expect(readJson(ledger?.payload)).toMatchObject({ kind: 'UPDATE_UPDATE', resultVersion: 3 });
  });
}
