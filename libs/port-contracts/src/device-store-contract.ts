import { deviceId, type SpaceKey, userId, type Version } from '@syncline/core';
import type { DeviceSeen } from '@syncline/ports';
import { BASE_MS, change } from './change-fixtures';
import { type MakeStore, type StoreWorld, storeWorld } from './store-under-test';

const seenAt = (device: string, afterMs: number, given: Partial<DeviceSeen> = {}): DeviceSeen => ({
  device: deviceId(device),
  user: userId('u1'),
  nowMs: BASE_MS + afterMs,
  skewMs: 0,
  ...given,
});

const acknowledgeIn =
  (world: StoreWorld) =>
  (space: SpaceKey, seen: DeviceSeen, version: Version): Promise<void> =>
    world.store.acknowledge([{ space, seen, version }]);

const acknowledgedIn = async ({ store }: StoreWorld, space: SpaceKey) =>
  (await store.devices(space))?.map(({ device, acknowledged }) => [device, acknowledged]).sort();

export function describeDeviceStoreContract(name: string, make: MakeStore): void {
  describe(`${name} keeps the contract of a device store`, () => {
    const world = storeWorld(make);
    describeOpening(world);
    describeAcknowledging(world);
    describeAcknowledgingTogether(world);
  });
}

function describeOpening(world: StoreWorld): void {
  test('a new device starts with the acknowledged version that it is given', async () => {
    const space = await world.space();
    const opened = await world.store.open(space, seenAt('d1', 5, { skewMs: -70 }), 42);
    expect(opened).toEqual({
      device: 'd1',
      user: 'u1',
      lastNumber: 0,
      acknowledged: 42,
      lastSeenMs: BASE_MS + 5,
      skewMs: -70,
    });
    expect(await world.store.devices(space)).toEqual([opened]);
  });

  test('a known device keeps its acknowledged version and its user; skew and time are those of now', async () => {
    const space = await world.space();
    await world.store.open(space, seenAt('d1', 5), 42);
    const opened = await world.store.open(space, seenAt('d1', 9, { user: userId('u2'), skewMs: 3 }), 7);
    expect(opened).toMatchObject({ acknowledged: 42, user: 'u1', lastSeenMs: BASE_MS + 9, skewMs: 3 });
  });

  test('a device that opens finds its last number', async () => {
    const space = await world.space();
    await world.store.open(space, seenAt('d1', 0), 0);
    await world.device(space, 'd1').push(change.create('a', {}), change.create('b', {}));
    expect((await world.store.open(space, seenAt('d1', 1), 0))?.lastNumber).toBe(2);
    expect((await world.store.devices(space))?.map(({ lastNumber }) => lastNumber)).toEqual([2]);
  });

  test('a device that pushed and never opened holds nothing, and is new when it opens', async () => {
    const space = await world.space();
    await world.device(space, 'd1').push(change.create('a', {}));
    expect(await world.store.devices(space)).toEqual([]);
    expect(await world.store.open(space, seenAt('d1', 1), 1)).toMatchObject({
      lastNumber: 1,
      acknowledged: 1,
    });
  });

  test('devices of one space are unknown to another', async () => {
    const [left, right] = [await world.space(), await world.space()];
    await world.store.open(left, seenAt('d1', 0), 3);
    expect(await world.store.devices(right)).toEqual([]);
  });

  test('in a space that does not exist nothing opens and nothing is kept', async () => {
    const nowhere = world.nowhere();
    await acknowledgeIn(world)(nowhere, seenAt('d1', 0), 1);
    await world.store.restart(nowhere, seenAt('d1', 0), 1);
    expect(await world.store.open(nowhere, seenAt('d1', 0), 0)).toBeNull();
    expect(await world.store.devices(nowhere)).toBeNull();
  });
}

