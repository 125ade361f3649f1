import { type DeviceId, refusal, type ServerMessage } from '@syncline/core';
import { eventually } from '@syncline/port-contracts';
import { DeviceMessage } from '@syncline/proto';
import {
  deviceMessageToBytes,
  type Signed,
  signedFromServer,
  serverMessageFromBytes,
  signedToDeviceMessage,
} from '@syncline/wire';
import { WebSocket } from 'ws';
import { subscribeTo } from '../gateway.test-fixtures';
import { callWorld, HOME, TENANT } from '../unary/call-world.test-fixtures';
import { serve, type Served } from '../unary/served.test-fixtures';
import { isMessageCode, messageCode } from './message-code';

const open: { served?: Served; readonly sockets: WebSocket[] } = { sockets: [] };

afterEach(async () => {
  for (const socket of open.sockets.splice(0)) socket.terminate();
  await open.served?.close();
  delete open.served;
});

const KEY = { id: 'key-1', bytes: new Uint8Array(32).fill(9) };
const D1 = { tenant: TENANT, device: 'd1' as DeviceId };

const hello = (given: object = {}): Uint8Array =>
  DeviceMessage.encode(
    DeviceMessage.fromPartial({
      message: {
        $case: 'hello',
        hello: {
          protocolMin: 1,
          protocolMax: 1,
          device: { id: 'd1' },
          token: 'token-of-ann',
          capabilities: ['integrity'],
          integrityKeyId: KEY.id,
          ...given,
        },
      },
    }),
  ).finish();

const SUBSCRIBE = deviceMessageToBytes(subscribeTo());

async function begin() {
  const world = await callWorld();
  await world.store.registerDevice({
    device: D1,
    user: 'ann' as never,
    nowMs: 1,
    seen: null,
    devicesMax: null,
    name: '',
    platform: '',
    appVersion: '',
    client: '',
  });
  await world.store.putIntegrityKey(D1, KEY);
  open.served = await serve(world);
  const socket = new WebSocket(`ws://${open.served.httpAddress}/syncline.v1.SyncService/Session`);
  open.sockets.push(socket);
  const heard: ServerMessage[] = [];
  const signed: (Signed | null)[] = [];
  const state = { sent: 0 };
  socket.on('message', (data: Buffer) => {
    const read = signedFromServer(data);
    if (!read.ok) throw new Error('the server said something that cannot be read');
    signed.push(read.value);
    const message = serverMessageFromBytes(read.value?.message ?? data);
    if (message.ok) heard.push(message.value);
  });
  socket.on('error', () => undefined);
  await eventually(() => expect(socket.readyState).toBe(WebSocket.OPEN));
  return {
    socket,
    heard,
    signed,
    /** Signs and sends; what is given takes the place of what would be right. */
    say(message: Uint8Array, given: Partial<Signed & { session: string; key: Uint8Array }> = {}) {
      const sequence = given.sequence ?? ++state.sent;
      const place = { signer: 'device', session: given.session ?? '', sequence } as const;
      const mac = given.mac ?? messageCode(given.key ?? KEY.bytes, place, message);
      socket.send(signedToDeviceMessage({ message, keyId: given.keyId ?? KEY.id, sequence, mac }));
    },
    hears: (kind: ServerMessage['kind']) =>
      eventually(() => {
        const found = heard.find((each) => each.kind === kind);
        expect(found).toBeDefined();
        return found!;
      }),
  };
}

const refused = async (device: Awaited<ReturnType<typeof begin>>) => {
  const message = await device.hears('refusal');
  return message.kind === 'refusal' ? message : { refusal: refusal('INTERNAL'), closing: false };
};

