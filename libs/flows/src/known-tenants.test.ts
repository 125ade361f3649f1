import { tenantId } from '@syncline/core';
import { memoryStore } from '@syncline/memory';
import { manualTime, tenantOfId } from '@syncline/port-contracts';
import { knownTenants } from './known-tenants';

const ACME = tenantId('acme');

async function counted({ tenantsDeclaredOnly = false } = {}) {
  const store = memoryStore();
  const clock = manualTime();
  const asked: string[] = [];
  const state = { fails: false };
  const tenants = {
    tenant(id: typeof ACME) {
      asked.push(id);
      return state.fails ? Promise.reject(new Error('away')) : store.tenant(id);
    },
  };
  const known = knownTenants({ tenants, directory: store, clock, tenantsDeclaredOnly });
  return { store, clock, asked, state, known };
}

test('a tenant is asked for once, by however many, and again after a while', async () => {
  const { store, clock, asked, known } = await counted();
  await store.createTenant(tenantOfId(ACME, { name: 'first' }));
  const names = async () =>
    (await Promise.all([known.tenant(ACME), known.tenant(ACME)])).map((found) => found?.name);
  expect(await names()).toEqual(['first', 'first']);
  await store.changeTenant(tenantOfId(ACME, { name: 'second' }));
  clock.advance(4_999);
  expect(await names()).toEqual(['first', 'first']);
  expect(asked).toHaveLength(1);
  clock.advance(1);
  expect(await names()).toEqual(['second', 'second']);
  await known.tenant(tenantId('other'));
  expect(asked).toEqual([ACME, ACME, 'other']);
});

test('news of a tenant counts at once, also for what is being asked', async () => {
  const { store, known } = await counted();
  await store.createTenant(tenantOfId(ACME));
  const early = known.tenant(ACME);
  await store.changeTenant(tenantOfId(ACME, { suspended: true }));
  expect((await early)?.suspended).toBe(false);
  expect((await known.tenant(ACME))?.suspended).toBe(true);
  await store.removeTenant(ACME);
  expect(await known.tenant(ACME)).toBeNull();
});

test('what keeps users out is not remembered', async () => {
  const { store, asked, known } = await counted({ tenantsDeclaredOnly: true });
  expect(await known.tenant(ACME)).toBeNull();
  await store.createTenant(tenantOfId(ACME, { suspended: true }));
  expect((await known.tenant(ACME))?.suspended).toBe(true);
  expect((await known.tenant(ACME))?.suspended).toBe(true);
  expect(asked).toHaveLength(3);
});

test('a tenant that was not declared is remembered where its users may come in', async () => {
  const { asked, known } = await counted();
  expect([await known.tenant(ACME), await known.tenant(ACME)]).toEqual([null, null]);
  expect(asked).toEqual([ACME]);
});

test('a failure is not remembered', async () => {
  const { store, state, known } = await counted();
  await store.createTenant(tenantOfId(ACME));
  state.fails = true;
  await expect(known.tenant(ACME)).rejects.toThrow('away');
  state.fails = false;
  expect((await known.tenant(ACME))?.id).toBe(ACME);
});

test('news is not listened to after the end', async () => {
  const { store, asked, known } = await counted();
  await store.createTenant(tenantOfId(ACME));
  await known.tenant(ACME);
  known.close();
  await store.changeTenant(tenantOfId(ACME, { suspended: true }));
  await known.tenant(ACME);
  expect(asked).toHaveLength(1);
});