function describeAcknowledging(world: StoreWorld): void {
  const acknowledge = acknowledgeIn(world);

  test('acknowledging only ever rises, restarting sets', async () => {
    const space = await world.space();
    await world.store.open(space, seenAt('d1', 0), 10);
    await world.store.open(space, seenAt('d2', 0), 10);
    await acknowledge(space, seenAt('d1', 1), 30);
    expect(await acknowledgedIn(world, space)).toEqual([
      ['d1', 30],
      ['d2', 10],
    ]);
    await acknowledge(space, seenAt('d1', 2), 20);
    expect(await acknowledgedIn(world, space)).toEqual([
      ['d1', 30],
      ['d2', 10],
    ]);
    await world.store.restart(space, seenAt('d1', 3), 5);
    expect(await acknowledgedIn(world, space)).toEqual([
      ['d1', 5],
      ['d2', 10],
    ]);
  });

  test('acknowledgements at the same moment leave the highest', async () => {
    const space = await world.space();
    await world.store.open(space, seenAt('d1', 0), 0);
    const versions = [3, 9, 1, 7, 5];
    await Promise.all(versions.map((version) => acknowledge(space, seenAt('d1', version), version)));
    expect(await acknowledgedIn(world, space)).toEqual([['d1', 9]]);
  });

  test('acknowledging and restarting make a device known', async () => {
    const space = await world.space();
    await acknowledge(space, seenAt('d1', 0), 4);
    await world.store.restart(space, seenAt('d2', 0), 6);
    expect(await acknowledgedIn(world, space)).toEqual([
      ['d1', 4],
      ['d2', 6],
    ]);
  });

  test('the time a device was last seen never goes back', async () => {
    const space = await world.space();
    await world.store.open(space, seenAt('d1', 50), 0);
    await world.store.open(space, seenAt('d1', 40), 0);
    await acknowledge(space, seenAt('d1', 30), 1);
    await world.store.restart(space, seenAt('d1', 20), 1);
    expect((await world.store.devices(space))?.[0]?.lastSeenMs).toBe(BASE_MS + 50);
    await acknowledge(space, seenAt('d1', 60, { skewMs: 9 }), 1);
    expect((await world.store.devices(space))?.[0]).toMatchObject({ lastSeenMs: BASE_MS + 60, skewMs: 9 });
  });
}

function describeAcknowledgingTogether(world: StoreWorld): void {
  test('devices of several spaces acknowledge in one go, each for itself', async () => {
    const [left, right] = [await world.space(), await world.space()];
    await world.store.open(left, seenAt('d1', 0), 50);
    await world.store.open(right, seenAt('d1', 0), 10);
    await world.store.acknowledge([]);
    await world.store.acknowledge([
      { space: right, seen: seenAt('d2', 3, { user: userId('u2'), skewMs: -4 }), version: 7 },
      { space: world.nowhere(), seen: seenAt('d1', 1), version: 30 },
      { space: right, seen: seenAt('d1', 2), version: 20 },
      { space: left, seen: seenAt('d1', 1), version: 30 },
    ]);
    expect(await acknowledgedIn(world, left)).toEqual([['d1', 50]]);
    expect(await acknowledgedIn(world, right)).toEqual([
      ['d1', 20],
      ['d2', 7],
    ]);
    const second = (await world.store.devices(right))?.find(({ device }) => device === 'd2');
    expect(second).toMatchObject({ user: 'u2', lastSeenMs: BASE_MS + 3, skewMs: -4 });
  });

  test('many that acknowledge for the same devices, in whatever order, do not wait for each other in a circle', async () => {
    const spaces = await Promise.all(Array.from({ length: 4 }, () => world.space()));
    const devices = Array.from({ length: 25 }, (_, index) => `d${index}`);
    const all = spaces.flatMap((space) => devices.map((device) => ({ space, seen: seenAt(device, 1) })));
    const writers = Array.from({ length: 8 }, (_, index) => index + 1);
    for (let round = 0; round < 5; round++) {
      const turned = (writer: number) => (writer % 2 === 0 ? all : [...all].reverse());
      await Promise.all(
        writers.map((writer) =>
          world.store.acknowledge(
            turned(writer).map((each) => ({ ...each, version: round * writers.length + writer })),
          ),
        ),
      );
      const highest = (round + 1) * writers.length;
      for (const space of spaces)
        expect(new Set((await acknowledgedIn(world, space))?.map(([, version]) => version))).toEqual(
          new Set([highest]),
        );
    }
  });
}
