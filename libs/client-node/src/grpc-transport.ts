import {
  type ChannelCredentials,
  type ChannelOptions,
  Client,
  type ClientDuplexStream,
  connectivityState,
  credentials,
  Metadata,
  type ServiceError,
  type StatusObject,
} from '@grpc/grpc-js';
import { type Answer, granted, refusal, refused, type Refusal } from '@syncline/core';
import { CompareRequest, CompareResponse } from '@syncline/proto';
import {
  comparingCallToProto,
  comparisonFromProto,
  decode,
  deviceMessageToBytes,
  encode,
  serverMessagesFromBytes,
} from '@syncline/wire';
import { gzipCompressor } from '@syncline/wire/gzip';
import type { Compared } from './compare-copy';
import { reasonOfEnd, refusalOf } from './grpc-status';
import type { Timer } from './machine';
import type { Connection, ConnectionEvents, Transport } from './transport';

export interface GrpcTransportOptions {
  /** `host:port` each; when one does not answer or breaks, the next one is tried. */
  readonly addresses: readonly string[];
  /** Of @grpc/grpc-js, or `plaintext` where nothing but this machine or a trusted network lies between. */
  readonly credentials: ChannelCredentials;
  readonly timer: Timer;
  /** Largest message that is read. */
  readonly messageBytesMax?: number;
  readonly connectMsMax?: number;
}

export const plaintext = (): ChannelCredentials => credentials.createInsecure();

const MESSAGE_BYTES_MAX = 16 * 1024 * 1024;
const CONNECT_MS_MAX = 3_000;
const FAREWELL_MS_MAX = 1_000;
const COMPARE_MS_MAX = 20_000;
const KEEP_ALIVE_MS = 30_000;

const SESSION = '/syncline.v1.SyncService/Session';
const COMPARE = '/syncline.v1.SyncService/Compare';

const toWire = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const fromWire = (bytes: Buffer): Uint8Array => bytes;

interface Network extends Required<GrpcTransportOptions> {
  /** Which address comes next, counted on and on. */
  turn: number;
}

/**
 * Sessions over gRPC. Reading is slowed down by whoever reads: the next message is handled when the last one is. What is
 * sent needs no brake of its own, for the engine has one push of a space under way at a time.
 */
export function grpcTransport(options: GrpcTransportOptions): Transport {
  if (options.addresses.length === 0) throw new RangeError('a transport needs an address');
  const network: Network = {
    messageBytesMax: MESSAGE_BYTES_MAX,
    connectMsMax: CONNECT_MS_MAX,
    ...options,
    turn: 0,
  };
  return {
    connect: (events) => connect(network, events),
    compare: (call, token) => compare(network, encode(CompareRequest, comparingCallToProto(call)), token),
  };
}

/** Each has a channel of its own, so that none waits for the backoff of an earlier one. */
function newClient({ addresses, credentials, messageBytesMax, turn }: Network): Client {
  const options: ChannelOptions = {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.max_receive_message_length': messageBytesMax,
    'grpc.keepalive_time_ms': KEEP_ALIVE_MS,
    'grpc.enable_retries': 0,
  };
  return new Client(addresses[turn % addresses.length]!, credentials, options);
}

/** A failure is told at once, unlike by `waitForReady`, which goes on trying until the deadline. */
function isReady(client: Client): Promise<boolean> {
  const channel = client.getChannel();
  const { READY, TRANSIENT_FAILURE, SHUTDOWN } = connectivityState;
  return new Promise((resolve) => {
    const look = (): void => {
      const state = channel.getConnectivityState(false);
      if (state === READY) resolve(true);
      else if (state === TRANSIENT_FAILURE || state === SHUTDOWN) resolve(false);
      else channel.watchConnectivityState(state, Infinity, look);
    };
    channel.getConnectivityState(true);
    look();
  });
}

async function reach(network: Network, isWanted: () => boolean): Promise<Client | null> {
  for (let tries = 0; tries < network.addresses.length && isWanted(); tries++) {
    const client = newClient(network);
    const stop = network.timer.after(network.connectMsMax, () => client.close());
    const ready = await isReady(client);
    stop();
    if (ready && isWanted()) return client;
    client.close();
    network.turn++;
  }
  return null;
}

type Session = ClientDuplexStream<Uint8Array, Uint8Array>;

function connect(network: Network, events: ConnectionEvents): Connection {
  let isOver = false;
  let session: Session | null = null;
  /** Whatever ends it, a draining server included, the next one is more likely to be of use elsewhere. */
  const leave = (): void => {
    if (!isOver) network.turn++;
    isOver = true;
  };
  const over = (refusal: Refusal | null): void => {
    if (isOver) return;
    leave();
    events.ended(refusal);
  };
  void reach(network, () => !isOver).then((client) => {
    if (isOver) client?.close();
    else if (client === null) over(null);
    else {
      session = openSession(client, events, () => isOver, over);
      events.connected();
    }
  });
  return {
    send(message) {
      if (!isOver) session?.write(deviceMessageToBytes(message));
    },
    close() {
      leave();
      const ending = session;
      if (ending === null) return;
      const stop = network.timer.after(FAREWELL_MS_MAX, () => ending.cancel());
      ending.once('status', stop);
      ending.end();
    },
    cut() {
      leave();
      session?.cancel();
    },
  };
}

const gzip = gzipCompressor(MESSAGE_BYTES_MAX);

function openSession(
  client: Client,
  events: ConnectionEvents,
  isOver: () => boolean,
  over: (refusal: Refusal | null) => void,
): Session {
  const session = client.makeBidiStreamRequest(SESSION, toWire, fromWire);
  // Told by its status as well, which comes in any case.
  session.on('error', () => undefined);
  session.on('data', (bytes: Uint8Array) => {
    if (isOver()) return;
    const messages = serverMessagesFromBytes(bytes, gzip);
    if (!messages.ok) {
      session.cancel();
      over(refusal('CORRUPTION', { message: `A message cannot be read: ${messages.refusal.message}` }));
      return;
    }
    for (const message of messages.value) if (!isOver()) events.message(message);
  });
  let status: StatusObject | null = null;
  let isRead = false;
  /** The status may overtake the last messages. */
  const finish = (): void => {
    if (status === null || !isRead) return;
    client.close();
    over(reasonOfEnd(status));
  };
  session.on('end', () => {
    isRead = true;
    finish();
  });
  session.on('status', (ended: StatusObject) => {
    status = ended;
    finish();
  });
  return session;
}

async function compare(network: Network, request: Uint8Array, token: string): Promise<Answer<Compared>> {
  const client = await reach(network, () => true);
  if (client === null) return refused('UNAVAILABLE');
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  try {
    const answered = await new Promise<Answer<Uint8Array>>((resolve) => {
      const call = client.makeUnaryRequest(
        COMPARE,
        toWire,
        fromWire,
        request,
        metadata,
        (error: ServiceError | null, response?: Uint8Array) => {
          stop();
          resolve(error === null ? granted(response!) : { ok: false as const, refusal: refusalOf(error) });
        },
      );
      const stop = network.timer.after(COMPARE_MS_MAX, () => call.cancel());
    });
    if (!answered.ok) return answered;
    const response = decode(CompareResponse, answered.value);
    return response.ok ? comparisonFromProto(response.value) : response;
  } finally {
    client.close();
  }
}
