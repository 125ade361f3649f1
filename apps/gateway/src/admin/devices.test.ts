import { deviceId, type Role } from '@syncline/core';
import * as proto from '@syncline/proto';
import { create, HOME, HOME_KEY, identityOf, pushOf, TENANT } from '../gateway.test-fixtures';
import { type AdminWorld, adminWorld, reasonOf, valueOf } from './admin-world.test-fixtures';

const made: { world?: AdminWorld } = {};
const world = (): AdminWorld => made.world!;
beforeEach(async () => {
  made.world = await adminWorld();
});
afterEach(() => made.world?.close());

const infoOf = (id: string, given: Partial<proto.DeviceInfo> = {}) => ({
  ...proto.DeviceInfo.fromJSON({}),
  id,
  ...given,
});
const register = (caller: string, message: Partial<proto.RegisterDeviceRequest>) =>
  world().grpc(caller, 'RegisterDevice', proto.RegisterDeviceRequest, proto.RegisterDeviceResponse, message);
const list = (caller: string, message: Partial<proto.ListDevicesRequest> = {}) =>
  world().http(caller, 'ListDevices', proto.ListDevicesRequest, proto.ListDevicesResponse, message);
const revoke = (caller: string, device: string) =>
  world().grpc(caller, 'RevokeDevice', proto.RevokeDeviceRequest, proto.RevokeDeviceResponse, {
    device,
    why: 'lost',
  });
const statusOf = (caller: string, device: string) =>
  world().http(caller, 'GetDeviceStatus', proto.GetDeviceStatusRequest, proto.GetDeviceStatusResponse, {
    device,
  });

describe('registering', () => {
  test('tells the key once, and another one each time that it is asked for', async () => {
    const device = infoOf('d1', { name: 'Phone', platform: 'ios' });
    const first = valueOf(await register('owner', { device, integrityKey: true }));
    expect(first.device).toMatchObject({
      id: 'd1',
      user: 'owner',
      name: 'Phone',
      platform: 'ios',
      connected: false,
    });
    expect(first.integrityKey).toHaveLength(32);
    const kept = await world().store.integrityKey({ tenant: TENANT, device: deviceId('d1') });
    expect(kept).toEqual({ id: first.integrityKeyId, bytes: first.integrityKey });
    const again = valueOf(await register('owner', { device }));
    expect([again.integrityKeyId, again.integrityKey.length]).toEqual(['', 0]);
    const next = valueOf(await register('owner', { device, integrityKey: true }));
    expect(Buffer.from(next.integrityKey).equals(Buffer.from(first.integrityKey))).toBe(false);
    expect(reasonOf(await register('reader', { device }))).toBe('DEVICE_OF_OTHER_USER');
  });

  test('everything that is wrong with a device is said at once', async () => {
    const device = infoOf('', { name: 'x'.repeat(256), client: 'a\u0000b' });
    expect(await register('owner', { device })).toMatchObject({
      refusal: { violations: [{ field: 'device.id' }, { field: 'device.name' }, { field: 'device.client' }] },
    });
  });

  test('happens by itself where a device opens a session', async () => {
    const device = world().gate.device('d1', 'owner');
    const info = {
      name: 'Laptop',
      platform: 'linux',
      appVersion: '7',
      link: 'wifi',
      batteryPercent: 5,
    } as const;
    device.hello({ info });
    await device.next('welcome');
    const [told] = valueOf(await list('owner')).devices;
    expect(told).toMatchObject({
      id: 'd1',
      name: 'Laptop',
      platform: 'linux',
      appVersion: '7',
      connected: true,
    });
    expect(told!.seenAtMs).toBeGreaterThan(0);
    expect(valueOf(await list('reader')).devices).toEqual([]);
  });
});

