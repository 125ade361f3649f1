import { connect } from 'node:http2';
import { type DeviceMessage, deviceId, hlcTime, refusal, spaceId, type TenantId } from '@syncline/core';
import { DeviceMessage as ProtoMessage } from '@syncline/proto';
import { eventually, gate } from '@syncline/port-contracts';
import type { Tokens } from '@syncline/ports';
import { deviceMessageToBytes, deviceMessageToProto, encode, serverMessageFromBytes } from '@syncline/wire';
import {
  clock,
  create,
  HOME,
  HOME_KEY,
  identityOf,
  pushOf,
  subscribeTo,
  type TestDevice,
  type TestGateway,
  type TestWorld,
  testWorld,
  WORK,
} from './gateway.test-fixtures';

// A gateway for each test, on a machine that may have other work to do.
const LIMITS = {
  messageBytesMax: 64 * 1024,
  helloWithinMs: 1_000,
  pushChangesMax: 3,
  recordBytesMax: 16 * 1024,
};

describe('bad input', () => {
  let world: TestWorld;
  let gateway: TestGateway;
  beforeAll(async () => {
    world = await testWorld(LIMITS);
    gateway = await world.gateway();
  });
  afterAll(() => world.close());

  const opened = async (name: string): Promise<TestDevice> => {
    const device = gateway.device(name);
    await device.follow(HOME);
    return device;
  };

  /** The message says so, and so does the status of the stream. */
  const expectSentAway = async (device: TestDevice, reason: string): Promise<void> => {
    expect(await device.end()).toMatchObject({ reason });
    expect(device.heard.at(-1)).toMatchObject({ kind: 'refusal', refusal: { reason }, closing: true });
  };
  const expectRefusedOnly = async (device: TestDevice, reason: string): Promise<void> => {
    expect(await device.next('refusal')).toMatchObject({ refusal: { reason }, closing: false });
    device.send(subscribeTo(WORK));
    await device.next('checkpoint');
  };

  describe('that leaves nothing to rely on ends the session', () => {
    test('bytes that are no message', async () => {
      const device = await opened('bytes');
      device.sendBytes(new Uint8Array([0xff, 0xff, 0xff]));
      await expectSentAway(device, 'INVALID_ARGUMENT');
    });

    test('text that is not UTF-8', async () => {
      const device = await opened('utf8');
      const bytes = deviceMessageToBytes(subscribeTo(spaceId('zzzz')));
      bytes.set([0xc3, 0x28], Buffer.from(bytes).indexOf('zzzz'));
      device.sendBytes(bytes);
      await expectSentAway(device, 'INVALID_ARGUMENT');
    });

    test('a message over the limit', async () => {
      const device = await opened('large');
      device.send(pushOf([create(1, 'x'.repeat(LIMITS.messageBytesMax))]));
      await expectSentAway(device, 'MESSAGE_TOO_LARGE');
      expect(await device.end()).toMatchObject({ facts: { limit: 'message_bytes_max', allowed: '65536' } });
    });

    test('a message far over the limit, which is not even received', async () => {
      const device = await opened('larger');
      device.send(pushOf([create(1, 'x'.repeat(3 * LIMITS.messageBytesMax))]));
      expect(await device.end()).not.toBeNull();
    });

    test.each<[string, DeviceMessage]>([
      ['a Subscribe', subscribeTo()],
      ['a Push', pushOf([create(1)])],
      ['an Authenticate', { kind: 'authenticate', token: 'ann-token' }],
    ])('%s before Hello', async (_, message) => {
      const device = gateway.device('early');
      device.send(message);
      await expectSentAway(device, 'WRONG_ORDER');
    });

    test('a Hello that is larger than any needs to be', async () => {
      const large = await world.gateway({ limits: { ...world.limits, messageBytesMax: 4 * 1024 * 1024 } });
      const device = large.device('greeting');
      device.hello({ token: 'x'.repeat(300 * 1024) });
      await expectSentAway(device, 'MESSAGE_TOO_LARGE');
      expect(await device.end()).toMatchObject({ facts: { limit: 'hello_bytes_max' } });
    });

    test('too much behind Hello', async () => {
      const asked = gate();
      const verify: Tokens['verify'] = async (token, nowMs) => {
        await asked.opened;
        return world.tokens.verify(token, nowMs);
      };
      const slow = await world.gateway({
        tokens: { verify },
        limits: { ...world.limits, helloWithinMs: 60_000 },
      });
      const device = slow.device('eager');
      device.hello();
      for (let count = 0; count <= 128; count++) device.send({ kind: 'unsubscribe', space: HOME });
      await expectSentAway(device, 'WRONG_ORDER');
      asked.open();
    });

    test('no common version of the protocol', async () => {
      const device = gateway.device('old');
      device.hello({ protocol: { min: 7, max: 9 } });
      await expectSentAway(device, 'VERSION_MISMATCH');
    });

    test('a malformed device id', async () => {
      const device = gateway.device('id');
      device.sendBytes(
        encode(ProtoMessage, {
          message: {
            $case: 'hello',
            hello: { ...helloProto(), device: { ...helloProto().device!, id: 'a\u0000b' } },
          },
        }),
      );
      await expectSentAway(device, 'INVALID_ID');
    });

    test('nothing at all, for as long as Hello may take', async () => {
      const device = gateway.device('silent');
      await expectSentAway(device, 'DEADLINE_EXCEEDED');
    });

    test('a message that comes a byte at a time', async () => {
      const session = connect(`http://${gateway.address.grpc}`);
      const stream = session.request({
        ':method': 'POST',
        ':path': '/syncline.v1.SyncService/Session',
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      const ended: { trailers?: Record<string, unknown> } = {};
      stream.on('trailers', (trailers: Record<string, unknown>) => {
        ended.trailers = trailers;
      });
      stream.on('error', () => undefined);
      stream.on('data', () => undefined);
      // A prefix that promises a hundred bytes, of which one comes.
      stream.write(Buffer.from([0, 0, 0, 0, 100, 1]));
      await eventually(() => expect(ended.trailers).toMatchObject({ 'grpc-status': '4' }));
      session.destroy();
    });
  });

  describe('of a token ends the session', () => {
    test.each<[string, string, string]>([
      ['forged', 'no-such-token', 'UNAUTHENTICATED'],
      ['missing', '', 'UNAUTHENTICATED'],
      ['expired', 'expired-token', 'AUTH_EXPIRED'],
      ['of another device', 'device-token', 'UNAUTHENTICATED'],
    ])('%s', async (_, token, reason) => {
      world.tokens.issue('expired-token', identityOf('ann', { expiresAtMs: 1 }));
      world.tokens.issue('device-token', identityOf('ann', { device: deviceId('elsewhere') }));
      const device = gateway.device('d', token);
      device.hello();
      await expectSentAway(device, reason);
    });

    test('of another tenant than Hello names', async () => {
      const device = gateway.device('tenant');
      device.hello({ tenant: 'other' as TenantId });
      await expectSentAway(device, 'UNAUTHENTICATED');
    });

    test('that ends while the session is open, after a notice', async () => {
      world.tokens.issue('short-token', identityOf('ann', { expiresAtMs: clock.nowMs() + 1_500 }));
      const device = gateway.device('short', 'short-token');
      await device.follow(HOME);
      expect(await device.next('notice')).toMatchObject({ notice: 'token-ends-soon' });
      await expectSentAway(device, 'AUTH_EXPIRED');
    });
  });

  describe('of a single message is refused, and the session goes on', () => {
    test('a second Hello', async () => {
      const device = await opened('twice');
      device.hello();
      await expectRefusedOnly(device, 'WRONG_ORDER');
    });

    test('a message of no known kind', async () => {
      const device = await opened('unknown');
      device.sendBytes(new Uint8Array());
      await expectRefusedOnly(device, 'UNKNOWN_MESSAGE');
    });

    test('a message with a field that must not be like that, named with its place', async () => {
      const device = await opened('field');
      const push = deviceMessageToProto(pushOf([create(1)])).message;
      if (push?.$case !== 'push') throw new TypeError('this is a push');
      push.push.space = 'a\u0000b';
      device.sendBytes(encode(ProtoMessage, { message: push }));
      const refused = await device.next('refusal');
      expect(refused).toMatchObject({ about: 'push', space: null, closing: false });
      expect(refused.refusal.violations).toMatchObject([{ field: 'push.space' }]);
    });

    test.each<[string, string, DeviceMessage]>([
      ['a space that does not exist', 'SPACE_NOT_FOUND', subscribeTo(spaceId('nowhere'))],
      ['a cursor that nobody issued', 'INVALID_CURSOR', subscribeTo(WORK, { cursor: new Uint8Array(40) })],
      ['a push to a space without a subscription', 'NOT_SUBSCRIBED', pushOf([create(1)], WORK)],
      ['more changes than a push may have', 'PUSH_TOO_LARGE', pushOf([1, 2, 3, 4].map((n) => create(n)))],
      ['a number that skips ahead', 'CHANGE_NUMBER_GAP', pushOf([create(7)])],
      [
        'a forged acknowledgement',
        'INVALID_CURSOR',
        { kind: 'ack', space: HOME, cursor: new Uint8Array(40).fill(9) },
      ],
    ])('%s', async (name, reason, message) => {
      const device = await opened(name);
      device.send(message);
      await expectRefusedOnly(device, reason);
    });

    test('a cursor of another space', async () => {
      const device = gateway.device('foreign');
      const { cursor } = await device.follow(HOME);
      device.send(subscribeTo(WORK, { cursor }));
      expect(await device.next('refusal')).toMatchObject({
        about: 'subscribe',
        refusal: refusal('INVALID_CURSOR'),
      });
    });

    test('a space of another tenant, which does not exist for this one', async () => {
      world.tokens.issue('foreign-token', identityOf('ann', { tenant: 'other' as TenantId }));
      const device = gateway.device('d', 'foreign-token');
      device.hello();
      device.send(subscribeTo(HOME));
      expect(await device.next('refusal')).toMatchObject({ refusal: { reason: 'SPACE_NOT_FOUND' } });
    });

    test('a number that was used for another change', async () => {
      const device = await opened('reused');
      device.send(pushOf([create(1, 'one')]));
      await device.next('outcomes');
      device.send(pushOf([create(1, 'another')]));
      const { outcomes } = await device.next('outcomes');
      expect(outcomes).toMatchObject([{ status: 'REJECTED', reason: 'CHANGE_NUMBER_REUSED' }]);
    });

    test('a record over the limit: the change alone is rejected', async () => {
      const device = await opened('record');
      device.send(pushOf([create(1, 'x'.repeat(LIMITS.recordBytesMax)), create(2)]));
      const { outcomes } = await device.next('outcomes');
      expect(outcomes).toMatchObject([
        { status: 'REJECTED', reason: 'RECORD_TOO_LARGE' },
        { status: 'APPLIED' },
      ]);
    });

    test('a payload that is not the JSON it should be: the change alone is rejected', async () => {
      await world.store.declare(HOME_KEY, {
        collection: 'forms' as never,
        policy: 'last-write-wins',
        rule: null,
        rulesVersion: 0,
        deletes: 'delete-wins',
        encrypted: false,
        json: true,
        schema: { current: 0, oldest: 0, steps: [] },
        jsonSchema: null,
        recordBytesMax: 0,
        history: { versionsMax: 0, keptMs: 0, classes: [] },
      });
      const device = await opened('json');
      device.send(
        pushOf([create(1, '', { collection: 'forms' as never, payload: Buffer.from('{"a":') }), create(2)]),
      );
      const { outcomes } = await device.next('outcomes');
      expect(outcomes).toMatchObject([
        { status: 'REJECTED', reason: 'INVALID_PAYLOAD' },
        { status: 'APPLIED' },
      ]);
    });
  });

  test('refusals are counted by their reason', async () => {
    expect(await gateway.metric('refusals_total{reason="WRONG_ORDER"}')).toBeGreaterThan(0);
  });

  test('a refusal reads the same for every client', async () => {
    const device = await opened('bytes-of-refusal');
    device.send({ kind: 'unsubscribe', space: WORK });
    await device.next('refusal');
    const message = serverMessageFromBytes(device.heardBytes.at(-1)!);
    expect(message).toMatchObject({ ok: true, value: { kind: 'refusal', space: WORK } });
  });
});

function helloProto() {
  const { message } = deviceMessageToProto({
    kind: 'hello',
    protocol: { min: 1, max: 1 },
    capabilities: [],
    tenant: null,
    device: deviceId('d'),
    info: { name: '', platform: '', appVersion: '', link: 'unknown', batteryPercent: null },
    token: '',
    clock: hlcTime(0, 0),
    schemaVersions: new Map(),
    resume: null,
  });
  if (message?.$case !== 'hello') throw new TypeError('this is a hello');
  return message.hello;
}
