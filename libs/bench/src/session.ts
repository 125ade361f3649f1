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
  type Refusal,
  type Reset,
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
  /** Every message as it came. */
  readonly onBytes?: (bytes: Buffer) => void;
  /** Without it, it waits for ever. */
  readonly patience?: Patience;
  /** The stream is over, or the server refused something: then it is a `Refused`. */
  readonly onEnd?: (why: Error) => void;
}

/** Who is not welcomed by then, or waits longer for what comes after that, leaves. */
export interface Patience {
  readonly greetingMs: number;
  readonly answerMs: number;
}

/** What a device says and hears, as thin as a client can be: one connection, one stream, one space. */
export interface Session {
  /** Resolves with the answer to just these changes. */
  push(changes: readonly Change[]): Promise<Outcomes>;
  acknowledge(cursor: Uint8Array): void;
  /** Asks for what came since, as if it had just connected. */
  subscribe(cursor: Uint8Array): void;
  readonly subscribed: Subscribed;
  readonly close: () => void;
}

/** Something that was said had no effect, or the server asks to start over. */
export class Refused extends Error {
  override readonly name = 'Refused';
  constructor(
    device: string,
    readonly told: Pick<Refusal, 'reason' | 'message' | 'retryAfterMs'> | Reset,
  ) {
    super(`${device} was refused: ${told.message}`);
  }
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
  welcomed: () => void;
  opened: (subscribed: Subscribed) => void;
  failed: (why: Error) => void;
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
      welcomed: () => undefined,
      opened: (subscribed) => resolve(sessionOf(state, subscribed)),
      failed: reject,
      isOver: false,
    };
    stream.on('data', (bytes: Buffer) => hear(state, bytes));
    stream.on('error', (error) => end(state, error));
    stream.on('end', () => end(state, new Error(`the server ended the session of ${options.device}`)));
    greet(state);
    if (options.patience !== undefined) leaveUnlessOpen(state, options.patience);
  });
}

function leaveUnlessOpen(state: State, { greetingMs, answerMs }: Patience): void {
  const { opened, failed } = state;
  const leave = (): void => end(state, new Error(`${state.options.device} had to wait for too long`));
  const timer = { running: setTimeout(leave, greetingMs) };
  const stop = (): void => clearTimeout(timer.running);
  state.welcomed = () => {
    stop();
    timer.running = setTimeout(leave, answerMs);
  };
  state.opened = (subscribed) => {
    stop();
    opened(subscribed);
  };
  state.failed = (why) => {
    stop();
    failed(why);
  };
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
    subscribe(cursor) {
      stream.write(said(subscribing(options, cursor)));
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
  const { device, token, cursor = NOTHING, capabilities = DEFAULT_CAPABILITIES } = options;
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
  stream.write(said(subscribing(options, cursor)));
}

function subscribing({ space, uploadOnly }: SessionOptions, cursor: Uint8Array) {
  const mode = uploadOnly === true ? Mode.UPLOAD_ONLY : Mode.BIDIRECTIONAL;
  return { $case: 'subscribe' as const, subscribe: { ...Subscribe.create(), space, cursor, mode } };
}

function hear(state: State, bytes: Buffer): void {
  const { message } = messageIn(bytes);
  const { onPage, onCheckpoint, onBytes } = state.options;
  onBytes?.(bytes);
  switch (message?.$case) {
    case 'page':
      return onPage?.(message.page, bytes.length);
    case 'checkpoint':
      return onCheckpoint?.(message.checkpoint, bytes.length);
    case 'outcomes':
      return state.waiting.shift()?.[0](message.outcomes);
    case 'welcome':
      return state.welcomed();
    case 'subscribed':
      return state.opened(message.subscribed);
    case 'refusal':
      return end(state, new Refused(state.options.device, message.refusal));
    case 'reset':
      return end(state, new Refused(state.options.device, message.reset));
    case 'authenticated':
    case 'notice':
    case 'pace':
    case 'plan':
    case 'presence':
    case 'signed':
    case undefined:
      return;
  }
}

function end(state: State, why: Error): void {
  if (state.isOver) return;
  state.isOver = true;
  state.stream.cancel();
  state.client.close();
  state.failed(why);
  for (const [, reject] of state.waiting.splice(0)) reject(why);
  state.options.onEnd?.(why);
}