describe('pairing', () => {
  const offer = async (validForMs = 0) =>
    valueOf(
      await world().grpc('owner', 'CreatePairing', proto.CreatePairingRequest, proto.CreatePairingResponse, {
        validForMs,
      }),
    );
  const join = (code: string, id: string, given: Partial<proto.PairDeviceRequest> = {}) =>
    world().http(null, 'PairDevice', proto.PairDeviceRequest, proto.PairDeviceResponse, {
      code,
      device: infoOf(id),
      ...given,
    });

  test('lets one device join with the code, however it is written', async () => {
    const { code, expiresAtMs } = await offer();
    expect(code).toMatch(/^[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}$/);
    expect(expiresAtMs).toBeGreaterThan(Date.parse('2020-01-01'));
    const paired = valueOf(await join(code.toLowerCase().replaceAll('-', ' '), 'd1'));
    expect(paired).toMatchObject({ device: { id: 'd1', user: 'owner' }, token: '', tokenExpiresAtMs: 0 });
    expect(reasonOf(await join(code, 'd2'))).toBe('PAIRING_CODE_INVALID');
  });

  test('gives a token where the installation signs its own', async () => {
    const signing = await adminWorld({
      issueToken: ({ tenant, user, device }, nowMs) =>
        Promise.resolve({ token: `${tenant} ${user} ${device}`, expiresAtMs: nowMs > 0 ? 7 : null }),
    });
    const { code } = valueOf(
      await signing.grpc(
        'owner',
        'CreatePairing',
        proto.CreatePairingRequest,
        proto.CreatePairingResponse,
        {},
      ),
    );
    const [Asked, Told] = [proto.PairDeviceRequest, proto.PairDeviceResponse];
    const paired = await signing.grpc(null, 'PairDevice', Asked, Told, { code, device: infoOf('d1') });
    await signing.close();
    expect(valueOf(paired)).toMatchObject({ token: 'acme owner d1', tokenExpiresAtMs: 7 });
  });

  test('is not offered by who has less in hand than the paired device would have', async () => {
    const issueToken = () => Promise.resolve({ token: 'paired', expiresAtMs: null });
    const signing = await adminWorld({ issueToken });
    const [Asked, Told] = [proto.CreatePairingRequest, proto.CreatePairingResponse];
    const grantOf = (role: Role) =>
      identityOf('editor', { grants: new Map([[HOME, { role, collections: new Map() }]]) });
    const reasons: string[] = [];
    for (const role of ['reader', 'editor', 'owner'] as const) {
      signing.tokens.issue(`as ${role}`, grantOf(role));
      reasons.push(reasonOf(await signing.grpc(`as ${role}`, 'CreatePairing', Asked, Told, {})));
    }
    await signing.close();
    expect(reasons).toEqual(['PERMISSION_DENIED', 'OK', 'OK']);
  });

  test('cannot be guessed: only so many tries are taken', async () => {
    const reasons = new Set<string>();
    for (let tries = 0; tries < 12; tries++) reasons.add(reasonOf(await join(`WRONG${tries}`, 'd1')));
    expect([...reasons]).toEqual(['PAIRING_CODE_INVALID', 'RATE_LIMITED']);
  });

  test('refuses what it would not act upon', async () => {
    const [Asked, Told] = [proto.CreatePairingRequest, proto.CreatePairingResponse];
    const asked = { validForMs: 86_400_001, spaces: new Map([['home', proto.Role.READER]]) };
    expect(await world().grpc('owner', 'CreatePairing', Asked, Told, asked)).toMatchObject({
      refusal: { violations: [{ field: 'valid_for_ms' }, { field: 'spaces' }] },
    });
    const publicKey = new Uint8Array(32);
    expect(await join('', 'd1', { publicKey })).toMatchObject({
      refusal: { violations: [{ field: 'code' }, { field: 'public_key' }] },
    });
  });
});

