import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, constants } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  type ServerDuplexStream,
  type ServerUnaryCall,
  type sendUnaryData,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { eventually, gate } from '@syncline/port-contracts';
import { systemClock } from '@syncline/memory';
import { service as healthService } from 'grpc-health-check';
import { type Address, addressText } from './addresses';
import { certificateFiles } from './certificate-files';
import { testAuthority } from './certificates.test-fixtures';
import { type GrpcChannel, type GrpcChannelOptions, grpcChannel } from './grpc-channel';
import { channelCredentials, serverCredentials } from './grpc-credentials';
import { type GrpcServer, type GrpcServerOptions, grpcServer } from './grpc-server';
import { logGrpcTo } from './grpc-log';
import { ECHO, LOOPBACK, recordedLog } from './kit.test-fixtures';
import { type Readiness, readiness } from './readiness';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (message: Uint8Array): string => new TextDecoder().decode(message);

type Duplex = ServerDuplexStream<Uint8Array, Uint8Array>;

const ECHOING: UntypedServiceImplementation = {
  once(call: ServerUnaryCall<Uint8Array, Uint8Array>, callback: sendUnaryData<Uint8Array>) {
    callback(null, call.request);
  },
  stream(call: Duplex) {
    call.on('data', (message: Uint8Array) => call.write(message));
    call.on('end', () => call.end());
  },
};

interface Running {
  readonly server: GrpcServer;
  readonly address: Address;
  readonly ready: Readiness;
  readonly log: ReturnType<typeof recordedLog>;
  readonly channel: (options?: Partial<GrpcChannelOptions>) => GrpcChannel;
}

const ends: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function running(options: Partial<GrpcServerOptions> = {}): Promise<Running> {
  const log = recordedLog();
  const ready = options.readiness ?? readiness({ parts: [] });
  const server = grpcServer({
    address: LOOPBACK,
    credentials: serverCredentials(null),
    services: [{ methods: ECHO, handlers: ECHOING }],
    readiness: ready,
    log,
    ...options,
    limits: { drainWithinMs: 100, ...options.limits },
  });
  const address = await server.start();
  await ready.check();
  ends.push(
    () => ready.close(),
    () => server.close(),
  );
  const channel = (given: Partial<GrpcChannelOptions> = {}) => {
    const made = grpcChannel({
      target: addressText(address),
      credentials: channelCredentials(null),
      clock: systemClock(),
      ...given,
    });
    ends.push(() => made.close());
    return made;
  };
  return { server, address, ready, log, channel };
}

const messagesOf = (stream: ReturnType<GrpcChannel['stream']>) => {
  const received: string[] = [];
  const ended = new Promise<number>((resolve) => {
    stream.on('error', () => undefined);
    stream.on('status', ({ code }) => resolve(code));
  });
  stream.on('data', (message: Uint8Array) => received.push(textOf(message)));
  return { received, ended };
};

