import { createHash } from 'node:crypto';
import { CONFLICTS, type SpaceKey } from '@syncline/core';
import { BASE_MS, change, NOTES, payload, rulesOf } from './change-fixtures';
import { type MakeStore, type StoreWorld, storeWorld } from './store-under-test';

const ANY = Number.MAX_SAFE_INTEGER;
const sha256 = (value: unknown) => [...createHash('sha256').update(payload(value)).digest()];
const hashOf = (byte: number) => new Uint8Array(32).fill(byte);

export function describeAuditStoreContract(name: string, make: MakeStore): void {
  describe(`${name} keeps the contract of an audit store`, () => {
    const world = storeWorld(make);
    describeVersions(world);
    describeChain(world);
    describeNowhere(world);
  });
}

/** A record made, changed, deleted and made anew, and a conflict that is settled. */
async function spaceWithEverything(world: StoreWorld): Promise<SpaceKey> {
  const space = await world.space();
  await world.store.declare(space, rulesOf(NOTES, { policy: 'manual' }));
  const [d1, d2] = [world.device(space, 'd1'), world.device(space, 'd2', { nowMs: BASE_MS + 5 })];
  await d1.push(change.create('a', { n: 1 }), change.update('a', { n: 2 }), change.delete('a'));
  await d1.push(change.create('a', { n: 3 }, { baseVersion: 3, trace: '00-0af7-b7ad-01' }));
  const { conflict } = await d2.one(change.update('a', { n: 4 }, { baseVersion: 1 }));
  await d2.push(change.delete('a', { baseVersion: 2 }));
  await d1.push(change.update('a', { n: 5 }, { baseVersion: 4, resolves: [conflict!.id] }));
  return space;
}

function describeVersions(world: StoreWorld): void {
  const all = (space: SpaceKey) => world.store.audited(space, 0, ANY, 100);

  test('every version is told of, part by part, the oldest first', async () => {
    const space = await spaceWithEverything(world);
    const versions = async (after: number, upTo: number, limit: number) =>
      (await world.store.audited(space, after, upTo, limit)).map(({ version }) => version);
    expect(await versions(0, ANY, 100)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(await versions(2, 5, 100)).toEqual([3, 4, 5]);
    expect(await versions(2, 5, 2)).toEqual([3, 4]);
    expect(await versions(8, ANY, 2)).toEqual([]);
  });

  test('with hashes of the contents, and what has to be known to say what it did', async () => {
    const space = await spaceWithEverything(world);
    const versions = await all(space);
    const told = versions.map((each) => [each.deleted, each.replacesDelete, each.settles !== null]);
    expect(told.slice(0, 4)).toEqual([
      [false, false, false],
      [false, false, false],
      [true, false, false],
      [false, true, false],
    ]);
    expect(told[6]).toEqual([false, false, true]);
    expect(versions[0]).toMatchObject({ collection: NOTES, id: 'a', device: 'd1', number: 1, trace: '' });
    expect(versions[3]).toMatchObject({ trace: '00-0af7-b7ad-01', baseVersion: 3, previousVersion: 3 });
    expect([...versions[0]!.contentSha256]).toEqual(sha256({ n: 1 }));
    expect([...versions[2]!.contentSha256]).toEqual(sha256(new Uint8Array(0)));
    expect(versions[0]!.incomingSha256).toBeNull();
    // The conflict's entry in the ledger, with what was sent; and that of the delete, which sent nothing.
    expect(versions[4]).toMatchObject({
      collection: CONFLICTS,
      incomingDeleted: false,
      committedAtMs: BASE_MS + 5,
    });
    expect([...versions[4]!.incomingSha256!]).toEqual(sha256({ n: 4 }));
    expect(versions[5]).toMatchObject({ collection: CONFLICTS, incomingDeleted: true, incomingSha256: null });
    expect(versions[7]).toMatchObject({
      collection: CONFLICTS,
      incomingDeleted: false,
      incomingSha256: null,
    });
  });

  test('what is told of a version does not change when it is pruned, nor that of the ones beside it', async () => {
    const space = await spaceWithEverything(world);
    const told = async () => (await all(space)).map(({ keptBytes: _, ...rest }) => rest);
    const before = await told();
    expect((await all(space))[0]).toMatchObject({ version: 1, keptBytes: 7 });
    for (const upTo of [1, 3, 5, ANY]) {
      await world.store.pruneHistory(space, 1, BASE_MS + 1_000, upTo);
      expect(await told()).toEqual(before);
    }
    expect((await all(space))[0]).toMatchObject({ version: 1, keptBytes: 0 });
    expect(await world.store.atVersion(space, 4)).toBeNull();
    await world.device(space, 'd3').push(change.create('b', {}));
    expect(await all(space)).toMatchObject([...before, { version: 9, id: 'b' }]);
  });
}

function describeChain(world: StoreWorld): void {
  const point = (version: number) => ({ version, hash: hashOf(version) });

  test('a chain is begun and extended from where it ends, by one of those who try', async () => {
    const space = await spaceWithEverything(world);
    const { store } = world;
    expect(await store.chainState(space)).toEqual({ epoch: 1, head: 8, end: null });
    expect(await store.extendChain(space, 1, [], point(2))).toBe(false);
    const begun = await Promise.all([1, 2, 3].map(() => store.extendChain(space, 0, [], point(3))));
    expect(begun.filter(Boolean)).toHaveLength(1);
    expect(await store.chainState(space)).toEqual({ epoch: 1, head: 8, end: point(3) });
    expect(await store.extendChain(space, 0, [], point(4))).toBe(false);
    expect(await store.extendChain(space, 3, [point(4), point(6)], point(7))).toBe(true);
    expect(await store.chainState(space)).toEqual({ epoch: 1, head: 8, end: point(7) });
  });

  test('it is known at its marks and its end', async () => {
    const space = await spaceWithEverything(world);
    const { store } = world;
    expect(await store.chainAt(space, 9)).toBeNull();
    await store.extendChain(space, 0, [point(2), point(4)], point(6));
    await store.extendChain(space, 6, [point(7)], point(8));
    const versions = async (...at: number[]) =>
      Promise.all(at.map(async (version) => (await store.chainAt(space, version))?.version ?? null));
    expect(await versions(1, 2, 3, 4, 6, 7, 8, 9)).toEqual([null, 2, 2, 4, 4, 7, 8, 8]);
    expect(await store.chainAt(space, 5)).toEqual(point(4));
  });

  test('pruning before there is a chain does not begin one', async () => {
    const space = await spaceWithEverything(world);
    await world.store.pruneHistory(space, 1, BASE_MS + 1_000, ANY);
    expect(await world.store.chainState(space)).toEqual({ epoch: 1, head: 8, end: null });
    expect(await world.store.extendChain(space, 0, [], point(3))).toBe(true);
    expect(await world.store.reach(space)).toEqual({ head: 8, keptFrom: 8 });
  });
}

function describeNowhere(world: StoreWorld): void {
  test('a space that does not exist has neither versions nor a chain', async () => {
    const { store } = world;
    const nowhere = world.nowhere();
    expect(await store.chainState(nowhere)).toBeNull();
    expect(await store.chainAt(nowhere, 5)).toBeNull();
    expect(await store.audited(nowhere, 0, ANY, 5)).toEqual([]);
    expect(await store.extendChain(nowhere, 0, [], { version: 1, hash: hashOf(1) })).toBe(false);
    expect(await store.chainState(nowhere)).toBeNull();
  });
}
