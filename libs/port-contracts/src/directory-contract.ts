import { EPOCH_VERSIONS_GAP, type Access, deviceId, spaceId, spaceKey, userId } from '@syncline/core';
import type { AccessChange } from '@syncline/ports';
import { change, NOTES, OWNER, rulesOf } from './change-fixtures';
import { eventually } from './eventually';
import { type MakeStore, type StoreWorld, storeWorld } from './store-under-test';

const USER = userId('u1');
const NARROWED: Access = {
  role: 'editor',
  collections: new Map([
    [NOTES, 'read'],
    [rulesOf('secrets').collection, 'none'],
  ]),
};

export function describeDirectoryContract(name: string, make: MakeStore): void {
  describe(`${name} keeps the contract of a directory`, () => {
    const world = storeWorld(make);
    describeSpaces(world);
    describeRules(world);
    describeAccess(world);
    describeListening(world);
  });
}

function describeSpaces(world: StoreWorld): void {
  test('a space is created once, and what it holds stays', async () => {
    const space = world.nowhere();
    expect(await world.store.createSpace(space, { recordsMax: 1, bytesMax: 100 })).toBe(true);
    await world.device(space, 'd1').push(change.create('a', {}));
    expect(await world.store.createSpace(space, null)).toBe(false);
    expect((await world.store.state(space))?.head).toBe(1);
    expect((await world.device(space, 'd2').one(change.create('b', {}))).reason).toBe('QUOTA_EXCEEDED');
  });

  test('of many who create one space at the same moment one does', async () => {
    const space = world.nowhere();
    const created = await Promise.all([1, 2, 3, 4].map(() => world.store.createSpace(space, null)));
    expect(created.filter(Boolean)).toHaveLength(1);
  });

  test('a new epoch is one more than the last, and merges go on above all versions of the last', async () => {
    const space = await world.space();
    const device = world.device(space, 'd1');
    await device.push(change.create('a', {}));
    expect([await world.store.newEpoch(space), await world.store.newEpoch(space)]).toEqual([2, 3]);
    await device.push(change.create('b', {}));
    expect(await world.store.state(space)).toMatchObject({ epoch: 3, head: 2 * EPOCH_VERSIONS_GAP + 2 });
    expect((await world.store.unannounced(1_000)).map((each) => [each.space, each.announced])).toContainEqual(
      [space, 2 * EPOCH_VERSIONS_GAP + 1],
    );
  });

  test('what is asked of a space that does not exist rejects', async () => {
    const { store } = world;
    const nowhere = world.nowhere();
    await expect(store.declare(nowhere, rulesOf('notes'))).rejects.toThrow(Error);
    await expect(store.setAccess(nowhere, USER, OWNER)).rejects.toThrow(Error);
    await expect(store.setQuota(nowhere, null)).rejects.toThrow(Error);
    await expect(store.newEpoch(nowhere)).rejects.toThrow(Error);
    expect(await store.access(nowhere, USER)).toBeNull();
  });
}

function describeRules(world: StoreWorld): void {
  test('rules come back as they were declared, under a version of their own collection', async () => {
    const space = await world.space();
    const notes = rulesOf('notes', {
      policy: 'field-merge',
      rule: { default: { kind: 'last-write' }, deep: [1.5, null, 'é', { b: 1, a: 2 }] },
      rulesVersion: 77,
      deletes: 'ask',
      schema: {
        current: 3,
        oldest: 2,
        steps: [
          {
            toVersion: 3,
            up: [
              { kind: 'rename', field: 'é/a~1b', to: 'c' },
              { kind: 'convert', field: 'd', to: 'mapped', values: [['"x"', '1.0']] },
            ],
            down: [{ kind: 'join', fields: ['e', 'f'], separator: ' ', into: 'g' }],
          },
        ],
      },
      jsonSchema: '{ "type":"object" }',
      recordBytesMax: 70_000,
      history: { versionsMax: 9, keptMs: 2 ** 45, classes: [{ olderThanMs: 5, onePerMs: 4 }] },
    });
    const secrets = rulesOf('secrets', { encrypted: true, json: false });
    expect(await world.store.declare(space, notes)).toBe(1);
    expect(await world.store.declare(space, secrets)).toBe(1);
    const before = await world.store.collections(space);
    expect(await world.store.declare(space, { ...notes, rulesVersion: 0 })).toBe(2);
    expect(before?.rules.get(notes.collection)?.rulesVersion).toBe(1);
    expect((await world.store.collections(space))?.rules).toEqual(
      new Map([
        [notes.collection, { ...notes, rulesVersion: 2 }],
        [secrets.collection, { ...secrets, rulesVersion: 1 }],
      ]),
    );
  });
}