describe('a gRPC server', () => {
  test('listens on a free port and says which', async () => {
    const { address, channel } = await running();
    expect(address.port).toBeGreaterThan(0);
    expect(textOf(await channel().unary('/test.Echo/Once', bytes('héllo')))).toBe('héllo');
  });

  test('hands over real bytes, not what a Buffer makes of them', async () => {
    const seen: unknown[] = [];
    const { channel } = await running({
      services: [
        {
          methods: ECHO,
          handlers: {
            ...ECHOING,
            once(call: ServerUnaryCall<Uint8Array, Uint8Array>, callback: sendUnaryData<Uint8Array>) {
              seen.push(Object.getPrototypeOf(call.request) === Uint8Array.prototype);
              callback(null, call.request);
            },
          },
        },
      ],
    });
    const answer = await channel().unary('/test.Echo/Once', bytes('x'));
    expect([...seen, Object.getPrototypeOf(answer) === Uint8Array.prototype]).toEqual([true, true]);
  });

  test('says so when the address is taken', async () => {
    const { address } = await running();
    const said = recordedLog();
    logGrpcTo(said);
    await expect(running({ address })).rejects.toThrow(`cannot listen on 127.0.0.1:${address.port}`);
    expect(said.events).toMatchObject([{ message: 'gRPC', fields: { said: expect.any(String) as string } }]);
  });

  test('refuses a message over the limit', async () => {
    const { channel } = await running({ limits: { messageBytesMax: 1_000 } });
    await expect(channel().unary('/test.Echo/Once', bytes('x'.repeat(2_000)))).rejects.toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
    });
    expect(textOf(await channel().unary('/test.Echo/Once', bytes('x'.repeat(500))))).toHaveLength(500);
  });

  test('refuses a message that only unpacks to more than the limit', async () => {
    const { address } = await running({ limits: { messageBytesMax: 100_000 } });
    const packed = gzipSync(new Uint8Array(50_000_000));
    expect(packed.length).toBeLessThan(100_000);
    const session = connect(`http://${addressText(address)}`);
    ends.push(() => session.destroy());
    const stream = session.request({
      ':method': 'POST',
      ':path': ECHO.once.path,
      'content-type': 'application/grpc',
      'grpc-encoding': 'gzip',
      te: 'trailers',
    });
    const told: { status?: unknown } = {};
    const note = (headers: Readonly<Record<string, unknown>>): void => {
      told.status ??= headers['grpc-status'];
    };
    stream.on('response', note);
    stream.on('trailers', note);
    stream.on('error', () => undefined);
    stream.on('data', () => undefined);
    const prefix = Buffer.alloc(5);
    prefix.writeUInt8(1, 0);
    prefix.writeUInt32BE(packed.length, 1);
    stream.end(Buffer.concat([prefix, packed]));
    await eventually(() => expect(told.status).toBe(String(status.RESOURCE_EXHAUSTED)));
  });

  test('refuses headers over the limit', async () => {
    const { channel } = await running({ limits: { headerBytesMax: 4_096 } });
    const metadata = { 'x-long': 'x'.repeat(5_000) };
    await expect(channel().unary('/test.Echo/Once', bytes('x'), { metadata })).rejects.toMatchObject({
      code: expect.any(Number) as number,
    });
    expect(
      textOf(
        await channel().unary('/test.Echo/Once', bytes('x'), { metadata: { 'x-long': 'x'.repeat(1_000) } }),
      ),
    ).toBe('x');
  });

  test('lets a connection have only so many streams at once', async () => {
    const { channel } = await running({ limits: { streamsPerConnectionMax: 2 } });
    const one = channel();
    const [first, second, third] = [
      one.stream('/test.Echo/Stream'),
      one.stream('/test.Echo/Stream'),
      one.stream('/test.Echo/Stream'),
    ];
    const [a, b, c] = [messagesOf(first), messagesOf(second), messagesOf(third)];
    for (const each of [first, second, third]) each.write(bytes('hello'));
    await eventually(() => expect([...a.received, ...b.received]).toEqual(['hello', 'hello']));
    expect(c.received).toEqual([]);
    first.end();
    await eventually(() => expect(c.received).toEqual(['hello']));
    second.end();
    third.end();
    expect(await Promise.all([a.ended, b.ended, c.ended])).toEqual([status.OK, status.OK, status.OK]);
  });

  test('takes only so many connections', async () => {
    const { server, channel } = await running({ limits: { connectionsMax: 1 } });
    await channel().ready(5_000);
    await expect(channel().unary('/test.Echo/Once', bytes('x'), { deadlineMs: 2_000 })).rejects.toMatchObject(
      { code: status.UNAVAILABLE },
    );
    expect(server.connections()).toBe(1);
  });

  test('cuts off who floods it with pings', async () => {
    const { address, server } = await running({ limits: { pingsPerTenSecondsMax: 5 } });
    const session = connect(`http://${addressText(address)}`);
    const closed = new Promise<void>((resolve) => session.on('close', () => resolve()));
    session.on('error', () => undefined);
    const code = new Promise<number>((resolve) => session.on('goaway', resolve));
    await new Promise<void>((resolve) => session.on('connect', () => resolve()));
    for (let sent = 0; sent < 8; sent++) session.ping(() => undefined);
    expect(await code).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    await closed;
    await eventually(() => expect(server.connections()).toBe(0));
  });

  test('closes a connection that makes no call, and one that does not answer', async () => {
    const { address, server } = await running({
      limits: { idleMs: 300, keepAliveMs: 100, keepAliveWithinMs: 100 },
    });
    const session = connect(`http://${addressText(address)}`);
    session.on('error', () => undefined);
    await new Promise<void>((resolve) => session.on('close', () => resolve()));
    await eventually(() => expect(server.connections()).toBe(0));
    session.destroy();
  });
});

