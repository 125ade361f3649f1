import {
  deviceId,
  EPOCH_VERSIONS_GAP,
  recordId,
  spaceId,
  spaceKey,
  spaceOf,
  tenantOf,
  userId,
} from '@syncline/core';
import {
  type AdministrationWorld,
  administrationWorld,
  ANN,
  foundingOf,
  type MakeAdministration,
  memberOf,
} from './administration-fixtures';
import { BASE_MS, change, OWNER, rulesOf } from './change-fixtures';
import { eventually } from './eventually';

export function describeSpacesContract(name: string, make: MakeAdministration): void {
  describe(`${name} keeps the contract of spaces`, () => {
    const world = administrationWorld(make);
    describeFounding(world);
    describeDetails(world);
    describeOpenConflicts(world);
    describeRemoving(world);
  });
}

function describeFounding(world: AdministrationWorld): void {
  test('a space is there with its owner, its rules and its quota, all at once', async () => {
    const { store } = world;
    const space = world.nowhere();
    const declaration = {
      rules: rulesOf('notes', { json: true }),
      description: 'what was noted',
      declaredAtMs: BASE_MS,
      declaredBy: ANN,
    };
    const founding = foundingOf({
      name: 'Zuhause',
      quota: { recordsMax: 1, bytesMax: 100 },
      collections: [declaration],
      declaredOnly: true,
    });
    expect(await store.found(space, founding)).toBe(true);
    expect(await store.access(space, ANN)).toEqual(OWNER);
    expect(await store.declarations(space)).toEqual([
      { ...declaration, rules: { ...declaration.rules, rulesVersion: 1 } },
    ]);
    const device = world.device(space, 'd1');
    const undeclared = change.create('a', {}, { collection: rulesOf('other').collection });
    expect((await device.one(undeclared)).reason).toBe('COLLECTION_NOT_FOUND');
    expect((await device.one(change.create('a', {}))).status).toBe('APPLIED');
    expect((await device.one(change.create('b', {}))).reason).toBe('QUOTA_EXCEEDED');
  });

  test('of many who found one space one does, and nothing of the others is left', async () => {
    const { store } = world;
    const space = world.nowhere();
    const users = ['u1', 'u2', 'u3'];
    const founded = await Promise.all(
      users.map((user) => store.found(space, foundingOf({ name: user, owner: memberOf(user) }))),
    );
    expect(founded.filter(Boolean)).toHaveLength(1);
    const founder = users[founded.indexOf(true)]!;
    expect((await store.members(space, null, 10)).map(({ user }) => user)).toEqual([founder]);
    expect((await store.details(space, 0))?.name).toBe(founder);
  });
}

function describeOpenConflicts(world: AdministrationWorld): void {
  test('conflicts are counted as long as they wait for someone', async () => {
    const { store } = world;
    const space = await world.space();
    await store.declare(space, rulesOf('notes', { policy: 'manual' }));
    const [d1, d2] = [world.device(space, 'd1'), world.device(space, 'd2')];
    await d1.push(change.create('a', 1), change.update('a', 2), change.create('b', 1), change.update('b', 2));
    await d2.push(change.update('a', 3, { baseVersion: 1 }), change.update('b', 3, { baseVersion: 3 }));
    expect(await store.details(space, 0)).toMatchObject({ openConflicts: 2 });
    const resolves = [recordId('notes/d2/1')];
    await d1.push(change.update('a', 4, { baseVersion: 2, resolves }));
    expect(await store.details(space, 0)).toMatchObject({ openConflicts: 1 });
  });
}