test('both sides sign everything, each counting its own messages', async () => {
  const device = await begin();
  device.say(hello());
  // It cannot know the session yet, and need not wait for it.
  device.say(SUBSCRIBE);
  const welcome = await device.hears('welcome');
  if (welcome.kind !== 'welcome') throw new TypeError('this is no Welcome');
  expect(welcome.agreed.capabilities).toEqual(['integrity']);
  await device.hears('checkpoint');
  const { session } = welcome;
  device.signed.forEach((each, index) => {
    const place = { signer: 'server', session, sequence: index + 1 } as const;
    expect(each).toMatchObject({ keyId: KEY.id, sequence: index + 1 });
    expect(isMessageCode(each!.mac, KEY.bytes, place, each!.message)).toBe(true);
  });
  device.say(deviceMessageToBytes({ kind: 'unsubscribe', space: HOME }), { session });
  device.say(deviceMessageToBytes({ kind: 'goodbye' }), { session });
  await eventually(() => expect(open.served!.sessions()).toBe(0));
  expect(device.heard.some(({ kind }) => kind === 'refusal')).toBe(false);
});

test.each([
  ['another key', { key: new Uint8Array(32) }, 'CORRUPTION'],
  ['a code of nothing', { mac: new Uint8Array(32) }, 'CORRUPTION'],
  ['a code for another session', { session: 'other' }, 'CORRUPTION'],
  ['a name of a key that is not that of Hello', { keyId: 'key-2' }, 'INVALID_ARGUMENT'],
  ['a number that skips ahead', { sequence: 3 }, 'WRONG_ORDER'],
  ['a number that came before', { sequence: 1 }, 'WRONG_ORDER'],
] as const)('a message with %s ends the session', async (_, given, reason) => {
  const device = await begin();
  device.say(hello());
  await device.hears('welcome');
  device.say(SUBSCRIBE, given);
  expect(await refused(device)).toMatchObject({ refusal: { reason }, closing: true });
  await eventually(() => expect(open.served!.sessions()).toBe(0));
});

test('a message without a code ends the session', async () => {
  const device = await begin();
  device.say(hello());
  await device.hears('welcome');
  device.socket.send(SUBSCRIBE);
  expect(await refused(device)).toMatchObject({ refusal: { reason: 'CAPABILITY_REQUIRED' }, closing: true });
});

test('once the device has named the session, it has to go on doing so', async () => {
  const device = await begin();
  device.say(hello());
  const welcome = await device.hears('welcome');
  device.say(SUBSCRIBE, welcome.kind === 'welcome' ? { session: welcome.session } : {});
  await device.hears('subscribed');
  device.say(SUBSCRIBE);
  expect(await refused(device)).toMatchObject({ refusal: { reason: 'CORRUPTION' } });
});

test.each([
  ['is not signed although it names a key', (say: Say) => say(null, hello()), 'CAPABILITY_REQUIRED'],
  ['is signed and names no key', (say: Say) => say({}, hello({ integrityKeyId: '' })), 'INVALID_ARGUMENT'],
  [
    'names a key that there is not',
    (say: Say) => say({ keyId: 'x' }, hello({ integrityKeyId: 'x' })),
    'KEY_NOT_FOUND',
  ],
  ['is of a device without a key', (say: Say) => say({}, hello({ device: { id: 'd2' } })), 'KEY_NOT_FOUND'],
  ['has a forged token', (say: Say) => say({}, hello({ token: 'forged' })), 'UNAUTHENTICATED'],
  ['has a wrong code', (say: Say) => say({ mac: new Uint8Array(32) }, hello()), 'CORRUPTION'],
  ['is another message', (say: Say) => say({}, SUBSCRIBE), 'WRONG_ORDER'],
] as const)('a Hello that %s is refused', async (_, send, reason) => {
  const device = await begin();
  send((given, message) => (given === null ? device.socket.send(message) : device.say(message, given)));
  expect(await refused(device)).toMatchObject({ refusal: { reason }, closing: true });
});

type Say = (given: Partial<Signed> | null, message: Uint8Array) => void;

test('who wants no codes is not bothered with them', async () => {
  const device = await begin();
  device.socket.send(hello({ integrityKeyId: '' }));
  device.socket.send(SUBSCRIBE);
  await device.hears('checkpoint');
  expect(device.signed.every((each) => each === null)).toBe(true);
});