describe('a connection that does not begin', () => {
  const untilCut = async ({ host, port }: Address): Promise<void> => {
    const socket = connectTcp(port, host);
    socket.on('error', () => undefined);
    socket.resume();
    await new Promise<void>((resolve) => socket.on('close', () => resolve()));
  };

  test('with HTTP/2 is cut off', async () => {
    const { address, server } = await running({ limits: { keepAliveMs: 50, keepAliveWithinMs: 50 } });
    await untilCut(address);
    await eventually(() => expect(server.connections()).toBe(0));
  });

  test('with TLS is cut off', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'syncline-handshake-'));
    const { certPem, keyPem } = testAuthority('ours').issue();
    const paths = { cert: path.join(folder, 'cert.pem'), key: path.join(folder, 'key.pem') };
    writeFileSync(paths.cert, certPem);
    writeFileSync(paths.key, keyPem);
    const files = certificateFiles({ paths, log: recordedLog(), clock: systemClock() });
    ends.push(
      () => files.close(),
      () => rmSync(folder, { recursive: true }),
    );
    const credentials = serverCredentials(files);
    const { address, server } = await running({ credentials, limits: { handshakeWithinMs: 50 } });
    await untilCut(address);
    expect(server.connections()).toBe(0);
  });
});

describe('a gRPC server that closes', () => {
  test('tells its handlers, lets calls end, and takes no more', async () => {
    const open = new Set<Duplex>();
    const { server, channel, address } = await running({
      limits: { drainWithinMs: 5_000 },
      services: [{ methods: ECHO, handlers: { ...ECHOING, stream: (call: Duplex) => void open.add(call) } }],
      onDrain: () => {
        for (const call of open) {
          call.write(bytes('farewell'));
          call.end();
        }
      },
    });
    const stream = channel().stream('/test.Echo/Stream');
    const { received, ended } = messagesOf(stream);
    stream.write(bytes('hello'));
    await eventually(() => expect(open.size).toBe(1));
    await server.close();
    expect(await ended).toBe(status.OK);
    expect(received).toEqual(['farewell']);
    const late = grpcChannel({
      target: addressText(address),
      credentials: channelCredentials(null),
      clock: systemClock(),
    });
    await expect(late.unary('/test.Echo/Once', bytes('x'), { deadlineMs: 2_000 })).rejects.toMatchObject({
      code: status.UNAVAILABLE,
    });
    late.close();
  });

  test('cuts off what does not end in time, and says so', async () => {
    const { server, channel, log } = await running({ limits: { drainWithinMs: 50 } });
    const stream = channel().stream('/test.Echo/Stream');
    const { received, ended } = messagesOf(stream);
    stream.write(bytes('hello'));
    await eventually(() => expect(received).toEqual(['hello']));
    await Promise.all([server.close(), server.close()]);
    expect(await ended).not.toBe(status.OK);
    expect(log.events.map(({ message }) => message)).toEqual(['calls were cut off']);
  });
});

