import { Client, type ClientDuplexStream, credentials } from '@grpc/grpc-js';
import { systemClock } from '@syncline/memory';
import {
  BinaryReader,
  type Change,
  type Checkpoint,
  DeviceInfo,
  DeviceMessage,
  Hello,
  Mode,
  type Outcomes,
  type Page,
  PROTOCOL_VERSION,
  Push,
  ServerMessage,
  Subscribe,
  type Subscribed,
} from '@syncline/proto';

export interface SessionOptions {
  readonly address: string;
  readonly token: string;
  readonly device: string;
  readonly space: string;
  /** Empty to begin. */
  readonly cursor?: Uint8Array;
  readonly capabilities?: readonly string[];
  readonly uploadOnly?: boolean;
  /** All that comes once the space is open. */
  readonly onPage?: (page: Page, bytes: number) => void;
  readonly onCheckpoint?: (checkpoint: Checkpoint, bytes: number) => void;
  /** The stream is over, or the server refused something. */
  readonly onEnd?: (why: Error) => void;
}

/** What a device says and hears, as thin as a client can be: one connection, one stream, one space. */
export interface Session {
  /** Resolves with the answer to just these changes. */
  push(changes: readonly Change[]): Promise<Outcomes>;
  acknowledge(cursor: Uint8Array): void;
  readonly subscribed: Subscribed;
  close(): void;
}

const PATH = '/syncline.v1.SyncService/Session';
const RECEIVED_BYTES_MAX = 16 * 1024 * 1024;

export const toWire = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
export const fromWire = (bytes: Buffer): Buffer => bytes;

/** A connection of its own, as every device has one. */
export function newClient(address: string): Client {
  return new Client(address, credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.max_receive_message_length': RECEIVED_BYTES_MAX,
    'grpc.enable_retries': 0,
  });
}

/** One decoder for both sides of every comparison. Its parts are views of what came, so no copies are timed. */
export function messageIn(bytes: Buffer): ServerMessage {
  return ServerMessage.decode(
    new BinaryReader(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)),
  );
}

type Waiting = readonly [answered: (outcomes: Outcomes) => void, failed: (why: Error) => void];

interface State {
  readonly options: SessionOptions;
  readonly client: Client;
  readonly stream: ClientDuplexStream<DeviceMessage, Buffer>;
  /** Pushes are answered in their order. */
  readonly waiting: Waiting[];
  readonly opened: (subscribed: Subscribed) => void;
  readonly failed: (why: Error) => void;
  isOver: boolean;
}

/** Resolves when the space is open. */
export function openSession(options: SessionOptions): Promise<Session> {
  const client = newClient(options.address);
  const stream = client.makeBidiStreamRequest(
    PATH,
    (message: DeviceMessage) => toWire(DeviceMessage.encode(message).finish()),
    fromWire,
  );
  return new Promise((resolve, reject) => {
    const state: State = {
      options,
      client,
      stream,
      waiting: [],
      opened: (subscribed) => resolve(sessionOf(state, subscribed)),
      failed: reject,
      isOver: false,
    };
    stream.on('data', (bytes: Buffer) => hear(state, bytes));
    stream.on('error', (error) => end(state, error));
    stream.on('end', () => end(state, new Error(`the server ended the session of ${options.device}`)));
    greet(state);
  });
}

function sessionOf(state: State, subscribed: Subscribed): Session {
  const { client, stream, waiting, options } = state;
  const { space } = options;
  return {
    subscribed,
    push(changes) {
      stream.write(said({ $case: 'push', push: { ...Push.create(), space, changes: [...changes] } }));
      return new Promise((resolve, reject) => waiting.push([resolve, reject]));
    },
    acknowledge(cursor) {
      stream.write(said({ $case: 'ack', ack: { space, cursor, mismatchedCollections: [] } }));
    },
    close() {
      state.isOver = true;
      stream.cancel();
      client.close();
    },
  };
}

const said = (message: NonNullable<DeviceMessage['message']>): DeviceMessage => ({ message });

const NOTHING = new Uint8Array(0);
const DEFAULT_CAPABILITIES = ['patch-entries', 'own-entries'];

function greet({ stream, options }: State): void {
  const { device, token, space, cursor = NOTHING, capabilities = DEFAULT_CAPABILITIES, uploadOnly } = options;
  const mode = uploadOnly === true ? Mode.UPLOAD_ONLY : Mode.BIDIRECTIONAL;
  const hello = {
    ...Hello.create(),
    protocolMin: PROTOCOL_VERSION,
    protocolMax: PROTOCOL_VERSION,
    capabilities: [...capabilities],
    device: { ...DeviceInfo.create(), id: device },
    deviceTimeMs: systemClock().nowMs(),
    token,
  };
  stream.write(said({ $case: 'hello', hello }));
  stream.write(said({ $case: 'subscribe', subscribe: { ...Subscribe.create(), space, cursor, mode } }));
}

function hear(state: State, bytes: Buffer): void {
  const { message } = messageIn(bytes);
  const { onPage, onCheckpoint } = state.options;
  switch (message?.$case) {
    case 'page':
      return onPage?.(message.page, bytes.length);
    case 'checkpoint':
      return onCheckpoint?.(message.checkpoint, bytes.length);
    case 'outcomes':
      return state.waiting.shift()?.[0](message.outcomes);
    case 'subscribed':
      return state.opened(message.subscribed);
    case 'refusal':
      return end(state, new Error(`${state.options.device} was refused: ${message.refusal.message}`));
  }
}

function end(state: State, why: Error): void {
  if (state.isOver) return;
  state.isOver = true;
  state.client.close();
  state.failed(why);
  for (const [, reject] of state.waiting.splice(0)) reject(why);
  state.options.onEnd?.(why);
}
