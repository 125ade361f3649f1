import { deviceId, spaceId, spaceKey, type TenantId } from '@syncline/core';
import type { Tenant } from '@syncline/ports';
import {
  type AdministrationWorld,
  administrationWorld,
  ANN,
  type MakeAdministration,
} from './administration-fixtures';
import { BASE_MS, change } from './change-fixtures';
import { eventually } from './eventually';

const NO_QUOTAS = {
  spacesMax: null,
  recordsMax: null,
  storedBytesMax: null,
  artifactBytesMax: null,
  devicesPerUserMax: null,
  sessionsMax: null,
  recordsPerSpaceMax: null,
};
const NO_RATES = {
  changesPerSecondMax: null,
  changesBurstMax: null,
  artifactBytesPerSecondMax: null,
  tenantChangesPerSecondMax: null,
  tenantSessionsPerSecondMax: null,
};

export const tenantOfId = (id: TenantId, given: Partial<Tenant> = {}): Tenant => ({
  id,
  name: '',
  suspended: false,
  quotas: NO_QUOTAS,
  rates: NO_RATES,
  issuers: [],
  createdAtMs: BASE_MS,
  ...given,
});

export function describeTenantsContract(name: string, make: MakeAdministration): void {
  describe(`${name} keeps the contract of tenants`, () => {
    const world = administrationWorld(make);
    describeDeclared(world);
    describeRemoved(world);
    describeUsage(world);
  });
}

function describeDeclared(world: AdministrationWorld): void {
  test('a tenant comes back as it was declared, and is declared once', async () => {
    const { store } = world;
    const tenant = tenantOfId(world.tenant(), {
      name: 'Hausmüller & Söhne',
      quotas: { ...NO_QUOTAS, spacesMax: 3, storedBytesMax: 2 ** 45 },
      rates: { ...NO_RATES, changesBurstMax: 7 },
      issuers: [
        { issuer: 'https://a.example', audience: '', jwksUrl: 'https://a.example/keys', userClaim: 'sub' },
        { issuer: 'https://b.example', audience: 'x', jwksUrl: 'https://b.example/keys', userClaim: 'mail' },
      ],
    });
    expect(await store.createTenant(tenant)).toBe(true);
    expect(await store.createTenant({ ...tenant, name: 'other' })).toBe(false);
    expect(await store.tenant(tenant.id)).toEqual(tenant);
    expect(await store.tenant(world.tenant())).toBeNull();
  });

  test('everything can be changed but when it was created', async () => {
    const { store } = world;
    const tenant = tenantOfId(world.tenant());
    await store.createTenant(tenant);
    const changed = { ...tenant, name: 'new', suspended: true, quotas: { ...NO_QUOTAS, recordsMax: 1 } };
    expect(await store.changeTenant({ ...changed, createdAtMs: 1 })).toEqual(changed);
    expect(await store.tenant(tenant.id)).toEqual(changed);
    const unknown = world.tenant();
    expect(await store.changeTenant(tenantOfId(unknown))).toBeNull();
    expect(await store.tenant(unknown)).toBeNull();
  });

  test('listeners are told of a tenant that is suspended and used again', async () => {
    const { store } = world;
    const id = world.tenant();
    const tenant = tenantOfId(id);
    await store.createTenant(tenant);
    const heard: unknown[] = [];
    const stop = store.onAccessChange((news) => {
      if (news.kind === 'tenant' && news.tenant === id) heard.push(news.standing);
    });
    await store.changeTenant({ ...tenant, name: 'only another name' });
    await store.changeTenant({ ...tenant, suspended: true });
    await store.changeTenant(tenant);
    await eventually(() => expect(heard).toEqual(['suspended', 'active']));
    stop();
  });

  test('the standing of several is found at once', async () => {
    const [active, suspended, unknown] = [world.tenant(), world.tenant(), world.tenant()];
    await world.store.createTenant(tenantOfId(active));
    await world.store.createTenant(tenantOfId(suspended, { suspended: true }));
    expect(await world.store.standings([active, suspended, unknown])).toEqual(
      new Map([
        [active, 'active'],
        [suspended, 'suspended'],
      ]),
    );
    expect(await world.store.standings([])).toEqual(new Map());
  });

  test('tenants are listed in order, from one on', async () => {
    const ids = [world.tenant(), world.tenant(), world.tenant()];
    for (const id of [...ids].reverse()) await world.store.createTenant(tenantOfId(id));
    const first = [...ids].sort();
    const listed = await world.store.tenants(first[0]!, 1_000);
    const own = listed.map(({ id }) => id).filter((id) => ids.includes(id));
    expect(own).toEqual(first.slice(1));
    expect(await world.store.tenants(null, 1)).toHaveLength(1);
  });
}

function describeRemoved(world: AdministrationWorld): void {
  test('a tenant goes once its spaces are gone, and its devices go with it', async () => {
    const { store } = world;
    const space = await world.space();
    const tenant = world.tenant();
    const owned = spaceKey(tenant, spaceId('main'));
    await store.createTenant(tenantOfId(tenant));
    await store.createSpace(owned, null);
    const device = { tenant, device: deviceId('d1') };
    const described = { name: '', platform: '', appVersion: '', client: '' };
    const rest = { user: ANN, nowMs: BASE_MS, seen: null, devicesMax: null };
    await store.registerDevice({ device, ...described, ...rest });
    await store.revoke(device);
    await expect(store.removeTenant(tenant)).rejects.toThrow(Error);
    expect(await store.tenant(tenant)).not.toBeNull();
    await store.removeSpace(owned);
    expect(await store.removeTenant(tenant)).toBe(true);
    expect(await store.removeTenant(tenant)).toBe(false);
    expect(await store.tenant(tenant)).toBeNull();
    expect(await store.registered(device)).toBeNull();
    expect(await store.isRevoked(device)).toBe(false);
    expect(await store.state(space)).not.toBeNull();
  });
}

function describeUsage(world: AdministrationWorld): void {
  test('usage adds up what the spaces of the tenant hold', async () => {
    const { store } = world;
    const [tenant, other] = [world.tenant(), world.tenant()];
    const [one, two, foreign] = [
      spaceKey(tenant, spaceId('one')),
      spaceKey(tenant, spaceId('two')),
      spaceKey(other, spaceId('one')),
    ];
    for (const space of [one, two, foreign]) await store.createSpace(space, null);
    await world.device(one, 'd1').push(change.create('a', 'xx'), change.create('b', 'yy'));
    await world.device(two, 'd1').push(change.create('a', 'zz'));
    await world.device(foreign, 'd1').push(change.create('a', 'zz'));
    const described = { name: '', platform: '', appVersion: '', client: '' };
    for (const [id, nowMs] of [
      ['early', BASE_MS],
      ['late', BASE_MS + 10],
    ] as const) {
      const rest = { user: ANN, nowMs, seen: { skewMs: 0 }, devicesMax: null };
      await store.registerDevice({ device: { tenant, device: deviceId(id) }, ...described, ...rest });
    }
    expect(await store.usage(tenant, BASE_MS + 5)).toEqual({
      spaces: 2,
      records: 3,
      storedBytes: 12,
      artifactBytes: 0,
      devices: 1,
    });
    expect(await store.usage(world.tenant(), 0)).toEqual({
      spaces: 0,
      records: 0,
      storedBytes: 0,
      artifactBytes: 0,
      devices: 0,
    });
  });
}