function describeAccess(world: StoreWorld): void {
  test('access is what was set last, and none without a membership', async () => {
    const [space, other] = [await world.space(), await world.space()];
    expect(await world.store.access(space, USER)).toBeNull();
    await world.store.setAccess(space, USER, OWNER);
    expect(await world.store.access(space, USER)).toEqual(OWNER);
    await world.store.setAccess(space, USER, NARROWED);
    expect(await world.store.access(space, USER)).toEqual(NARROWED);
    expect(await world.store.access(other, USER)).toBeNull();
    expect(await world.store.access(space, userId('u2'))).toBeNull();
    await world.store.setAccess(space, USER, null);
    expect(await world.store.access(space, USER)).toBeNull();
  });

  test('the spaces of a user are listed in the order of their ids, part by part', async () => {
    const [tenant, other] = [world.tenant(), world.tenant()];
    const names = ['b', 'a', 'é', 'z'].map(spaceId);
    for (const name of names) {
      await world.store.createSpace(spaceKey(tenant, name), null);
      await world.store.setAccess(spaceKey(tenant, name), USER, name === 'b' ? NARROWED : OWNER);
    }
    await world.store.createSpace(spaceKey(other, spaceId('c')), null);
    await world.store.setAccess(spaceKey(other, spaceId('c')), USER, OWNER);
    await world.store.setAccess(spaceKey(tenant, spaceId('z')), USER, null);
    const all = await world.store.spacesOf(tenant, USER, null, 10);
    expect(all).toEqual([
      { space: 'a', access: OWNER },
      { space: 'b', access: NARROWED },
      { space: 'é', access: OWNER },
    ]);
    expect(await world.store.spacesOf(tenant, USER, null, 2)).toEqual(all.slice(0, 2));
    expect(await world.store.spacesOf(tenant, USER, spaceId('a'), 10)).toEqual(all.slice(1));
    expect(await world.store.spacesOf(tenant, userId('u2'), null, 10)).toEqual([]);
  });

  test('whoever looks at the heads sees that access has changed', async () => {
    const [space, other] = [await world.space(), await world.space()];
    const counts = async (): Promise<(number | undefined)[]> => {
      const heads = await world.store.heads([space, other]);
      return [heads.get(space)?.accessChanges, heads.get(other)?.accessChanges];
    };
    const [first, untouched] = await counts();
    await world.store.setAccess(space, USER, OWNER);
    const [second] = await counts();
    await world.store.setAccess(space, USER, null);
    await world.store.newEpoch(space);
    const [third, stillUntouched] = await counts();
    expect(second).toBeGreaterThan(first!);
    expect(third).toBeGreaterThan(second!);
    expect(stillUntouched).toBe(untouched);
  });

  test('a device is revoked in its tenant and for good', async () => {
    const [tenant, other] = [world.tenant(), world.tenant()];
    const device = deviceId('d1');
    expect(await world.store.isRevoked({ tenant, device })).toBe(false);
    await world.store.revoke({ tenant, device });
    await world.store.revoke({ tenant, device });
    expect(await world.store.isRevoked({ tenant, device })).toBe(true);
    expect(await world.store.isRevoked({ tenant: other, device })).toBe(false);
    expect(await world.store.isRevoked({ tenant, device: deviceId('d2') })).toBe(false);
    const asked = [tenant, other].flatMap((each) => [
      { tenant: each, device },
      { tenant: each, device: deviceId('d2') },
    ]);
    expect(await world.store.revokedAmong(asked)).toEqual([{ tenant, device }]);
    expect(await world.store.revokedAmong([])).toEqual([]);
  });
}

function describeListening(world: StoreWorld): void {
  test('every listener is told of changes of access and of revoked devices', async () => {
    const space = await world.space();
    const tenant = world.tenant();
    const heard: AccessChange[][] = [[], []];
    const stops = heard.map((list) => world.store.onAccessChange((each) => void list.push(each)));
    await world.store.setAccess(space, USER, NARROWED);
    await world.store.setAccess(space, USER, null);
    await world.store.revoke({ tenant, device: deviceId('d1') });
    for (const list of heard) {
      await eventually(() =>
        expect(list).toEqual(
          expect.arrayContaining([
            { kind: 'access', space, user: USER, access: NARROWED },
            { kind: 'access', space, user: USER, access: null },
            { kind: 'revoked', device: { tenant, device: 'd1' } },
          ]),
        ),
      );
    }
    for (const stop of stops) stop();
  });

  test('who has stopped listening is told nothing more', async () => {
    const space = await world.space();
    const [heard, afterwards]: [AccessChange[], AccessChange[]] = [[], []];
    const stop = world.store.onAccessChange((each) => void heard.push(each));
    await world.store.setAccess(space, USER, OWNER);
    await eventually(() =>
      expect(heard.some((each) => each.kind === 'access' && each.space === space)).toBe(true),
    );
    stop();
    const before = heard.length;
    const stopLast = world.store.onAccessChange((each) => void afterwards.push(each));
    await world.store.setAccess(space, USER, null);
    await eventually(() => expect(afterwards.length).toBeGreaterThan(0));
    expect(heard).toHaveLength(before);
    stopLast();
  });
}
