import { type DeviceId, type DeviceMessage, hlcTime, type Hello, type ServerMessage } from '@syncline/core';
import { change, eventually } from '@syncline/port-contracts';
import { DeviceMessage as ProtoDeviceMessage, ServerMessage as ProtoServerMessage } from '@syncline/proto';
import {
  deviceMessageToBytes,
  deviceMessageToProto,
  serverMessageFromBytes,
  serverMessageFromProto,
} from '@syncline/wire';
import { type ClientOptions, WebSocket } from 'ws';
import { subscribeTo } from '../gateway.test-fixtures';
import {
  callWorld,
  type CallWorld,
  type CallWorldGiven,
  HOME,
  HOME_KEY,
  OWNER,
} from '../unary/call-world.test-fixtures';
import { serve, type Served, type ServedGiven } from '../unary/served.test-fixtures';

const open: { served?: Served; readonly sockets: WebSocket[] } = { sockets: [] };

async function begin(given: CallWorldGiven = {}, more: ServedGiven = {}): Promise<CallWorld> {
  const world = await callWorld(given);
  open.served = await serve(world, more);
  return world;
}

afterEach(async () => {
  for (const socket of open.sockets.splice(0)) socket.terminate();
  await open.served?.close();
  delete open.served;
});

const SESSION = '/syncline.v1.SyncService/Session';

const hello = (given: Partial<Hello> = {}): Hello => ({
  kind: 'hello',
  protocol: { min: 1, max: 1 },
  capabilities: [],
  tenant: null,
  device: 'd1' as DeviceId,
  info: { name: '', platform: '', appVersion: '', link: 'unknown', batteryPercent: null },
  token: 'token-of-ann',
  clock: hlcTime(Date.UTC(2026, 0, 1)),
  schemaVersions: new Map(),
  resume: null,
  ...given,
});

const SUBSCRIBE = subscribeTo();

type Form = 'binary' | 'text';

/** A device on a WebSocket, in either form. */
async function connected(form: Form, options: ClientOptions = {}, path = SESSION) {
  const socket = new WebSocket(`ws://${open.served!.httpAddress}${path}`, options);
  open.sockets.push(socket);
  const heard: ServerMessage[] = [];
  const frames: Form[] = [];
  const ended: { code?: number; reason?: string; status?: number } = {};
  socket.on('message', (data: Buffer, isBinary) => {
    frames.push(isBinary ? 'binary' : 'text');
    const read = isBinary
      ? serverMessageFromBytes(data)
      : serverMessageFromProto(ProtoServerMessage.fromJSON(JSON.parse(data.toString())));
    if (!read.ok) throw new Error('the server said something that cannot be read');
    heard.push(read.value);
  });
  socket.on('close', (code, reason) => Object.assign(ended, { code, reason: reason.toString() }));
  socket.on('unexpected-response', (_, response) => {
    ended.status = response.statusCode ?? 0;
    socket.terminate();
  });
  socket.on('error', () => undefined);
  await eventually(() => expect(socket.readyState !== WebSocket.CONNECTING).toBe(true));
  return {
    socket,
    heard,
    frames,
    ended,
    say(message: DeviceMessage, as: Form = form) {
      if (as === 'binary') socket.send(deviceMessageToBytes(message));
      else socket.send(JSON.stringify(ProtoDeviceMessage.toJSON(deviceMessageToProto(message))));
    },
    hears: (kind: ServerMessage['kind'], count = 1) =>
      eventually(() => {
        const found = heard.filter((each) => each.kind === kind);
        expect(found.length).toBeGreaterThanOrEqual(count);
        return found[count - 1]!;
      }),
    closes: () =>
      eventually(() => {
        expect(ended.code).toBeDefined();
        return ended;
      }),
  };
}

const push = (id: string, number: number): DeviceMessage => ({
  kind: 'push',
  space: HOME,
  changes: [{ ...change.create(id, { id }), number }],
});

