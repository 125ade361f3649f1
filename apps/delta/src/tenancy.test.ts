import { userId } from '@syncline/core';
import { memoryStore } from '@syncline/memory';
import { change, deviceOn, eventually, manualTime, memberOf, tenantOfId } from '@syncline/port-contracts';
import { deltaWorld, HOME } from './delta.test-fixtures';

test('a membership whose time has come is ended by itself', async () => {
  const store = memoryStore(manualTime());
  const world = await deltaWorld({ store });
  await store.putMember(HOME, memberOf('ann', { expiresAtMs: world.time.nowMs() + 5_000 }));
  const heard: unknown[] = [];
  const stop = store.onAccessChange((news) => heard.push(news));
  await eventually(() => {
    world.time.advance(2_000);
    expect(heard).toEqual([{ kind: 'access', space: HOME, user: userId('ann'), access: null }]);
  });
  stop();
  await world.delta.close();
});

test('spaces of a tenant are told how far they may grow', async () => {
  const store = memoryStore();
  const world = await deltaWorld({ store });
  const tenant = tenantOfId('acme' as never);
  await store.createTenant({ ...tenant, quotas: { ...tenant.quotas, recordsMax: 1 } });
  await eventually(async () => {
    world.time.advance(15_000);
    expect((await store.details(HOME, 0))?.quota?.recordsMax).toBe(1);
  });
  const device = deviceOn(store, HOME, 'd1');
  expect((await device.one(change.create('a', {}))).status).toBe('APPLIED');
  expect((await device.one(change.create('b', {}))).reason).toBe('QUOTA_EXCEEDED');
  await world.delta.close();
});
