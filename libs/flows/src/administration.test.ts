import { DEFAULT_LIMITS, deviceId, type SpaceId, spaceKey, tenantId, userId } from '@syncline/core';
import {
  memoryAnnouncements,
  memoryPresence,
  memoryRateLimits,
  memoryStore,
  memoryTokens,
} from '@syncline/memory';
import { change, deviceOn, manualTime, memberOf, tenantOfId } from '@syncline/port-contracts';
import type { Identity, TenantQuotas } from '@syncline/ports';
import { allowanceOf, allowGrowth, NOTHING_USED } from './allow-growth';
import { beginEpoch } from './begin-epoch';
import { ANN, HOME, HOME_KEY, identityOf, REGISTRY, TENANT } from './flows.test-fixtures';
import { identifyCaller } from './identify-caller';
import { manageDevices } from './manage-devices';
import { manageMembers } from './manage-members';
import { manageSpaces } from './manage-spaces';
import { manageTenants } from './manage-tenants';
import { pairDevice } from './pair-device';
import { listedBy } from './parts';
import { seeDevice } from './see-device';

const ROOT: Identity = { ...identityOf(userId('root')), operator: true };
const DESCRIBED = { name: '', platform: '', appVersion: '', client: '' };

async function world() {
  const clock = manualTime();
  const store = memoryStore(clock);
  const letters = { at: 0 };
  const deps = {
    spaces: store,
    tenants: store,
    members: store,
    registry: store,
    pairings: store,
    directory: store,
    deltas: store,
    announcements: memoryAnnouncements(),
    presence: memoryPresence({ timer: clock }),
    rates: memoryRateLimits({ clock }),
    ratesOf: () => Promise.resolve(null),
    tokens: memoryTokens(),
    policies: REGISTRY,
    limits: DEFAULT_LIMITS,
    tenantsDeclaredOnly: false,
    secrets: { bytes: (count: number) => new Uint8Array(count).fill(++letters.at) },
    issueToken: null,
    clock,
  };
  await store.found(HOME_KEY, {
    name: '',
    declaredOnly: false,
    quota: null,
    owner: memberOf('ann'),
    collections: [],
    createdAtMs: clock.nowMs(),
  });
  return { ...deps, store };
}

const quotasOf = (given: Partial<TenantQuotas>): TenantQuotas => ({ ...tenantOfId(TENANT).quotas, ...given });

describe('how far a space may grow', () => {
  test('is what its tenant allows a space, and what the tenant as a whole has left', () => {
    const used = { ...NOTHING_USED, records: 70, storedBytes: 400 };
    const held = { records: 10, bytes: 100 };
    const most = Number.MAX_SAFE_INTEGER;
    expect(allowanceOf(quotasOf({}), used, held)).toBeNull();
    expect(allowanceOf(quotasOf({ recordsPerSpaceMax: 15 }), used, held)).toEqual({
      recordsMax: 15,
      bytesMax: most,
    });
    expect(allowanceOf(quotasOf({ recordsMax: 100, recordsPerSpaceMax: 50 }), used, held)).toEqual({
      recordsMax: 40,
      bytesMax: most,
    });
    expect(allowanceOf(quotasOf({ storedBytesMax: 300 }), used, held)).toEqual({
      recordsMax: most,
      bytesMax: 100,
    });
  });

  test('is written anew only where half of what is left would not be told', async () => {
    const { store, ...deps } = await world();
    const allow = allowGrowth(deps);
    const tenant = { id: TENANT, quotas: quotasOf({ recordsMax: 8 }) };
    const other = spaceKey(TENANT, 'other' as SpaceId);
    await store.createSpace(other, null);
    expect(await allow(tenant)).toBe(2);
    expect(await allow(tenant)).toBe(0);
    await deviceOn(store, other, 'd1').push(change.create('a', 1), change.create('b', 1));
    expect(await allow(tenant)).toBe(1);
    expect((await store.details(HOME_KEY, 0))?.quota?.recordsMax).toBe(6);
    expect(await allow({ id: TENANT, quotas: quotasOf({}) })).toBe(2);
    expect((await store.details(other, 0))?.quota).toBeNull();
  });
});