describe.each(['binary', 'text'] as const)('a session over a WebSocket in %s frames', (form) => {
  test('goes from the first word to the last', async () => {
    const world = await begin();
    const device = await connected(form);
    device.say(hello());
    device.say(SUBSCRIBE);
    expect(await device.hears('welcome')).toMatchObject({ user: 'ann', tenant: 'acme' });
    expect(await device.hears('subscribed')).toMatchObject({ space: 'home', epoch: 1 });
    await device.hears('checkpoint');
    device.say(push('a', 1));
    expect(await device.hears('outcomes')).toMatchObject({ outcomes: [{ status: 'APPLIED', version: 1 }] });
    const checkpoint = await device.hears('checkpoint', 2);
    expect(await device.hears('page')).toMatchObject({ entries: [{ kind: 'put', record: { id: 'a' } }] });
    expect(new Set(device.frames)).toEqual(new Set([form]));
    if (checkpoint.kind !== 'checkpoint') throw new TypeError('this is no checkpoint');
    device.say({ kind: 'ack', space: HOME, cursor: checkpoint.cursor });
    await eventually(async () =>
      expect(await world.store.devices(HOME_KEY)).toMatchObject([{ device: 'd1', acknowledged: 1 }]),
    );
    device.say({ kind: 'goodbye' });
    expect(await device.closes()).toMatchObject({ code: 1000 });
    await eventually(() => expect(open.served!.sessions()).toBe(0));
  });

  test('two devices hear of each other', async () => {
    await begin();
    const [left, right] = [await connected(form), await connected('binary')];
    left.say(hello());
    right.say(hello({ device: 'd2' as DeviceId, token: 'token-of-bob' }));
    for (const each of [left, right]) {
      each.say(SUBSCRIBE, each === left ? form : 'binary');
      await each.hears('checkpoint');
    }
    left.say(push('a', 1));
    expect(await right.hears('page')).toMatchObject({ entries: [{ kind: 'put', record: { id: 'a' } }] });
  });

  test('a forged token ends it, with the reason in the code and the text', async () => {
    await begin();
    const device = await connected(form);
    device.say(hello({ token: 'forged' }));
    expect(await device.hears('refusal')).toMatchObject({
      closing: true,
      refusal: { reason: 'UNAUTHENTICATED' },
    });
    expect(await device.closes()).toMatchObject({ code: 4401, reason: 'UNAUTHENTICATED' });
  });

  test('a message over the limit is refused as what it is', async () => {
    await begin({ limits: { messageBytesMax: 1_000 } });
    const device = await connected(form);
    device.say(hello({ token: 'x'.repeat(1_100) }));
    expect(await device.hears('refusal')).toMatchObject({ refusal: { reason: 'MESSAGE_TOO_LARGE' } });
    expect(await device.closes()).toMatchObject({ code: 1009, reason: 'MESSAGE_TOO_LARGE' });
  });

  test('a frame far over the limit is not even read', async () => {
    await begin({ limits: { messageBytesMax: 1_000 } });
    const device = await connected(form);
    device.say(hello({ token: 'x'.repeat(10_000) }));
    expect(await device.closes()).toMatchObject({ code: 1009 });
    await eventually(() => expect(open.served!.sessions()).toBe(0));
  });
});

