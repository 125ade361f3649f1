import { deviceId, sessionId, spaceId, spaceKey, tenantId, userId } from '@syncline/core';
import {
  memoryPresence,
  memoryPresenceEvents,
  memoryRateLimits,
  memorySessionRegistry,
  systemClock,
  systemTimer,
} from '@syncline/memory';
import { eventually, type OwnServer, ownServer, presentOf } from '@syncline/port-contracts';
import { type Present, Unavailable } from '@syncline/ports';
import type { RedisLink, RedisOptions, RedisStatus } from './connection';
import {
  type DegradedPart,
  presenceWithFallback,
  rateLimitsWithFallback,
  sessionRegistryWithFallback,
} from './local-fallback';
import { linkTo, presenceOn, ratesOn, sessionsOn } from './redis.test-fixtures';

const SPACE = spaceKey(tenantId('acme'), spaceId('home'));
const ROOMY = { device: 9, user: 9, tenant: 9 };
const counted = (id: string) => ({
  tenant: tenantId('acme'),
  user: userId('u'),
  device: deviceId('d'),
  id: sessionId(id),
});
const five = (amount: number) => [{ bucket: 'acme/b', amount, perSecond: 0.001, burst: 5 }];

const own: { server: OwnServer } = { server: null! };
const opened: { close(): unknown }[] = [];
beforeAll(async () => {
  own.server = await ownServer('redis');
}, 30_000);
afterAll(() => own.server.close());
afterEach(async () => {
  await own.server.resume();
  await own.server.start();
  await own.server.wipe();
  for (const each of opened.splice(0).reverse()) await each.close();
});

function open(given: Partial<RedisOptions> = {}): RedisLink {
  const link = linkTo(own.server.url, given);
  opened.push(link);
  return link;
}

/** As an app puts it together, with what it was told. */
function gateway() {
  const link = open();
  const told: string[] = [];
  const errors: unknown[] = [];
  const onDegraded = (part: DegradedPart, degraded: boolean, error: unknown): void => {
    told.push(`${part} ${degraded ? 'local' : 'shared'}`);
    if (degraded) errors.push(error);
  };
  const [clock, timer, events] = [systemClock(), systemTimer(), memoryPresenceEvents()];
  const deps = { timer, onDegraded, leftAloneMs: 50 };
  const presence = presenceOn(link, 'outage', events);
  opened.push(presence);
  return {
    link,
    told,
    errors,
    events,
    sessions: sessionRegistryWithFallback(sessionsOn(link, 'outage'), memorySessionRegistry({ clock }), deps),
    rates: rateLimitsWithFallback(ratesOn(link, 'outage'), memoryRateLimits({ clock }), deps),
    presence: presenceWithFallback(presence, memoryPresence({ timer }), { ...deps, events }),
  };
}

const up = (link: RedisLink) => eventually(() => expect(link.status()).toBe('connected'));
const down = (link: RedisLink) => eventually(() => expect(link.status()).toBe('disconnected'));

test('a process starts without Redis, says so, and is in contact as soon as Redis is', async () => {
  await own.server.kill();
  const told: RedisStatus[] = [];
  const link = open({ onStatus: (status) => void told.push(status) });
  await expect(sessionsOn(link, 'outage').forget(counted('1').id)).rejects.toThrow(Unavailable);
  await eventually(() => expect(told).toEqual(['disconnected']));
  await own.server.start();
  await up(link);
  await sessionsOn(link, 'outage').forget(counted('1').id);
  await link.close();
  expect(told).toEqual(['disconnected', 'connected', 'closed']);
}, 30_000);

test('a killed Redis fails no session: limits are local until it is back', async () => {
  const { link, told, errors, sessions, rates } = gateway();
  await up(link);
  const enter = (id: string, user: number) =>
    sessions.enter({ ...counted(id), device: deviceId(`of ${id}`) }, { ...ROOMY, user }, 60_000);
  const again = [counted('1'), counted('2')].map((s) => ({ ...s, device: deviceId(`of ${s.id}`) }));
  expect(await enter('1', 2)).toEqual({ entered: true });
  expect(await rates.take(five(5))).toMatchObject({ granted: true });
  expect(await rates.take(five(1))).toMatchObject({ granted: false });
  expect(told).toEqual([]);

  await own.server.kill();
  await down(link);
  await sessions.renew(again.slice(0, 1), 60_000);
  expect(await enter('2', 2)).toEqual({ entered: true });
  expect(await enter('3', 2)).toEqual({ entered: false, full: 'user' });
  expect(await rates.take(five(5))).toMatchObject({ granted: true });
  expect(await rates.take(five(1))).toMatchObject({ granted: false });
  const saved = { ...counted('2'), subscriptions: [] };
  await sessions.save(saved, 60_000);
  expect(await sessions.load(saved.id)).toEqual(saved);
  expect(told).toEqual(['sessions local', 'rates local']);
  for (const error of errors) expect(error).toBeInstanceOf(Unavailable);

  await own.server.start();
  await up(link);
  await eventually(async () => {
    await rates.take(five(0));
    await sessions.renew(again, 60_000);
    expect(told.slice(2).sort()).toEqual(['rates shared', 'sessions shared']);
  });
  expect(await sessions.load(saved.id)).toEqual(saved);
  expect(await enter('3', 2)).toEqual({ entered: false, full: 'user' });
  const elsewhere = sessionsOn(open(), 'outage');
  await eventually(async () =>
    expect(await elsewhere.enter(counted('4'), { ...ROOMY, user: 2 }, 1_000)).toMatchObject({
      full: 'user',
    }),
  );
}, 30_000);

