import { deviceId, type SpaceKey, spaceId, spaceKey, type TenantId, tenantOf, userId } from '@syncline/core';
import type { Registered, RegisteredDevice, Registration } from '@syncline/ports';
import {
  type AdministrationWorld,
  administrationWorld,
  ANN,
  type MakeAdministration,
} from './administration-fixtures';
import { BASE_MS, change, rulesOf } from './change-fixtures';

const EMPTY = { name: '', platform: '', appVersion: '', client: '' };
const ALL = { includeRevoked: true, after: null, limit: 10 };

const registrationOf = (tenant: TenantId, id: string, given: Partial<Registration> = {}): Registration => ({
  device: { tenant, device: deviceId(id) },
  user: ANN,
  ...EMPTY,
  nowMs: BASE_MS,
  seen: null,
  devicesMax: null,
  ...given,
});

const deviceOf = (registered: Registered): RegisteredDevice => {
  if (registered.kind !== 'registered') throw new Error(registered.kind);
  return registered.device;
};

export function describeDeviceRegistryContract(name: string, make: MakeAdministration): void {
  describe(`${name} keeps the contract of a device registry`, () => {
    const world = administrationWorld(make);
    describeRegistering(world);
    describeListing(world);
    describeShuttingOut(world);
    describeFollowing(world);
  });
}

function describeRegistering(world: AdministrationWorld): void {
  test('a device comes back as it was registered; what is told later takes its place, and nothing told does not', async () => {
    const { store } = world;
    const tenant = world.tenant();
    const first = registrationOf(tenant, 'd1', { name: 'Marías phone', platform: 'ios', appVersion: '1' });
    const device = deviceOf(await store.registerDevice(first));
    expect(device).toEqual({
      device: 'd1',
      user: ANN,
      name: 'Marías phone',
      platform: 'ios',
      appVersion: '1',
      client: '',
      registeredAtMs: BASE_MS,
      seenAtMs: null,
      skewMs: 0,
      revokedAtMs: null,
    });
    const later = { appVersion: '2', client: 'js/1', nowMs: BASE_MS + 5, seen: { skewMs: -30 } };
    const seen = { ...device, appVersion: '2', client: 'js/1', seenAtMs: BASE_MS + 5, skewMs: -30 };
    expect(deviceOf(await store.registerDevice(registrationOf(tenant, 'd1', later)))).toEqual(seen);
    const again = registrationOf(tenant, 'd1', { nowMs: BASE_MS + 9 });
    expect(deviceOf(await store.registerDevice(again))).toEqual(seen);
    expect(await store.registered(first.device)).toEqual(seen);
    expect(await store.registered({ ...first.device, tenant: world.tenant() })).toBeNull();
  });

  test('a device stays with its user', async () => {
    const { store } = world;
    const tenant = world.tenant();
    await store.registerDevice(registrationOf(tenant, 'd1'));
    const other = registrationOf(tenant, 'd1', { user: userId('bob'), name: 'mine' });
    expect(await store.registerDevice(other)).toEqual({ kind: 'of-other-user' });
    expect(await store.registered(other.device)).toMatchObject({ user: ANN, name: '' });
    const elsewhere = registrationOf(world.tenant(), 'd1', { user: userId('bob') });
    expect((await store.registerDevice(elsewhere)).kind).toBe('registered');
  });

  test('a user has as many devices as allowed, without those that were shut out', async () => {
    const { store } = world;
    const tenant = world.tenant();
    const one = (id: string) => store.registerDevice(registrationOf(tenant, id, { devicesMax: 1 }));
    expect((await one('d1')).kind).toBe('registered');
    expect(await one('d2')).toEqual({ kind: 'full', devices: 1 });
    expect((await one('d1')).kind).toBe('registered');
    await store.shutOut({ tenant, device: deviceId('d1') }, BASE_MS);
    expect((await one('d2')).kind).toBe('registered');
    const bobs = registrationOf(tenant, 'd3', { user: userId('bob'), devicesMax: 1 });
    expect((await store.registerDevice(bobs)).kind).toBe('registered');
  });

  test('a device can be renamed', async () => {
    const { store } = world;
    const tenant = world.tenant();
    const { device } = registrationOf(tenant, 'd1');
    expect(await store.renameDevice(device, 'x')).toBeNull();
    await store.registerDevice(registrationOf(tenant, 'd1', { name: 'before', platform: 'web' }));
    expect(await store.renameDevice(device, 'näher')).toMatchObject({ name: 'näher', platform: 'web' });
    expect(await store.registered(device)).toMatchObject({ name: 'näher' });
  });
}

