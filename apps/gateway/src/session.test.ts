import { deviceId, type UserId } from '@syncline/core';
import { eventually, gate } from '@syncline/port-contracts';
import {
  create,
  HOME,
  HOME_KEY,
  pushOf,
  subscribeTo,
  type TestWorld,
  testWorld,
  WORK,
} from './gateway.test-fixtures';

// A gateway for each test, on a machine that may have other work to do.
describe('a session over gRPC', () => {
  let world: TestWorld;
  beforeEach(async () => {
    world = await testWorld();
  });
  afterEach(() => world.close());

  test('begins with a handshake that settles protocol, capabilities, limits and user', async () => {
    const gateway = await world.gateway();
    const device = gateway.device('d');
    device.hello({ capabilities: ['patch-entries', 'page-compression', 'artifacts', 'made-up'] });
    const welcome = await device.next('welcome');
    expect(welcome.agreed).toEqual({ protocol: 1, capabilities: ['patch-entries', 'page-compression'] });
    expect(welcome).toMatchObject({ user: 'ann' as UserId, tenant: 'acme', resumed: [] });
    expect(welcome.limits.messageBytesMax).toBe(world.limits.messageBytesMax);
  });

  test('carries several spaces; a push gets its outcome and reaches everyone else', async () => {
    const gateway = await world.gateway();
    const [ann, bob] = [gateway.device('a'), gateway.device('b', 'bob-token')];
    await ann.follow(HOME);
    await ann.follow(WORK);
    await bob.follow(HOME);
    ann.send(pushOf([create(1)]), pushOf([create(1)], WORK));
    const outcomes = [await ann.next('outcomes'), await ann.next('outcomes')];
    expect(outcomes.map(({ space }) => space).sort()).toEqual([HOME, WORK]);
    expect(outcomes[0]!.outcomes).toMatchObject([{ number: 1, status: 'APPLIED', version: 1 }]);
    const page = await bob.next('page');
    expect(page).toMatchObject({ space: HOME, entries: [{ kind: 'put', record: { id: 'n1', version: 1 } }] });
    const reached = await bob.next('checkpoint');
    expect(reached).toMatchObject({ version: 1, clock: new Map([[deviceId('a'), 1]]) });
  });

  test('hears from the pace when a quota is nearly used up', async () => {
    const gateway = await world.gateway();
    await world.store.setQuota(HOME_KEY, { recordsMax: 1, bytesMax: 1_000_000 });
    const device = gateway.device('a');
    await device.follow(HOME);
    device.send(pushOf([create(1)]));
    const { quotas } = await device.next('pace');
    expect(quotas).toEqual([{ space: HOME, name: 'records_max', allowed: 1, used: 1 }]);
  });

  test('is answered what was committed, also where its quotas cannot be read', async () => {
    const details = (): Promise<never> => Promise.reject(new TypeError('no such row'));
    const gateway = await world.gateway({ store: { ...world.store, details } });
    const device = gateway.device('a');
    await device.follow(HOME);
    device.send(pushOf([create(1)]));
    expect((await device.next('outcomes')).outcomes).toMatchObject([{ number: 1, status: 'APPLIED' }]);
  });

  test('that is half closed still gets what it asked for', async () => {
    const gateway = await world.gateway();
    const device = gateway.device('d');
    device.hello();
    device.send(subscribeTo(), pushOf([create(1)]));
    device.call.end();
    expect(await device.end()).toBeNull();
    expect(device.heard.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['outcomes', 'checkpoint']));
    await eventually(() => expect(gateway.sessions()).toBe(0));
  });

  test('counts as open for as long as it lasts, and is forgotten soon after its gateway was killed', async () => {
    await world.close();
    world = await testWorld({ sessionLeaseMs: 90, sessionsPerUserMax: 1 });
    const renewed: number[] = [];
    const killed = { is: false };
    const gateway = await world.gateway({
      sessions: {
        ...world.sessions,
        renew: async (sessions, forMs) => {
          renewed.push(sessions.length);
          return killed.is ? [] : world.sessions.renew(sessions, forMs);
        },
      },
    });
    const other = await world.gateway();
    const device = gateway.device('d');
    await device.follow();
    await eventually(() => expect(renewed.length).toBeGreaterThan(6));
    const second = other.device('e');
    second.hello();
    expect(await second.end()).toMatchObject({ reason: 'TOO_MANY_SESSIONS' });
    killed.is = true;
    await eventually(async () => {
      const third = other.device('e');
      third.hello();
      await eventually(() => expect(third.heard.length).toBeGreaterThan(0));
      expect(third.heard[0]!.kind).toBe('welcome');
    });
  });

  test('of another device is let in where the user has as many as allowed, once one of them has ended', async () => {
    await world.close();
    world = await testWorld({ sessionsPerUserMax: 2 });
    const gateway = await world.gateway();
    const open = [gateway.device('a'), gateway.device('b')];
    for (const device of open) await device.follow();
    const next = gateway.device('c');
    next.hello();
    expect(await next.end()).toMatchObject({ reason: 'TOO_MANY_SESSIONS' });
    open[0]!.hangUp();
    await eventually(async () => {
      const later = gateway.device('c');
      later.hello();
      await eventually(() => expect(later.heard.length).toBeGreaterThan(0));
      expect(later.heard[0]!.kind).toBe('welcome');
    });
  });

  test('gives way to a newer one of its device where that has as many as it may, on any gateway', async () => {
    await world.close();
    world = await testWorld({ sessionLeaseMs: 90, sessionsPerDeviceMax: 1 });
    const [one, other] = [await world.gateway(), await world.gateway()];
    const before = one.device('d');
    await before.follow();
    const after = other.device('d');
    await after.follow();
    expect(await before.end()).toMatchObject({ reason: 'TOO_MANY_SESSIONS', retryAfterMs: 90 });
    await eventually(() => expect([one.sessions(), other.sessions()]).toEqual([0, 1]));
    after.send(pushOf([create(1)]));
    expect((await after.next('outcomes')).outcomes).toMatchObject([{ number: 1, status: 'APPLIED' }]);
  });

  test('that was refused at the door, or ended while its token was looked at, leaves no count behind', async () => {
    await world.close();
    world = await testWorld({ sessionsPerUserMax: 1 });
    const asked = gate();
    const slow = await world.gateway({
      tokens: {
        verify: async (token, nowMs) => {
          await asked.opened;
          return world.tokens.verify(token, nowMs);
        },
      },
    });
    const hasty = slow.device('d');
    hasty.hello();
    await eventually(async () => expect(await slow.metric('messages_received_total{kind="hello"}')).toBe(1));
    hasty.hangUp();
    await eventually(() => expect(slow.sessions()).toBe(0));
    asked.open();
    const gateway = await world.gateway();
    await eventually(async () => {
      const device = gateway.device('e');
      device.hello();
      await eventually(() => expect(device.heard.length).toBeGreaterThan(0));
      expect(device.heard[0]!.kind).toBe('welcome');
    });
  });
});
