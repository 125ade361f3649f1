import type { Access, SpaceId, UserId } from '@syncline/core';
import { eventually } from '@syncline/port-contracts';
import type { AccessChange } from '@syncline/ports';
import {
  create,
  HOME,
  HOME_KEY,
  identityOf,
  OWNER,
  pushOf,
  TENANT,
  type TestDevice,
  type TestGateway,
  type TestWorld,
  testWorld,
  WORK,
} from './gateway.test-fixtures';

// A gateway for each test, on a machine that may have other work to do.
const BOB = 'bob' as UserId;
const READER: Access = { role: 'reader', collections: new Map() };
const NO_SECRETS: Access = { role: 'owner', collections: new Map([['secrets' as never, 'none']]) };

describe('rights that change while a session is open', () => {
  let world: TestWorld;
  beforeEach(async () => {
    world = await testWorld();
  });
  afterEach(() => world.close());

  /** With the news of it, and with the news lost, where only looking finds out. */
  const gateways = ['told', 'lost'] as const;
  const gatewayThat = (news: (typeof gateways)[number]): Promise<TestGateway> => {
    const { store } = world;
    const deaf = { ...store, onAccessChange: (_listener: (change: AccessChange) => void) => () => undefined };
    return world.gateway({ store: news === 'told' ? store : deaf });
  };

  const expectRefusedIn = (device: TestDevice, space: SpaceId) =>
    eventually(() => {
      const found = device.heard.find((message) => message.kind === 'refusal' && message.space === space);
      expect(found).toMatchObject({ refusal: { reason: 'PERMISSION_DENIED' }, closing: false });
    });

  describe.each(gateways)('with the news %s', (news) => {
    test('a member who is removed hears nothing more of the space, and goes on with others', async () => {
      const gateway = await gatewayThat(news);
      const [ann, bob] = [gateway.device('a'), gateway.device('b', 'bob-token')];
      await ann.follow();
      await bob.follow(HOME);
      await bob.follow(WORK);
      await world.store.setAccess(HOME_KEY, BOB, null);
      await expectRefusedIn(bob, HOME);
      ann.send(pushOf([create(1)]));
      await ann.next('outcomes');
      bob.send(pushOf([create(1)], HOME), pushOf([create(1)], WORK));
      expect(await bob.next('outcomes')).toMatchObject({ space: WORK });
      expect(bob.heard.filter((message) => message.kind === 'page' && message.space === HOME)).toEqual([]);
    });

    test('a device that is revoked is sent away', async () => {
      const gateway = await gatewayThat(news);
      const [lost, kept] = [gateway.device('lost'), gateway.device('kept')];
      await lost.follow();
      await kept.follow();
      await world.store.revoke({ tenant: TENANT, device: 'lost' as never });
      expect(await lost.end()).toMatchObject({ reason: 'DEVICE_REVOKED' });
      kept.send(pushOf([create(1)]));
      await kept.next('outcomes');
      const again = gateway.device('lost');
      again.hello();
      expect(await again.end()).toMatchObject({ reason: 'DEVICE_REVOKED' });
    });

    test('a member who may only read from now on is refused what they push', async () => {
      const gateway = await gatewayThat(news);
      const bob = gateway.device('b', 'bob-token');
      await bob.follow();
      await world.store.setAccess(HOME_KEY, BOB, READER);
      const number = { next: 1 };
      await eventually(async () => {
        bob.send(pushOf([create(number.next, 'x', { id: `n${number.next}` as never })]));
        number.next++;
        const { outcomes } = await bob.next('outcomes');
        expect(outcomes).toMatchObject([{ status: 'REJECTED', reason: 'PERMISSION_DENIED' }]);
      });
    });

    test('a member who may read less starts over', async () => {
      const gateway = await gatewayThat(news);
      const bob = gateway.device('b', 'bob-token');
      await bob.follow();
      await world.store.setAccess(HOME_KEY, BOB, NO_SECRETS);
      expect(await bob.next('reset')).toMatchObject({ space: HOME, refusal: { reason: 'ACCESS_CHANGED' } });
      await bob.next('checkpoint');
    });
  });

  test('do not concern a session whose token grants the space', async () => {
    world.tokens.issue('granted', identityOf('bob', { grants: new Map([[HOME, OWNER]]) }));
    const gateway = await world.gateway();
    const bob = gateway.device('b', 'granted');
    const member = gateway.device('m', 'bob-token');
    await bob.follow(HOME);
    await member.follow(HOME);
    await world.store.setAccess(HOME_KEY, BOB, null);
    await expectRefusedIn(member, HOME);
    // A look at the heads later, the table has been asked again for whom it concerns.
    await world.store.setAccess(HOME_KEY, 'someone' as UserId, READER);
    bob.send(pushOf([create(1)]));
    expect(await bob.next('outcomes')).toMatchObject({ outcomes: [{ status: 'APPLIED' }] });
    expect(bob.heard.filter(({ kind }) => kind === 'refusal')).toEqual([]);
  });

  describe('by a fresh token', () => {
    const opened = async (gateway: TestGateway): Promise<TestDevice> => {
      world.tokens.issue(
        'wide',
        identityOf('carl', { grants: new Map([[HOME, OWNER] as const, [WORK, OWNER] as const]) }),
      );
      const device = gateway.device('c', 'wide');
      await device.follow(HOME);
      await device.follow(WORK);
      return device;
    };

    test('that no longer grants a space, which its user is no member of', async () => {
      const gateway = await world.gateway();
      const device = await opened(gateway);
      world.tokens.issue('narrow', identityOf('carl', { grants: new Map([[WORK, OWNER]]) }));
      device.send({ kind: 'authenticate', token: 'narrow' });
      await device.next('authenticated');
      await expectRefusedIn(device, HOME);
      device.send(pushOf([create(1)], WORK));
      await device.next('outcomes');
    });

    test('that grants to read only, or less to read', async () => {
      const gateway = await world.gateway();
      const device = await opened(gateway);
      world.tokens.issue(
        'less',
        identityOf('carl', { grants: new Map([[HOME, READER] as const, [WORK, NO_SECRETS] as const]) }),
      );
      device.send({ kind: 'authenticate', token: 'less' });
      await device.next('authenticated');
      expect(await device.next('reset')).toMatchObject({
        space: WORK,
        refusal: { reason: 'ACCESS_CHANGED' },
      });
      device.send(pushOf([create(1)]));
      expect(await device.next('outcomes')).toMatchObject({
        outcomes: [{ status: 'REJECTED', reason: 'PERMISSION_DENIED' }],
      });
    });

    test('that leaves it to the table, where the user is a member', async () => {
      await world.store.setAccess(HOME_KEY, 'carl' as UserId, READER);
      const gateway = await world.gateway();
      const device = await opened(gateway);
      world.tokens.issue('bare', identityOf('carl'));
      device.send({ kind: 'authenticate', token: 'bare' });
      await device.next('authenticated');
      await expectRefusedIn(device, WORK);
      device.send(pushOf([create(1)]));
      expect(await device.next('outcomes')).toMatchObject({ outcomes: [{ status: 'REJECTED' }] });
      // From now on the table's changes concern it.
      await world.store.setAccess(HOME_KEY, 'carl' as UserId, null);
      await expectRefusedIn(device, HOME);
    });

    test('of another user, which ends the session', async () => {
      const gateway = await world.gateway();
      const device = await opened(gateway);
      device.send({ kind: 'authenticate', token: 'ann-token' });
      expect(await device.end()).toMatchObject({ reason: 'UNAUTHENTICATED' });
    });

    test('that is none: the session goes on with the one before', async () => {
      const gateway = await world.gateway();
      const device = await opened(gateway);
      device.send({ kind: 'authenticate', token: 'forged' }, pushOf([create(1)]));
      expect(await device.next('refusal')).toMatchObject({ about: 'authenticate', closing: false });
      await device.next('outcomes');
    });
  });

  test('a space that is gone is closed', async () => {
    const gone = { is: false };
    const gateway = await world.gateway({
      store: {
        ...world.store,
        heads: async (spaces) => {
          const heads = await world.store.heads(spaces);
          return gone.is ? new Map([...heads].filter(([key]) => key !== HOME_KEY)) : heads;
        },
      },
    });
    const device = gateway.device('d');
    await device.follow(HOME);
    await device.follow(WORK);
    gone.is = true;
    await expectRefusedIn(device, HOME);
    device.send(pushOf([create(1)], WORK));
    await device.next('outcomes');
  });
});
