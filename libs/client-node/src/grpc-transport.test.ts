import { Metadata, Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import { type DeviceMessage, type Refusal, refusal, type ServerMessage } from '@syncline/core';
import { systemTimer } from '@syncline/memory';
import { eventually } from '@syncline/port-contracts';
import { deviceMessageFromBytes, refusalToStatus, serverMessageToBytes, statusToBytes } from '@syncline/wire';
import { grpcTransport, plaintext } from './grpc-transport';
import type { ConnectionEvents } from './transport';

type Call = ServerDuplexStream<Uint8Array, Uint8Array>;

interface TestServer {
  readonly address: string;
  readonly heard: DeviceMessage[];
  close(): void;
}

const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.forceShutdown();
});

async function serve(onMessage: (call: Call, message: DeviceMessage) => void): Promise<TestServer> {
  const server = new Server();
  open.push(server);
  const heard: DeviceMessage[] = [];
  const bytes = (value: Uint8Array): Buffer => Buffer.from(value);
  const session = {
    path: '/syncline.v1.SyncService/Session',
    requestStream: true,
    responseStream: true,
    requestSerialize: bytes,
    requestDeserialize: (value: Buffer): Uint8Array => value,
    responseSerialize: bytes,
    responseDeserialize: (value: Buffer): Uint8Array => value,
  };
  server.addService(
    { session },
    {
      session: (call: Call) => {
        call.on('data', (data: Uint8Array) => {
          const message = deviceMessageFromBytes(data);
          if (!message.ok) throw new Error(message.refusal.message);
          heard.push(message.value);
          onMessage(call, message.value);
        });
        call.on('end', () => call.end());
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  );
  return { address: `127.0.0.1:${port}`, heard, close: () => server.forceShutdown() };
}

interface Told extends ConnectionEvents {
  readonly log: (string | ServerMessage)[];
  readonly refusals: (Refusal | null)[];
}

function listening(): Told {
  const log: Told['log'] = [];
  const refusals: Told['refusals'] = [];
  return {
    log,
    refusals,
    connected: () => void log.push('connected'),
    message: (message) => void log.push(message),
    ended(why) {
      log.push('ended');
      refusals.push(why);
    },
  };
}

const transportTo = (...addresses: string[]) =>
  grpcTransport({ addresses, credentials: plaintext(), timer: systemTimer() });

const unsubscribe = { kind: 'unsubscribe', space: 'home' } as DeviceMessage;
const notice: ServerMessage = { kind: 'notice', notice: 'rules-changed', inMs: 0 };

test('messages go both ways, and goodbye still arrives after the connection was closed', async () => {
  const server = await serve((call) => call.write(serverMessageToBytes(notice)));
  const told = listening();
  const connection = transportTo(server.address).connect(told);
  await eventually(() => expect(told.log).toEqual(['connected']));
  connection.send(unsubscribe);
  await eventually(() => expect(told.log).toEqual(['connected', notice]));
  connection.send({ kind: 'goodbye' });
  connection.close();
  await eventually(() => expect(server.heard).toEqual([unsubscribe, { kind: 'goodbye' }]));
  expect(told.log).toEqual(['connected', notice]);
});

test('an address that does not answer is passed over, and one that broke is left', async () => {
  const gone = await serve(() => undefined);
  gone.close();
  const first = await serve((call) => call.write(serverMessageToBytes(notice)));
  const second = await serve((call) => call.write(serverMessageToBytes(notice)));
  const transport = transportTo(gone.address, first.address, second.address);
  const told = listening();
  transport.connect(told);
  await eventually(() => expect(told.log).toEqual(['connected']));
  first.close();
  await eventually(() => expect(told.refusals).toEqual([null]));
  const again = listening();
  const connection = transport.connect(again);
  await eventually(() => expect(again.log).toEqual(['connected']));
  connection.send(unsubscribe);
  await eventually(() => expect(second.heard).toEqual([unsubscribe]));
  connection.cut();
});

test('a server that nobody answers for ends the connection without a reason', async () => {
  const gone = await serve(() => undefined);
  gone.close();
  const told = listening();
  transportTo(gone.address).connect(told);
  await eventually(() => expect(told.log).toEqual(['ended']));
  expect(told.refusals).toEqual([null]);
});

test('the reason of the end is read from its status, after all that was said before', async () => {
  const why = refusal('DEVICE_REVOKED');
  const server = await serve((call) => {
    for (let n = 0; n < 50; n++) call.write(serverMessageToBytes(notice));
    const metadata = new Metadata();
    const status = refusalToStatus(why);
    metadata.set('grpc-status-details-bin', Buffer.from(statusToBytes(status)));
    call.emit('error', { code: status.code, details: status.message, metadata });
  });
  const told = listening();
  const connection = transportTo(server.address).connect(told);
  await eventually(() => expect(told.log).toEqual(['connected']));
  connection.send(unsubscribe);
  await eventually(() => expect(told.refusals).toEqual([why]));
  expect(told.log.filter((entry) => entry === notice || typeof entry === 'object')).toHaveLength(50);
});

test('what cannot be read ends the connection', async () => {
  const server = await serve((call) => call.write(Buffer.from([0xff, 0xff])));
  const told = listening();
  const connection = transportTo(server.address).connect(told);
  await eventually(() => expect(told.log).toEqual(['connected']));
  connection.send(unsubscribe);
  await eventually(() => expect(told.refusals.map((why) => why?.reason)).toEqual(['CORRUPTION']));
});
