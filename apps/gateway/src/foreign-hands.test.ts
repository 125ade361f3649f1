import {
  type CollectionRight,
  deviceId,
  spaceId,
  type SpaceKey,
  type TenantId,
  type UserId,
} from '@syncline/core';
import { eventually } from '@syncline/port-contracts';
import { Unavailable } from '@syncline/ports';
import { createLog } from '@syncline/telemetry';
import {
  create,
  HOME_KEY,
  identityOf,
  pushOf,
  subscribeTo,
  type TestGateway,
  type TestWorld,
  testWorld,
} from './gateway.test-fixtures';

// A gateway for each test, on a machine that may have other work to do.
const OTHER = 'other' as TenantId;

describe('in foreign hands', () => {
  let world: TestWorld;
  beforeEach(async () => {
    world = await testWorld();
  });
  afterEach(() => world.close());

  test('no way of writing a space leads into that of another tenant, nor to a member of the own', async () => {
    const gateway = await world.gateway();
    world.tokens.issue('other', identityOf('ann', { tenant: 'acm' as TenantId }));
    world.tokens.issue('nobody', identityOf('eve'));
    const ways = [
      'home',
      'acme/home',
      '../acme/home',
      '/home',
      'e/home',
      'HOME',
      'hоme',
      'home ',
      'home%00',
      '*',
      '%',
    ];
    for (const token of ['other', 'nobody']) {
      const device = gateway.device(`of-${token}`, token);
      device.hello();
      await device.next('welcome');
      for (const way of ways) {
        device.send(subscribeTo(spaceId(way)));
        expect(await device.next('refusal')).toMatchObject({ refusal: { reason: 'SPACE_NOT_FOUND' } });
      }
    }
  });

  test('a space whose id has the separator in it stays apart from all others', async () => {
    const gateway = await world.gateway();
    const inside = 'acme/home' as SpaceKey;
    const nested = `acme/${inside}` as SpaceKey;
    await world.store.createSpace(nested, null);
    await world.store.setAccess(nested, 'eve' as UserId, { role: 'owner', collections: new Map() });
    world.tokens.issue('eve', identityOf('eve'));
    const eve = gateway.device('e', 'eve');
    await eve.follow(spaceId(inside));
    eve.send(pushOf([create(1)], spaceId(inside)));
    expect(await eve.next('outcomes')).toMatchObject({ outcomes: [{ status: 'APPLIED', version: 1 }] });
    expect((await world.store.state(HOME_KEY))?.head).toBe(0);
  });

  test('a device that may see some collections hears nothing of the others, live or later', async () => {
    const gateway = await world.gateway();
    const rights = new Map<string, CollectionRight>([['secrets', 'none']]);
    await world.store.setAccess(HOME_KEY, 'eve' as UserId, { role: 'editor', collections: rights as never });
    world.tokens.issue('eve', identityOf('eve'));
    const [ann, eve] = [gateway.device('a'), gateway.device('e', 'eve')];
    await ann.follow();
    await eve.follow();
    const secret = { collection: 'secrets' as never, id: 'HIDDEN-ID' as never };
    ann.send(pushOf([create(1, 'HIDDEN-TEXT', secret), create(2, 'shown')]));
    await ann.next('outcomes');
    ann.send(pushOf([create(3, 'HIDDEN-TOO', secret)]));
    await ann.next('outcomes');
    await eventually(() => expect(eve.heard.some((each) => each.kind === 'page')).toBe(true));
    eve.send(pushOf([create(1, 'mine', secret), create(2, 'seen', { resolves: ['secrets/a/3'] as never })]));
    expect(await eve.next('outcomes')).toMatchObject({
      outcomes: [{ status: 'REJECTED', reason: 'PERMISSION_DENIED', record: null, conflict: null }, {}],
    });
    const late = gateway.device('l', 'eve');
    await late.follow();
    for (const device of [eve, late]) {
      const bytes = Buffer.concat(device.heardBytes);
      expect(bytes.includes('HIDDEN')).toBe(false);
      expect(
        device.heard.flatMap((each) => (each.kind === 'checkpoint' ? [...each.digests.keys()] : [])),
      ).not.toContain('secrets');
    }
  });

  test('a token of one device opens no other, and no other tenant can use its name', async () => {
    const gateway = await world.gateway();
    world.tokens.issue('bound', identityOf('ann', { device: deviceId('phone') }));
    world.tokens.issue('other', identityOf('ann', { tenant: OTHER }));
    const thief = gateway.device('laptop', 'bound');
    thief.hello();
    expect(await thief.end()).toMatchObject({ reason: 'UNAUTHENTICATED' });
    const good = gateway.device('laptop');
    await good.follow();
    good.send({ kind: 'authenticate', token: 'bound' });
    expect(await good.next('refusal')).toMatchObject({
      refusal: { reason: 'UNAUTHENTICATED' },
      closing: false,
    });
    const namesake = gateway.device('laptop', 'other');
    namesake.hello();
    await namesake.next('welcome');
    await world.store.revoke({ tenant: OTHER, device: deviceId('laptop') });
    expect(await namesake.end()).toMatchObject({ reason: 'DEVICE_REVOKED' });
    good.send(pushOf([create(1)]));
    await good.next('outcomes');
  });

  test('what is said in confidence is in no log and in no refusal', async () => {
    const lines: string[] = [];
    const log = createLog({ level: 'debug', name: 'gateway', write: (line) => void lines.push(line) });
    const faulty: TestGateway = await world.gateway({
      log,
      backends: {
        ...world.backends,
        push: ({ push }) =>
          Promise.reject(
            push.changes.length > 1
              ? new Unavailable('merge', { cause: new Error('Bearer HIDDEN.HIDDEN.HIDDEN') })
              : new TypeError('postgres://syncline:HIDDEN@db/x'),
          ),
      },
    });
    const forged = faulty.device('d', 'HIDDEN-token');
    forged.hello({ token: 'HIDDEN-in-hello' });
    expect(await forged.end()).toMatchObject({ reason: 'UNAUTHENTICATED' });
    const device = faulty.device('line\u2028break');
    await device.follow();
    device.send(pushOf([create(1, 'HIDDEN-payload')]));
    expect(await device.next('refusal')).toMatchObject({
      refusal: { reason: 'INTERNAL', message: expect.not.stringContaining('postgres') as string },
    });
    device.send(pushOf([create(1, 'HIDDEN'), create(2, 'HIDDEN')]));
    expect(await device.next('refusal')).toMatchObject({ refusal: { reason: 'UNAVAILABLE' } });
    device.send({ kind: 'authenticate', token: 'HIDDEN-fresh' });
    expect(await device.next('refusal')).toMatchObject({ refusal: { reason: 'UNAUTHENTICATED' } });
    device.send({ kind: 'goodbye' });
    await eventually(() => expect(faulty.sessions()).toBe(0));
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines) expect(line.trimEnd()).not.toContain('\n');
    expect(lines.join('')).not.toContain('HIDDEN');
    expect(Buffer.concat([...forged.heardBytes, ...device.heardBytes]).includes('HIDDEN')).toBe(false);
  });

  test('names of any kind become no label of a metric', async () => {
    const gateway = await world.gateway();
    const before = await gateway.metric('messages_received_total{kind="subscribe"}');
    const device = gateway.device('label"}\\n');
    device.hello();
    await device.next('welcome');
    for (let each = 0; each < 50; each++) device.send(subscribeTo(spaceId(`label-${each}`)));
    await eventually(() => expect(device.heard.filter(({ kind }) => kind === 'refusal')).toHaveLength(50));
    expect(await gateway.metric('messages_received_total{kind="subscribe"}')).toBe(before + 50);
    expect(await gateway.metric('refusals_total{reason="SPACE_NOT_FOUND"}')).toBe(50);
  });
});
