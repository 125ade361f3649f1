import type { PushResult } from '@syncline/core';
import { eventually, gate } from '@syncline/port-contracts';
import { readiness } from '@syncline/service-kit';
import {
  create,
  HOME,
  HOME_KEY,
  pushOf,
  subscribeTo,
  type TestDevice,
  type TestWorld,
  testWorld,
} from './gateway.test-fixtures';

// A gateway for each test, on a machine that may have other work to do.
const show = (text: string, status: 'online' | 'offline' = 'online') =>
  ({ kind: 'presence', space: HOME, status, text, batteryPercent: 50, link: 'wifi' }) as const;

describe('draining', () => {
  let world: TestWorld;
  beforeEach(async () => {
    world = await testWorld();
  });
  afterEach(() => world.close());

  test('tells the devices one after the other, and sends away who stays', async () => {
    const ready = readiness({ parts: [], everyMs: 10_000 });
    const gateway = await world.gateway({ readiness: ready }, { drainMs: 2_000 });
    await ready.check();
    const devices = Array.from({ length: 6 }, (_, index) => gateway.device(`d${index}`));
    await Promise.all(devices.map((device) => device.follow()));
    const drained = gateway.drain();
    expect(ready.state().ready).toBe(false);
    const late = gateway.device('late');
    late.hello();
    expect(await late.end()).toMatchObject({ reason: 'DRAINING' });
    await eventually(() => expect(devices.filter(isTold).length).toBe(devices.length));
    const delays = devices.map((device) => noticesOf(device)[0]!.inMs);
    expect(Math.max(...delays)).toBeLessThanOrEqual(1_400);
    expect(Math.min(...delays)).toBeLessThan(Math.max(...delays));
    // Who goes when told, meets no refusal.
    devices[0]!.send({ kind: 'goodbye' });
    expect(await devices[0]!.end()).toBeNull();
    for (const device of devices.slice(1)) expect(await device.end()).toMatchObject({ reason: 'DRAINING' });
    await drained;
    expect(gateway.sessions()).toBe(0);
    ready.close();
  });

  test('lets pushes under way have their outcome, and takes no new ones', async () => {
    const decided = gate();
    const gateway = await world.gateway(
      {
        backends: {
          ...world.backends,
          push: async (push): Promise<PushResult> => {
            await decided.opened;
            return world.backends.push(push);
          },
        },
      },
      { drainMs: 3_000 },
    );
    const device = gateway.device('d');
    await device.follow();
    device.send(pushOf([create(1)]));
    await eventually(async () =>
      expect(await gateway.metric('messages_received_total{kind="push"}')).toBe(1),
    );
    const drained = gateway.drain();
    await device.next('notice');
    device.send(pushOf([create(2)]));
    expect(await device.next('refusal')).toMatchObject({ about: 'push', refusal: { reason: 'DRAINING' } });
    expect(device.heard.some(({ kind }) => kind === 'outcomes')).toBe(false);
    decided.open();
    expect(await device.next('outcomes')).toMatchObject({ outcomes: [{ number: 1, status: 'APPLIED' }] });
    expect(await device.end()).toMatchObject({ reason: 'DRAINING' });
    await drained;
  });

  test('ends within its bound, whatever hangs', async () => {
    const gateway = await world.gateway(
      { backends: { ...world.backends, push: () => new Promise<never>(() => undefined) } },
      { drainMs: 300, lastWordsMs: 100 },
    );
    const device = gateway.device('d');
    await device.follow();
    device.send(pushOf([create(1)]));
    await gateway.drain();
    expect(await device.end()).toMatchObject({ reason: 'DRAINING' });
  });

  const noticesOf = ({ heard }: TestDevice) =>
    heard.flatMap((message) => (message.kind === 'notice' && message.notice === 'draining' ? [message] : []));
  const isTold = (device: TestDevice): boolean => noticesOf(device).length > 0;
});