describe('lists in parts', () => {
  const all = ['a', 'b', 'c'];
  const read = async (after: string | null, limit: number) =>
    all.filter((each) => after === null || each > after).slice(0, limit);
  const part = (resultsMax: number | null, after: string | null) =>
    listedBy({ resultsMax, after }, (each) => each, read);

  test('say where the next part begins, and nothing at the end', async () => {
    expect(await part(2, null)).toEqual({ items: ['a', 'b'], next: 'b' });
    expect(await part(2, 'b')).toEqual({ items: ['c'], next: null });
    expect(await part(3, null)).toEqual({ items: all, next: null });
    expect(await part(null, null)).toEqual({ items: all, next: null });
  });
});

describe('who makes a call', () => {
  test('is found out, and turned away where they may not come in', async () => {
    const { tokens, store, clock, ...deps } = await world();
    const identify = identifyCaller({ ...deps, tokens, clock });
    const reason = async (token: string) => {
      const answer = await identify(token, '192.0.2.1');
      return answer.ok ? answer.value.user : answer.refusal.reason;
    };
    tokens.issue('ann', identityOf(ANN));
    tokens.issue('late', { ...identityOf(ANN), expiresAtMs: clock.nowMs() });
    tokens.issue('phone', { ...identityOf(ANN), device: deviceId('phone') });
    tokens.issue('root', ROOT);
    await store.revoke({ tenant: TENANT, device: deviceId('phone') });
    expect(await Promise.all(['', 'bad', 'late', 'phone', 'ann', 'root'].map(reason))).toEqual([
      'UNAUTHENTICATED',
      'UNAUTHENTICATED',
      'AUTH_EXPIRED',
      'DEVICE_REVOKED',
      'ann',
      'root',
    ]);
    await store.createTenant(tenantOfId(TENANT, { suspended: true }));
    expect(await Promise.all(['ann', 'root'].map(reason))).toEqual(['TENANT_SUSPENDED', 'root']);
  });

  test('who asks much too often is turned away by address', async () => {
    const { tokens, ...deps } = await world();
    const limits = { ...DEFAULT_LIMITS, handshakesBurstPerAddressMax: 1 };
    const identify = identifyCaller({ ...deps, tokens, limits });
    const answers = [];
    for (let tries = 0; tries < 11; tries++) answers.push(await identify('bad', '192.0.2.1'));
    expect(answers.at(-1)).toMatchObject({ refusal: { reason: 'RATE_LIMITED' } });
    expect(await identify('bad', '192.0.2.2')).toMatchObject({ refusal: { reason: 'UNAUTHENTICATED' } });
  });
});

describe('pairing', () => {
  test('ends with the time of the code, and with a tenant that is suspended', async () => {
    const { clock, store, ...deps } = await world();
    const { offer, join } = pairDevice({ ...deps, clock });
    const device = { device: deviceId('d1'), ...DESCRIBED };
    const codeFor = async (validForMs: number) => {
      const offered = await offer(identityOf(ANN), validForMs);
      return offered.ok ? offered.value.code : '';
    };
    const late = await codeFor(1_000);
    clock.advance(1_000);
    expect(await join(late, device, null)).toMatchObject({ refusal: { reason: 'PAIRING_CODE_INVALID' } });
    const next = await codeFor(0);
    clock.advance(9 * 60_000);
    expect(await join(next, device, null)).toMatchObject({ ok: true, value: { device: { user: ANN } } });
    const last = await codeFor(0);
    await store.createTenant(tenantOfId(TENANT, { suspended: true }));
    expect(await join(last, device, null)).toMatchObject({ refusal: { reason: 'TENANT_SUSPENDED' } });
  });
});

describe('a device that comes by itself', () => {
  test('is known by what it calls itself, as far as that can be kept', async () => {
    const { store, ...deps } = await world();
    const see = seeDevice(deps);
    const given = {
      ...DESCRIBED,
      device: deviceId('d1'),
      name: `a\u0000${'b'.repeat(300)}`,
      platform: 'ios',
    };
    expect(await see(identityOf(ANN), given, -5, null)).toEqual({ ok: true, value: null });
    const known = await store.registered({ tenant: TENANT, device: given.device });
    expect(known).toMatchObject({ name: `a ${'b'.repeat(253)}`, platform: 'ios', skewMs: -5 });
    const bound = { ...identityOf(ANN), device: deviceId('d2') };
    expect(await see(bound, given, 0, null)).toMatchObject({ refusal: { reason: 'UNAUTHENTICATED' } });
    expect(await see(identityOf(userId('bob')), given, 0, null)).toMatchObject({
      refusal: { reason: 'DEVICE_OF_OTHER_USER' },
    });
  });
});