describe('health', () => {
  const method = (name: 'Check' | 'Watch') => {
    const found = healthService[name];
    if (found === undefined) throw new Error(`there is no ${name}`);
    return found;
  };
  const check = method('Check');
  const watch = method('Watch');
  const ask = async (channel: GrpcChannel, service: string): Promise<string> => {
    const request = check.requestSerialize({ service });
    const answer = await channel.unary(check.path, request);
    return (check.responseDeserialize(Buffer.from(answer)) as { status: string }).status;
  };

  test('follows readiness, of the whole and of each service', async () => {
    const part: { problem: string | null } = { problem: null };
    const ready = readiness({ parts: [{ name: 'postgres', check: async () => part.problem }] });
    const { channel } = await running({ readiness: ready });
    const one = channel();
    expect([await ask(one, ''), await ask(one, 'test.Echo')]).toEqual(['SERVING', 'SERVING']);
    part.problem = 'gone';
    await ready.check();
    expect([await ask(one, ''), await ask(one, 'test.Echo')]).toEqual(['NOT_SERVING', 'NOT_SERVING']);
    await expect(ask(one, 'test.Other')).rejects.toMatchObject({ code: status.NOT_FOUND });
  });

  test('who watches a service that is not here is told so, and let go as all others', async () => {
    const { channel, server } = await running({ limits: { drainWithinMs: 10_000 } });
    const stream = channel().stream(watch.path);
    const seen: string[] = [];
    stream.on('data', (message: Uint8Array) =>
      seen.push((watch.responseDeserialize(Buffer.from(message)) as { status: string }).status),
    );
    const ended = new Promise<number>((resolve) => stream.on('status', ({ code }) => resolve(code)));
    stream.write(check.requestSerialize({ service: 'test.Other' }));
    stream.end();
    await eventually(() => expect(seen).toEqual(['SERVICE_UNKNOWN']));
    await server.close();
    expect(await ended).toBe(status.OK);
  });

  test('who watches is told of every change, and let go when the server closes', async () => {
    const { channel, server, ready } = await running({ limits: { drainWithinMs: 10_000 } });
    const stream = channel().stream(watch.path);
    const seen: string[] = [];
    stream.on('data', (message: Uint8Array) =>
      seen.push((watch.responseDeserialize(Buffer.from(message)) as { status: string }).status),
    );
    const ended = new Promise<number>((resolve) => stream.on('status', ({ code }) => resolve(code)));
    stream.write(check.requestSerialize({ service: 'test.Echo' }));
    stream.end();
    await eventually(() => expect(seen).toEqual(['SERVING']));
    ready.drain();
    await eventually(() => expect(seen).toEqual(['SERVING', 'NOT_SERVING']));
    await server.close();
    expect(await ended).toBe(status.OK);
  });
});

/** A field of a message, so that a test can write proto files without a compiler. */
const field = (number: number, content: string | Uint8Array): Uint8Array => {
  const body = typeof content === 'string' ? bytes(content) : content;
  return new Uint8Array([(number << 3) | 2, body.length, ...body]);
};
const protoFile = (name: string, service: string): Uint8Array =>
  new Uint8Array([
    ...field(1, name),
    ...field(2, 'test'),
    ...field(6, field(1, service)),
    ...field(12, 'proto3'),
  ]);

describe('reflection', () => {
  const reflected = async (channel: GrpcChannel, version: string, request: Uint8Array): Promise<string> => {
    const stream = channel.stream(`/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`);
    const answer = new Promise<string>((resolve, reject) => {
      stream.on('data', (message: Uint8Array) => resolve(textOf(message)));
      stream.on('error', reject);
    });
    stream.write(request);
    stream.end();
    return answer;
  };
  const LIST = field(7, '*');
  const SYMBOL = field(4, 'test.Echo');

  test.each(['v1', 'v1alpha'])(
    '%s lists what is served and may be known, and tells of it',
    async (version) => {
      const files = [protoFile('echo.proto', 'Echo'), protoFile('other.proto', 'Other')];
      const { channel } = await running({ reflection: files });
      const listed = await reflected(channel(), version, LIST);
      expect(listed).toContain('test.Echo');
      expect(listed).not.toContain('test.Other');
      expect(await reflected(channel(), version, SYMBOL)).toContain('echo.proto');
    },
  );

  test('is off, and hides what has no file', async () => {
    const { channel } = await running();
    await expect(reflected(channel(), 'v1', LIST)).rejects.toMatchObject({ code: status.UNIMPLEMENTED });
    const hidden = await running({ reflection: [protoFile('other.proto', 'Other')] });
    expect(await reflected(hidden.channel(), 'v1', LIST)).not.toContain('test.');
  });
});