describe('presence', () => {
  let world: TestWorld;
  beforeEach(async () => {
    world = await testWorld();
  });
  afterEach(() => world.close());

  const heardOf = ({ heard }: TestDevice) =>
    heard.flatMap((message) =>
      message.kind === 'presence' ? [`${message.device} ${message.status} ${message.text}`] : [],
    );

  test('is told to those who subscribed, also on another gateway, and to who comes later', async () => {
    const [first, second] = [await world.gateway(), await world.gateway()];
    const [ann, bob] = [first.device('a'), second.device('b', 'bob-token')];
    await ann.follow();
    await bob.follow();
    ann.send(show('typing'));
    expect(await bob.next('presence')).toMatchObject({
      device: 'a',
      user: 'ann',
      status: 'online',
      text: 'typing',
    });
    const late = second.device('c');
    await late.follow();
    expect(await late.next('presence')).toMatchObject({ device: 'a', text: 'typing' });
    expect(heardOf(ann)).toEqual([]);
  });

  test('ends with the session, with the subscription, or when the device says so', async () => {
    const gateway = await world.gateway();
    const watcher = gateway.device('w');
    await watcher.follow();
    const leave: Record<string, (device: TestDevice) => void> = {
      gone: (device) => device.hangUp(),
      unsubscribed: (device) => device.send({ kind: 'unsubscribe', space: HOME }),
      hidden: (device) => device.send(show('', 'offline')),
    };
    for (const [name, how] of Object.entries(leave)) {
      const device = gateway.device(name);
      await device.follow();
      device.send(show('here'));
      await eventually(() => expect(heardOf(watcher)).toContain(`${name} online here`));
      how(device);
      await eventually(() => expect(heardOf(watcher)).toContain(`${name} offline here`));
    }
    expect(await world.presence.roster(HOME_KEY)).toEqual([]);
  });

  test('is shown again before it lapses, for as long as the session lasts', async () => {
    const gateway = await world.gateway({}, { presenceMs: 90 });
    const [device, watcher] = [gateway.device('d'), gateway.device('w')];
    await watcher.follow();
    await device.follow();
    device.send(show('here'));
    await eventually(() => expect(heardOf(watcher).length).toBeGreaterThan(5));
    expect(heardOf(watcher)).not.toContain('d offline here');
  });

  test('is nothing for devices that did not ask for it, and refused where they have not subscribed', async () => {
    const gateway = await world.gateway();
    const plain = gateway.device('p');
    plain.hello({ capabilities: [] });
    plain.send(subscribeTo());
    await plain.next('checkpoint');
    const device = gateway.device('d');
    device.hello();
    await device.next('welcome');
    device.send(show('early'));
    expect(await device.next('refusal')).toMatchObject({ refusal: { reason: 'NOT_SUBSCRIBED' } });
    await device.follow();
    device.send(show('here'), pushOf([create(1)]));
    await plain.next('checkpoint');
    expect(heardOf(plain)).toEqual([]);
  });

  test('of whoever never stops showing it is told now and then, in its last form', async () => {
    const shown = { texts: [] as string[] };
    const gateway = await world.gateway({
      presence: {
        ...world.presence,
        show: (key, present, ms) => {
          shown.texts.push(present.text);
          return world.presence.show(key, present, ms);
        },
      },
    });
    const [device, watcher] = [gateway.device('d'), gateway.device('w')];
    await watcher.follow();
    await device.follow();
    for (let each = 1; each <= 2_000; each++) device.send(show(`${each}`));
    await eventually(() => expect(heardOf(watcher)).toContain('d online 2000'));
    expect(shown.texts.length).toBeLessThan(200);
  });

  test('costs nobody anything when it cannot be reached', async () => {
    const down = () => Promise.reject(new Error('presence is down'));
    const gateway = await world.gateway({
      presence: { show: down, leave: down, roster: down, listen: () => () => undefined },
    });
    const device = gateway.device('d');
    await device.follow();
    device.send(show('here'), pushOf([create(1)]));
    await device.next('outcomes');
    expect(await gateway.metric('degraded_total{part="presence"}')).toBeGreaterThan(0);
  });
});