describe('devices', () => {
  test('that are shut out lose their sessions, their key and their name', async () => {
    valueOf(await register('owner', { device: infoOf('d1', { name: 'Phone' }), integrityKey: true }));
    const device = world().gate.device('d1', 'owner');
    await device.follow();
    await world().store.declare(HOME_KEY, {
      collection: 'secrets' as never,
      policy: 'server-wins',
      rule: null,
      rulesVersion: 0,
      deletes: 'policy',
      encrypted: true,
      json: false,
      schema: { current: 0, oldest: 0, steps: [] },
      jsonSchema: null,
      recordBytesMax: 0,
      history: { versionsMax: 0, keptMs: 0, classes: [] },
    });
    const revoked = valueOf(await revoke('owner', 'd1'));
    expect(revoked).toMatchObject({
      device: { standing: proto.DeviceStanding.REVOKED, connected: false },
      sessionsEnded: 1,
      spacesToRotate: ['home'],
    });
    expect((await device.end())?.reason).toBe('DEVICE_REVOKED');
    const back = world().gate.device('d1', 'owner');
    back.hello();
    expect((await back.next('refusal')).refusal.reason).toBe('DEVICE_REVOKED');
    expect(await world().store.integrityKey({ tenant: TENANT, device: deviceId('d1') })).toBeNull();
    expect(reasonOf(await register('owner', { device: infoOf('d1') }))).toBe('DEVICE_REVOKED');
    expect(valueOf(await list('owner')).devices).toEqual([]);
    const [told] = valueOf(await list('owner', { includeRevoked: true })).devices;
    expect(told!.revokedAtMs).toBeGreaterThan(0);
    expect(reasonOf(await revoke('owner', 'd1'))).toBe('OK');
  });

  test('that follow a space of someone else as well are not shut out by the owner of one', async () => {
    const device = world().gate.device('d1', 'ann-token');
    await device.follow();
    await device.follow('work' as never);
    expect(reasonOf(await revoke('owner', 'd1'))).toBe('PERMISSION_DENIED');
    expect(reasonOf(await revoke('bob-token', 'd1'))).toBe('OK');
  });

  test('are listed for all who share a space, and renamed by their user', async () => {
    for (const [name, user] of [
      ['d1', 'owner'],
      ['d2', 'reader'],
    ] as const)
      await world().gate.device(name, user).follow();
    const inHome = valueOf(await list('editor', { space: 'home', resultsMax: 1 }));
    expect([inHome.devices.map(({ id, user }) => [id, user]), inHome.next]).toEqual([
      [['d1', 'owner']],
      'd1',
    ]);
    const rename = (caller: string) =>
      world().grpc(caller, 'RenameDevice', proto.RenameDeviceRequest, proto.RenameDeviceResponse, {
        device: 'd2',
        name: 'Büro',
      });
    expect(reasonOf(await rename('owner'))).toBe('PERMISSION_DENIED');
    expect(valueOf(await rename('reader')).device).toMatchObject({ name: 'Büro', connected: true });
  });

  test('say how they are doing: to their user everywhere, to an owner in their own spaces', async () => {
    const device = world().gate.device('d1', 'ann-token');
    await device.follow();
    await device.follow('work' as never);
    device.send(pushOf([create(1)]));
    await device.next('outcomes');
    const told = valueOf(await statusOf('ann-token', 'd1'));
    expect(told.device).toMatchObject({ id: 'd1', connected: true });
    expect(told.spaces).toMatchObject([
      { space: 'home', device: 'd1', lastChangeNumber: 1, head: 1, holdsFloor: true },
      { space: 'work', lastChangeNumber: 0, head: 0 },
    ]);
    const seenByOwner = valueOf(await statusOf('owner', 'd1'));
    expect(seenByOwner.spaces.map(({ space }) => space)).toEqual(['home']);
  });

  test('that are present are on the roster of the space, by name', async () => {
    const device = world().gate.device('d1', 'owner');
    device.hello({
      info: { name: 'Laptop', platform: '', appVersion: '', link: 'wifi', batteryPercent: null },
    });
    await device.next('welcome');
    await device.follow();
    const presence = { status: 'busy', text: 'writing', batteryPercent: 40, link: 'cellular' } as const;
    device.send({ kind: 'presence', space: 'home' as never, ...presence });
    device.send(pushOf([create(1)]));
    await device.next('outcomes');
    const [Asked, Told] = [proto.GetRosterRequest, proto.GetRosterResponse];
    const roster = valueOf(await world().http('reader', 'GetRoster', Asked, Told, { space: 'home' }));
    expect(roster.devices).toMatchObject([
      {
        device: 'd1',
        deviceName: 'Laptop',
        user: 'owner',
        status: proto.PresenceStatus.BUSY,
        message: 'writing',
        link: proto.Link.CELLULAR,
        batteryPercent: 40,
      },
    ]);
  });
});