function describeDetails(world: AdministrationWorld): void {
  test('details tell where a space stands', async () => {
    const { store } = world;
    const space = world.nowhere();
    await store.found(space, foundingOf({ name: 'first' }));
    expect(await store.details(space, 0)).toEqual({
      space: spaceOf(space),
      name: 'first',
      declaredOnly: false,
      epoch: 1,
      head: 0,
      announced: 0,
      floor: 0,
      records: 0,
      bytes: 0,
      quota: null,
      createdAtMs: BASE_MS,
      changedAtMs: null,
      devices: 0,
      openConflicts: 0,
    });
    await world.device(space, 'd1', { nowMs: BASE_MS + 7 }).push(change.create('a', 'xx'));
    for (const [id, nowMs] of [
      ['early', BASE_MS],
      ['late', BASE_MS + 10],
    ] as const)
      await store.open(space, { device: deviceId(id), user: ANN, nowMs, skewMs: 0 }, 0);
    await store.markAnnounced(new Map([[space, 1]]));
    expect(await store.details(space, BASE_MS + 5)).toMatchObject({
      head: 1,
      announced: 1,
      records: 1,
      bytes: 4,
      changedAtMs: BASE_MS + 7,
      devices: 1,
      openConflicts: 0,
    });
    expect(await store.details(world.nowhere(), 0)).toBeNull();
  });

  test('its settings can be changed, and hold for the next merge', async () => {
    const { store } = world;
    const space = await world.space();
    const device = world.device(space, 'd1');
    expect((await device.one(change.create('a', {}))).status).toBe('APPLIED');
    expect(await store.changeSpace(space, { name: 'new', declaredOnly: true })).toBe(true);
    expect(await store.details(space, 0)).toMatchObject({ name: 'new', declaredOnly: true, head: 1 });
    expect((await device.one(change.create('b', {}))).reason).toBe('COLLECTION_NOT_FOUND');
    expect(await store.changeSpace(world.nowhere(), { name: '', declaredOnly: false })).toBe(false);
  });

  test('spaces of a tenant are listed in order, by prefix and from one on', async () => {
    const { store } = world;
    const tenant = world.tenant();
    const ids = ['b/2', 'a%', 'b_1', 'b/1', 'ä'].map(spaceId);
    for (const id of ids) await store.createSpace(spaceKey(tenant, id), null);
    await store.createSpace(spaceKey(world.tenant(), spaceId('b/3')), null);
    const list = async (idPrefix: string, after: string | null, limit = 10) => {
      const from = after === null ? null : spaceId(after);
      const request = { tenant, idPrefix, after: from, limit, devicesSinceMs: 0 };
      return (await store.listSpaces(request)).map(({ space }) => space);
    };
    expect(await list('', null)).toEqual(['a%', 'b/1', 'b/2', 'b_1', 'ä']);
    expect(await list('b/', null)).toEqual(['b/1', 'b/2']);
    expect(await list('a%', null)).toEqual(['a%']);
    expect(await list('b_', null)).toEqual(['b_1']);
    expect(await list('', 'b/1', 2)).toEqual(['b/2', 'b_1']);
  });
}

function describeRemoving(world: AdministrationWorld): void {
  test('a removed space is gone with all that belongs to it, and may begin anew', async () => {
    const { store } = world;
    const space = world.nowhere();
    await store.found(space, foundingOf());
    await store.declare(space, rulesOf('notes'));
    await world.device(space, 'd1').push(change.create('a', {}), change.create('b', {}), change.delete('b'));
    await store.open(space, { device: deviceId('d1'), user: ANN, nowMs: BASE_MS, skewMs: 0 }, 0);
    expect(await store.removeSpace(space)).toEqual({ records: 1 });
    expect(await store.removeSpace(space)).toBeNull();
    expect(await store.state(space)).toBeNull();
    expect((await store.heads([space])).size).toBe(0);
    expect(await store.access(space, ANN)).toBeNull();
    expect(await store.members(space, null, 10)).toEqual([]);
    expect(await store.declarations(space)).toEqual([]);
    expect((await store.unannounced(1_000)).map((each) => each.space)).not.toContain(space);
    expect(await store.found(space, foundingOf({ owner: memberOf('bob') }))).toBe(true);
    expect(await store.state(space)).toMatchObject({ records: 0, bytes: 0, floor: 0 });
    expect(await store.devices(space)).toEqual([]);
    expect(
      (await store.changes({ space, after: 0, collections: [], recordsMax: 9, bytesMax: 999, clockAfter: 0 }))
        ?.rows,
    ).toEqual([]);
    expect((await world.device(space, 'd1').one(change.create('a', {}))).status).toBe('APPLIED');
    expect(await store.access(space, ANN)).toBeNull();
    expect(await store.access(space, userId('bob'))).toEqual(OWNER);
  });

  test('what begins anew is not taken for what was removed, as often as that happens', async () => {
    const { store } = world;
    const space = world.nowhere();
    await store.found(space, foundingOf());
    await world.device(space, 'd1').push(change.create('a', {}), change.create('b', {}));
    await store.removeSpace(space);
    await store.createSpace(space, null);
    const again = { epoch: 2, head: EPOCH_VERSIONS_GAP + 2 };
    expect(await store.state(space)).toMatchObject(again);
    expect(await store.details(space, 0)).toMatchObject({ ...again, announced: again.head });
    await store.newEpoch(space);
    await world.device(space, 'd1').one(change.create('a', {}));
    await store.removeSpace(space);
    await store.found(space, foundingOf());
    expect(await store.state(space)).toMatchObject({ epoch: 4, head: 3 * EPOCH_VERSIONS_GAP + 3 });
    expect((await store.unannounced(1_000)).map((each) => each.space)).not.toContain(space);
    const stale = await world.device(space, 'd2').one(change.update('a', {}, { baseVersion: 2 }));
    expect(stale.status).not.toBe('APPLIED');
  });

  test('a merge that comes too late finds no space, and listeners are told', async () => {
    const { store } = world;
    const space = await world.space();
    const heard: unknown[] = [];
    const stop = store.onAccessChange((news) => {
      if (news.kind === 'removed' && tenantOf(news.space) === tenantOf(space)) heard.push(news.space);
    });
    await store.removeSpace(space);
    await expect(world.device(space, 'd1').push(change.create('a', {}))).rejects.toThrow('no such space');
    await eventually(() => expect(heard).toEqual([space]));
    stop();
  });
}
