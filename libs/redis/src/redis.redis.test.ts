import { deviceId, sessionId, spaceId, spaceKey, tenantId, userId } from '@syncline/core';
import { memoryPresenceEvents } from '@syncline/memory';
import { eventually, presentOf, testServices } from '@syncline/port-contracts';
import type { CountedSession, Present } from '@syncline/ports';
import type { RedisLink } from './connection';
import { connectedTo, describeContracts } from './contracts.test-fixtures';
import { newPrefix, presenceOn, ratesOn, sessionsOn } from './redis.test-fixtures';

const connected = (): Promise<RedisLink> => connectedTo(testServices().redisUrl);

describeContracts('Redis', connected);

describe('on two gateways', () => {
  const world: { here: RedisLink; there: RedisLink } = { here: null!, there: null! };
  beforeAll(async () => {
    world.here = await connected();
    world.there = await connected();
  });
  afterAll(async () => void (await Promise.all([world.here.close(), world.there.close()])));

  const session = (id: string): CountedSession => ({
    tenant: tenantId('acme'),
    user: userId('u'),
    device: deviceId('d'),
    id: sessionId(id),
  });

  test('sessions are counted together, and taken up again on the other', async () => {
    const prefix = newPrefix();
    const [here, there] = [sessionsOn(world.here, prefix), sessionsOn(world.there, prefix)];
    const openMax = { device: 2, user: 2, tenant: 2 };
    const ofOther = { ...session('3'), device: deviceId('e') };
    expect(await here.enter(session('1'), openMax, 60_000)).toEqual({ entered: true });
    expect(await there.enter(session('2'), openMax, 60_000)).toEqual({ entered: true });
    expect(await here.enter(ofOther, openMax, 60_000)).toEqual({ entered: false, full: 'user' });
    expect(await there.enter(session('3'), openMax, 60_000)).toEqual({ entered: true });
    expect(await here.renew([session('1')], 60_000)).toEqual([session('1')]);
    const saved = { ...session('1'), subscriptions: [] };
    await here.save(saved, 60_000);
    expect(await there.load(saved.id)).toEqual(saved);
  });

  test('buckets are shared, and refill by the time of the server', async () => {
    const prefix = newPrefix();
    const request = [{ bucket: 'acme/changes/device/d', amount: 5, perSecond: 50, burst: 5 }];
    expect(await ratesOn(world.here, prefix).take(request)).toMatchObject({ granted: true });
    expect(await ratesOn(world.there, prefix).take(request)).toMatchObject({ granted: false });
    await eventually(async () =>
      expect(await ratesOn(world.there, prefix).take(request)).toMatchObject({ granted: true }),
    );
  });

  test('whoever lapses is told as gone by one of them', async () => {
    const [prefix, events] = [newPrefix(), memoryPresenceEvents()];
    const gateways = [presenceOn(world.here, prefix, events), presenceOn(world.there, prefix, events)];
    const space = spaceKey(tenantId('acme'), spaceId('home {1} \u{1f600}'));
    const heard: Present[] = [];
    gateways[1]!.listen(space, (present) => void heard.push(present));
    await gateways[0]!.show(space, presentOf('d1'), 50);
    await gateways[0]!.show(space, presentOf('d2'), 60_000);
    expect(await gateways[1]!.roster(space)).toContainEqual(presentOf('d2'));
    await eventually(() =>
      expect(heard).toEqual([presentOf('d1'), presentOf('d2'), presentOf('d1', { status: 'offline' })]),
    );
    await gateways[0]!.leave(space, deviceId('d2'));
    await eventually(() => expect(heard).toHaveLength(4));
    expect(await world.here.command('zcard', `${prefix}:presence:due`)).toBe(0);
    gateways.forEach((gateway) => gateway.close());
  });
});

test('everything that is kept lapses by itself', async () => {
  const [link, prefix] = [await connected(), newPrefix()];
  const presence = presenceOn(link, prefix, memoryPresenceEvents());
  const session = {
    tenant: tenantId('acme'),
    user: userId('u'),
    device: deviceId('d'),
    id: sessionId('s'),
  };
  const sessions = sessionsOn(link, prefix);
  const single = { device: 1, user: 1, tenant: 1 };
  for (const id of ['before', session.id])
    await sessions.enter({ ...session, id: sessionId(id) }, single, 60_000);
  await sessions.save({ ...session, subscriptions: [] }, 60_000);
  await ratesOn(link, prefix).take([{ bucket: 'acme/b', amount: 1, perSecond: 1, burst: 5 }]);
  await presence.show(spaceKey(session.tenant, spaceId('home')), presentOf('d'), 60_000);
  const keys = ((await link.command('keys', `${prefix}:*`)) as readonly Buffer[]).map(String);
  expect(keys).toHaveLength(9);
  for (const key of keys.filter((name) => !name.endsWith(':presence:due')))
    expect(Number(await link.command('pttl', key))).toBeGreaterThan(0);
  presence.close();
  await link.close();
});

test('the keys of each script share a hash tag, as a cluster asks', async () => {
  const [link, prefix] = [await connected(), newPrefix()];
  const asked: (readonly string[])[] = [];
  const watched: RedisLink = {
    ...link,
    run(script, keys, args) {
      asked.push(keys);
      return link.run(script, keys, args);
    },
  };
  const presence = presenceOn(watched, prefix, memoryPresenceEvents());
  const counted = (tenant: string, id: string): CountedSession => ({
    tenant: tenantId(tenant),
    user: userId('u{}'),
    device: deviceId('d}{'),
    id: sessionId(id),
  });
  const sessions = sessionsOn(watched, prefix);
  await sessions.enter(counted('acme', '1'), { device: 1, user: 1, tenant: 1 }, 60_000);
  await sessions.renew([counted('acme', '1'), counted('other', '1'), counted('acme', '2')], 60_000);
  await ratesOn(watched, prefix).take([
    { bucket: 'acme/changes/device/d', amount: 1, perSecond: 1, burst: 5 },
    { bucket: 'acme/bytes/tenant', amount: 1, perSecond: 1, burst: 5 },
  ]);
  await presence.show(spaceKey(tenantId('acme'), spaceId('a}{b')), presentOf('d'), 60_000);
  presence.close();
  const tagOf = (key: string): string => /\{([^}]+)\}/.exec(key)?.[1] ?? key;
  expect(asked.length).toBeGreaterThanOrEqual(5);
  for (const keys of asked) expect(new Set(keys.map(tagOf)).size).toBe(1);
  await link.close();
});