describe('a channel', () => {
  const blocking = () => {
    const entered = gate();
    const handlers: UntypedServiceImplementation = { ...ECHOING, once: () => entered.open() };
    return { entered, services: [{ methods: ECHO, handlers }] };
  };

  test('gives every call a deadline', async () => {
    const { services } = blocking();
    const { channel } = await running({ services });
    await expect(channel({ deadlineMs: 100 }).unary('/test.Echo/Once', bytes('x'))).rejects.toMatchObject({
      code: status.DEADLINE_EXCEEDED,
    });
  });

  test('gives up a call when asked', async () => {
    const { services, entered } = blocking();
    const { channel } = await running({ services });
    const abort = new AbortController();
    const call = channel().unary('/test.Echo/Once', bytes('x'), { signal: abort.signal });
    const settled = expect(call).rejects.toMatchObject({ code: status.CANCELLED });
    await entered.opened;
    abort.abort();
    await settled;
    await expect(
      channel().unary('/test.Echo/Once', bytes('x'), { signal: abort.signal }),
    ).rejects.toMatchObject({ code: status.CANCELLED });
  });

  test('calls again only what may be called again', async () => {
    const calls: string[] = [];
    const handlers: UntypedServiceImplementation = {
      ...ECHOING,
      once(call: ServerUnaryCall<Uint8Array, Uint8Array>, callback: sendUnaryData<Uint8Array>) {
        calls.push(textOf(call.request));
        if (calls.length % 2 === 1) callback({ code: status.UNAVAILABLE, details: 'not now' });
        else callback(null, call.request);
      },
    };
    const { channel } = await running({ services: [{ methods: ECHO, handlers }] });
    const careful = channel();
    await expect(careful.unary('/test.Echo/Once', bytes('a'))).rejects.toMatchObject({
      code: status.UNAVAILABLE,
    });
    calls.length = 0;
    const again = channel({ retrySafe: ['/test.Echo/Once'] });
    expect(textOf(await again.unary('/test.Echo/Once', bytes('b')))).toBe('b');
    expect(calls).toEqual(['b', 'b']);
  });

  test('waits for a server only when asked, and only until the deadline', async () => {
    const { address, server } = await running();
    await server.close();
    const channel = grpcChannel({
      target: addressText(address),
      credentials: channelCredentials(null),
      clock: systemClock(),
    });
    ends.push(() => channel.close());
    await expect(channel.ready(100)).rejects.toThrow('cannot be reached');
    await expect(
      channel.unary('/test.Echo/Once', bytes('x'), { waitForReady: true, deadlineMs: 200 }),
    ).rejects.toMatchObject({ code: status.DEADLINE_EXCEEDED });
    const patient = channel.unary('/test.Echo/Once', bytes('late'), {
      waitForReady: true,
      deadlineMs: 15_000,
    });
    await running({ address });
    expect(textOf(await patient)).toBe('late');
  });

  test('goes to all addresses in turn', async () => {
    const counted = (seen: string[], name: string): UntypedServiceImplementation => ({
      ...ECHOING,
      once(call: ServerUnaryCall<Uint8Array, Uint8Array>, callback: sendUnaryData<Uint8Array>) {
        seen.push(name);
        callback(null, call.request);
      },
    });
    const seen: string[] = [];
    const one = await running({ services: [{ methods: ECHO, handlers: counted(seen, 'one') }] });
    const two = await running({ services: [{ methods: ECHO, handlers: counted(seen, 'two') }] });
    const target = `ipv4:${addressText(one.address)},${addressText(two.address)}`;
    const channel = one.channel({ target });
    await eventually(async () => {
      await channel.unary('/test.Echo/Once', bytes('x'));
      expect(new Set(seen)).toEqual(new Set(['one', 'two']));
    });
  });
});