describe('a WebSocket', () => {
  test('may bring its token in a header', async () => {
    await begin();
    const device = await connected('binary', { headers: { authorization: 'Bearer token-of-ann' } });
    device.say(hello({ token: '' }));
    expect(await device.hears('welcome')).toMatchObject({ user: 'ann' });
  });

  test('stays with the form of its first frame', async () => {
    await begin();
    const device = await connected('text');
    device.say(hello());
    await device.hears('welcome');
    device.say(SUBSCRIBE, 'binary');
    expect(await device.hears('refusal')).toMatchObject({ refusal: { reason: 'INVALID_ARGUMENT' } });
    expect(await device.closes()).toMatchObject({ code: 4400, reason: 'INVALID_ARGUMENT' });
    expect(new Set(device.frames)).toEqual(new Set(['text']));
  });

  test.each([
    ['no JSON', '{"hello":'],
    ['JSON of no message', '{"hello": {"device": 5}}'],
    ['a list', '[]'],
    ['a number that no field holds', '{"hello": {"protocolMin": -1}}'],
    ['an infinite number', '{"hello": {"protocolMin": 1e999}}'],
    ['a number beyond 64 bits', '{"hello": {"deviceTimeMs": 1e300}}'],
    ['a number that is not whole, in a map', '{"hello": {"schemaVersions": {"__proto__": 0.5}}}'],
  ])('that says %s in text is refused', async (_, text) => {
    await begin();
    const device = await connected('text');
    device.socket.send(text);
    expect(await device.hears('refusal')).toMatchObject({ refusal: { reason: 'INVALID_ARGUMENT' } });
    expect(await device.closes()).toMatchObject({ code: 4400 });
  });

  test.each(['binary', 'text'] as const)(
    'whose first %s frame is no Hello by its size is closed',
    async (form) => {
      await begin();
      const device = await connected(form);
      device.say(hello({ token: 'x'.repeat(300 * 1024) }));
      expect(await device.hears('refusal')).toMatchObject({
        refusal: { reason: 'MESSAGE_TOO_LARGE', facts: { limit: 'hello_bytes_max', allowed: '65536' } },
      });
      expect(await device.closes()).toMatchObject({ code: 1009 });
    },
  );

  test('whose text is not UTF-8 is closed', async () => {
    await begin();
    const device = await connected('text');
    device.socket.send(Buffer.from([0x7b, 0xff, 0x7d]), { binary: false });
    expect(await device.closes()).toMatchObject({ code: 1007 });
    await eventually(() => expect(open.served!.sessions()).toBe(0));
  });

  test('that says nothing meets the end of the time for Hello', async () => {
    await begin({ limits: { helloWithinMs: 50 }, timing: { tickMs: 10 } });
    const device = await connected('binary');
    expect(await device.closes()).toMatchObject({ code: expect.any(Number) as number });
    expect(device.heard).toMatchObject([{ kind: 'refusal', closing: true }]);
  });

  test('on another path is none', async () => {
    await begin();
    const device = await connected('binary', {}, '/syncline.v1.SyncService/Pull');
    expect(device.ended.status).toBe(404);
  });

  test('of a foreign page is refused, of the same host or an allowed one it is not', async () => {
    await begin({}, { origins: ['https://app.example.org'] });
    const from = (origin: string) => connected('binary', { origin });
    expect((await from('https://evil.example.org')).ended.status).toBe(403);
    for (const origin of ['https://app.example.org', `http://${open.served!.httpAddress}`]) {
      const device = await from(origin);
      device.say(hello());
      await device.hears('welcome');
    }
  });

  test('that does not answer pings is let go of', async () => {
    await begin({}, { httpLimits: { pingMs: 40 } });
    const device = await connected('binary', { autoPong: false });
    device.say(hello());
    await device.hears('welcome');
    expect(await device.closes()).toMatchObject({ code: 1006 });
    await eventually(() => expect(open.served!.sessions()).toBe(0));
  });

  test('that answers them stays', async () => {
    await begin({}, { httpLimits: { pingMs: 20 } });
    const device = await connected('binary');
    const pings = { count: 0 };
    device.socket.on('ping', () => void pings.count++);
    device.say(hello());
    await eventually(() => expect(pings.count).toBeGreaterThan(4));
    expect(device.ended).toEqual({});
    device.say(SUBSCRIBE);
    await device.hears('subscribed');
  });

  test('that is never read from is sent no more than a little, and then let go of', async () => {
    const timing = { tickMs: 20, slowConsumerMs: 150, lastWordsMs: 50 };
    const world = await begin({ timing, limits: { recordBytesMax: 2 ** 20 } });
    const payload = new Uint8Array(1_000_000).fill(120);
    for (let number = 1; number <= 40; number++)
      await world.deps.backends.push({
        space: HOME_KEY,
        push: {
          device: 'writer' as DeviceId,
          user: 'ann' as never,
          access: OWNER,
          changes: [{ ...change.create(`r${number}`, payload), number }],
        },
      });
    world.calls.length = 0;
    const device = await connected('binary');
    device.say(hello());
    device.say(SUBSCRIBE);
    device.socket.pause();
    await eventually(() => expect(open.served!.sessions()).toBe(1));
    await eventually(() => expect(open.served!.sessions()).toBe(0));
    expect(world.calls.filter((each) => each === 'read').length).toBeLessThan(30);
  });

  test('finds no way in once the server drains; who has a session goes on until the end', async () => {
    await begin();
    const device = await connected('binary');
    device.say(hello());
    await device.hears('welcome');
    open.served!.drainHttp();
    expect((await connected('binary')).ended.status).toBe(503);
    device.say(SUBSCRIBE);
    await device.hears('subscribed');
    await open.served!.close();
    expect(await device.closes()).toMatchObject({ code: 1001, reason: 'DRAINING' });
  });
});