function describeListing(world: AdministrationWorld): void {
  test('devices of a user are listed in order, from one on', async () => {
    const { store } = world;
    const tenant = world.tenant();
    for (const id of ['d2', 'ä', 'D1', 'd1']) await store.registerDevice(registrationOf(tenant, id));
    await store.registerDevice(registrationOf(tenant, 'd3', { user: userId('bob') }));
    await store.shutOut({ tenant, device: deviceId('d1') }, BASE_MS);
    const list = async (
      given: Partial<typeof ALL> & { readonly after?: never },
      after: string | null = null,
    ) => {
      const request = { ...ALL, ...given, after: after === null ? null : deviceId(after) };
      return (await store.devicesOf(tenant, ANN, request)).map(({ device }) => device);
    };
    expect(await list({})).toEqual(['D1', 'd1', 'd2', 'ä']);
    expect(await list({ includeRevoked: false })).toEqual(['D1', 'd2', 'ä']);
    expect(await list({ limit: 1 }, 'd1')).toEqual(['d2']);
  });

  test('several are found at once', async () => {
    const { store } = world;
    const tenant = world.tenant();
    await store.registerDevice(registrationOf(tenant, 'd1', { name: 'one' }));
    const found = await store.registeredAmong(tenant, ['d1', 'd2'].map(deviceId));
    expect([...found].map(([id, { name }]) => [id, name])).toEqual([['d1', 'one']]);
    expect((await store.registeredAmong(tenant, [])).size).toBe(0);
  });

  test('those that a space knows are listed, also without registration', async () => {
    const { store } = world;
    const space = await world.space();
    const tenant = tenantOf(space);
    const open = (at: SpaceKey, id: string) =>
      store.open(at, { device: deviceId(id), user: ANN, nowMs: BASE_MS + 3, skewMs: 4 }, 0);
    for (const id of ['d2', 'd1', 'd3']) await open(space, id);
    await store.registerDevice(registrationOf(tenant, 'd2', { name: 'two' }));
    await store.registerDevice(registrationOf(tenant, 'elsewhere'));
    await store.revoke({ tenant, device: deviceId('d3') });
    expect(await store.devicesIn(space, { ...ALL, includeRevoked: false })).toMatchObject([
      { device: 'd1', user: ANN, name: '', registeredAtMs: 0, seenAtMs: BASE_MS + 3, skewMs: 4 },
      { device: 'd2', user: ANN, name: 'two', registeredAtMs: BASE_MS },
    ]);
    expect((await store.devicesIn(space, ALL)).map(({ device }) => device)).toEqual(['d1', 'd2', 'd3']);
    const from = { ...ALL, after: deviceId('d1'), limit: 1 };
    expect((await store.devicesIn(space, from)).map(({ device }) => device)).toEqual(['d2']);
    expect(await store.devicesIn(world.nowhere(), ALL)).toEqual([]);
  });
}

function describeShuttingOut(world: AdministrationWorld): void {
  test('when a device was shut out is kept, and its key is not', async () => {
    const { store } = world;
    const tenant = world.tenant();
    const { device } = registrationOf(tenant, 'd1');
    expect(await store.shutOut(device, BASE_MS)).toBeNull();
    await store.registerDevice(registrationOf(tenant, 'd1'));
    const key = { id: 'k1', bytes: new Uint8Array(32).fill(7) };
    await store.putIntegrityKey(device, key);
    await store.putIntegrityKey(device, { ...key, id: 'k2' });
    expect(await store.integrityKey(device)).toEqual({ ...key, id: 'k2' });
    expect(await store.integrityKey({ tenant: world.tenant(), device: device.device })).toBeNull();
    await store.revoke(device);
    expect(await store.shutOut(device, BASE_MS + 1)).toMatchObject({ revokedAtMs: BASE_MS + 1 });
    expect(await store.shutOut(device, BASE_MS + 2)).toMatchObject({ revokedAtMs: BASE_MS + 1 });
    expect(await store.integrityKey(device)).toBeNull();
    expect(await store.registerDevice(registrationOf(tenant, 'd1'))).toEqual({ kind: 'revoked' });
  });

  test('a device that was revoked before it was registered cannot be', async () => {
    const { store } = world;
    const tenant = world.tenant();
    await store.revoke({ tenant, device: deviceId('d1') });
    expect(await store.registerDevice(registrationOf(tenant, 'd1'))).toEqual({ kind: 'revoked' });
  });
}

function describeFollowing(world: AdministrationWorld): void {
  test('it is told which spaces a device follows, and how far', async () => {
    const { store } = world;
    const tenant = world.tenant();
    const [one, two] = [spaceKey(tenant, spaceId('two')), spaceKey(tenant, spaceId('one'))];
    for (const space of [one, two]) await store.createSpace(space, null);
    await store.createSpace(spaceKey(tenant, spaceId('three')), null);
    await store.declare(two, rulesOf('secrets', { encrypted: true, json: false }));
    await store.declare(one, rulesOf('notes'));
    const seen = { device: deviceId('d1'), user: ANN, nowMs: BASE_MS + 3, skewMs: 0 };
    await world.device(one, 'd1').push(change.create('a', {}), change.create('b', {}));
    await store.open(one, seen, 1);
    await store.open(two, seen, 0);
    const same = { tenant, device: seen.device };
    const rest = { lastSeenMs: BASE_MS + 3 };
    expect(await store.followed(same)).toEqual([
      { space: 'one', lastNumber: 0, acknowledged: 0, head: 0, encrypted: true, ...rest },
      { space: 'two', lastNumber: 2, acknowledged: 1, head: 2, encrypted: false, ...rest },
    ]);
    expect(await store.followed({ ...same, tenant: world.tenant() })).toEqual([]);
  });
}