describe('administration', () => {
  test('a removal that broke off is finished by the next call', async () => {
    const { store, ...deps } = await world();
    await store.createTenant(tenantOfId(TENANT));
    const broken = {
      ...store,
      removeTenant: () => Promise.reject(new Error('the power went')),
    };
    const { remove } = manageTenants({ ...deps, tenants: broken });
    await expect(remove(ROOT, TENANT)).rejects.toThrow('the power went');
    expect((await store.tenant(TENANT))?.suspended).toBe(true);
    expect(await manageTenants(deps).remove(ROOT, TENANT)).toEqual({ ok: true, value: { spaces: 0 } });
    expect(await store.tenant(TENANT)).toBeNull();
  });

  test('what a token grants counts as a membership does', async () => {
    const { store, ...deps } = await world();
    const owner = { role: 'owner', collections: new Map() } as const;
    const bearer = identityOf(userId('bob'), new Map([[HOME, owner]]));
    const reader = identityOf(ANN, new Map([[HOME, { ...owner, role: 'reader' } as const]]));
    const { find } = manageSpaces(deps);
    const named = { tenant: null, space: HOME };
    expect((await find(bearer, named)).ok).toBe(true);
    expect(await find(reader, named)).toMatchObject({ refusal: { reason: 'PERMISSION_DENIED' } });
    const nowhere = identityOf(userId('bob'), new Map([['none' as SpaceId, owner]]));
    expect(await find(nowhere, { tenant: null, space: 'none' as SpaceId })).toMatchObject({
      refusal: { reason: 'SPACE_NOT_FOUND' },
    });
    const listed = await manageMembers(deps).list(nowhere, {
      tenant: null,
      space: 'none' as SpaceId,
      resultsMax: null,
      after: null,
    });
    expect(listed).toMatchObject({ refusal: { reason: 'SPACE_NOT_FOUND' } });
    expect(await store.removeSpace(HOME_KEY)).not.toBeNull();
  });

  test('a device that keeps no copy holds no floor', async () => {
    const { store, clock, ...deps } = await world();
    const devices = manageDevices({ ...deps, clock });
    const seen = { device: deviceId('d1'), user: ANN, nowMs: clock.nowMs(), skewMs: 0 };
    const registered = { device: { tenant: TENANT, device: seen.device }, user: ANN, ...DESCRIBED };
    await store.registerDevice({ ...registered, nowMs: clock.nowMs(), seen: null, devicesMax: null });
    await store.open(HOME_KEY, seen, Number.MAX_SAFE_INTEGER);
    const placeOf = async () => {
      const status = await devices.status(identityOf(ANN), seen.device);
      return status.ok ? status.value.spaces[0] : null;
    };
    expect(await placeOf()).toMatchObject({ acknowledged: null, holdsFloor: false });
    await store.restart(HOME_KEY, seen, 0);
    expect(await placeOf()).toMatchObject({ acknowledged: 0, holdsFloor: true });
    clock.advance(DEFAULT_LIMITS.offlineHorizonMs + 1);
    expect(await placeOf()).toMatchObject({ acknowledged: 0, holdsFloor: false });
  });

  test('whoever listens is told of a new epoch, with nothing to read of the old one', async () => {
    const { store, ...deps } = await world();
    await deviceOn(store, HOME_KEY, 'd1').push(change.create('a', 1));
    const heard: unknown[] = [];
    deps.announcements.listen(HOME_KEY, ({ epoch, from, to, entries }) =>
      heard.push({ epoch, at: to - from, entries }),
    );
    const begin = beginEpoch(deps);
    expect(await begin(identityOf(ANN), { tenant: null, space: HOME })).toMatchObject({
      value: { spaces: 1, epoch: 2 },
    });
    expect(heard).toEqual([{ epoch: 2, at: 0, entries: null }]);
    expect(await begin(ROOT, { tenant: tenantId('globex'), space: null })).toMatchObject({
      value: { spaces: 0, epoch: null },
    });
  });
});