test('presence goes on without Redis, with the roster of this process', async () => {
  const { link, told, events, presence } = gateway();
  await up(link);
  const [heard, elsewhere]: Present[][] = [[], []];
  presence.listen(SPACE, (present) => void heard!.push(present));
  events.listen(SPACE, (present) => void elsewhere!.push(present));
  await presence.show(SPACE, presentOf('d1'), 60_000);
  expect(heard).toEqual([presentOf('d1')]);
  await own.server.kill();
  await down(link);
  expect(await presence.roster(SPACE)).toEqual([presentOf('d1')]);
  expect(told).toEqual(['presence local']);
  await presence.show(SPACE, presentOf('d2'), 60_000);
  expect(heard).toContainEqual(presentOf('d2'));
  expect(elsewhere).toContainEqual(presentOf('d2'));
  await presence.leave(SPACE, deviceId('d2'));
  expect(heard!.at(-1)).toEqual(presentOf('d2', { status: 'offline' }));
  await own.server.start();
  await eventually(async () => {
    await presence.show(SPACE, presentOf('d1', { text: 'again' }), 60_000);
    expect(told).toEqual(['presence local', 'presence shared']);
  });
  expect(await presence.roster(SPACE)).toEqual([presentOf('d1', { text: 'again' })]);
}, 30_000);

test('a Redis that was emptied makes nobody wait', async () => {
  const { link, told, sessions, rates } = gateway();
  await up(link);
  await sessions.enter(counted('1'), ROOMY, 60_000);
  await sessions.save({ ...counted('1'), subscriptions: [] }, 60_000);
  await rates.take(five(5));
  await own.server.wipe();
  await link.command('script', 'flush');
  expect(await sessions.load(counted('1').id)).toBeNull();
  expect(await rates.take(five(5))).toMatchObject({ granted: true });
  await sessions.renew([counted('1')], 60_000);
  const ofOther = { ...counted('2'), device: deviceId('other') };
  expect(await sessions.enter(ofOther, { ...ROOMY, user: 1 }, 60_000)).toMatchObject({ full: 'user' });
  expect(told).toEqual([]);
}, 30_000);

test('a Redis that hangs is waited for once, and left alone for a while', async () => {
  const { link, told, rates } = gateway();
  await up(link);
  await own.server.pause();
  await eventually(async () => {
    await rates.take(five(0));
    expect(told).toEqual(['rates local']);
  });
  expect(await rates.take(five(5))).toMatchObject({ granted: true });
  await own.server.resume();
  await eventually(async () => {
    await rates.take(five(0));
    expect(told).toEqual(['rates local', 'rates shared']);
  });
}, 30_000);

test.each([
  ['is full', ['config', 'set', 'maxmemory', '1'], ['config', 'set', 'maxmemory', '0']],
  ['became a replica', ['replicaof', '127.0.0.1', '1'], ['replicaof', 'no', 'one']],
  [
    'lets no one write',
    ['config', 'set', 'min-replicas-to-write', '3'],
    ['config', 'set', 'min-replicas-to-write', '0'],
  ],
])(
  'a Redis that %s is done without',
  async (_what, breaking, healing) => {
    const { link, told, errors, rates } = gateway();
    await up(link);
    await link.command(...(breaking as [string]));
    await eventually(async () => {
      expect(await rates.take(five(0))).toMatchObject({ granted: true });
      expect(told).toEqual(['rates local']);
    });
    expect(errors[0]).toBeInstanceOf(Unavailable);
    await eventually(() => link.command(...(healing as [string])));
    await eventually(async () => {
      await rates.take(five(0));
      expect(told).toEqual(['rates local', 'rates shared']);
    });
  },
  30_000,
);

test('a mistake of ours is no outage', async () => {
  const link = open();
  await up(link);
  await link.command('set', 'outage:{acme}:rate:b', 'no hash');
  const mistake = await ratesOn(link, 'outage')
    .take(five(1))
    .catch((error: unknown) => error);
  expect(mistake).toBeInstanceOf(Error);
  expect(mistake).not.toBeInstanceOf(Unavailable);
});
