import type { Timer } from '@syncline/ports';
import { Unavailable } from '@syncline/ports';
import { connect, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node';
import { serversAt } from './server-urls';
import { standingSubscriptions } from './standing-subscriptions';

export type NatsStatus = 'connecting' | 'connected' | 'disconnected' | 'closed';

export interface NatsOptions {
  /** As `host:port`, `nats://host:port` or `nats://user:password@host:port`; any of them will do. */
  readonly servers: readonly string[];
  /** How the server's own tools call this client. */
  readonly name: string;
  readonly timer: Timer;
  readonly onStatus?: (status: NatsStatus, cause: unknown) => void;
  /** What went wrong without anyone waiting for it: a refused subscription, a listener that threw. */
  readonly onProblem?: (problem: unknown) => void;
}

/** What the adapters hang on. It is there from the beginning, and NATS comes and goes behind it. */
export interface NatsLink {
  status(): NatsStatus;
  /** The connection while it is up; throws `Unavailable` otherwise. */
  up(): NatsConnection;
  /** Holds over every loss of the connection, and may be asked for before there is one. */
  subscribe(subject: string, hear: (message: NatsMessage) => void): () => void;
  /** Told each time the connection has come up, and at once when it is. */
  onUp(task: (connection: NatsConnection) => void): () => void;
  problem(problem: unknown): void;
  /** Hands over what was published, and ends all subscriptions. */
  close(): Promise<void>;
}

export interface NatsMessage {
  readonly data: Uint8Array;
  readonly headers?: MsgHdrs | undefined;
  /** Where an answer is waited for. */
  readonly reply?: string | undefined;
}

const CONNECT_WITHIN_MS = 2_000;
const TRY_AGAIN_MS = 500;
/** A connection that died without a word is noticed within two of these. */
const PING_MS = 5_000;
const PINGS_UNANSWERED_MAX = 1;
const CLOSE_WITHIN_MS = 2_000;

/** Comes up without NATS, and never gives up on it: nothing that must be right depends on it. */
export function connectNats(options: NatsOptions): NatsLink {
  const { timer, onStatus, onProblem } = options;
  const state: { status: NatsStatus; connection: NatsConnection | null; stopWaiting: () => void } = {
    status: 'connecting',
    connection: null,
    stopWaiting: () => undefined,
  };
  const problem = (what: unknown): void => onProblem?.(what);
  const subscriptions = standingSubscriptions(problem);
  const upTasks = new Set<{ readonly run: (connection: NatsConnection) => void }>();

  const become = (status: NatsStatus, cause: unknown = null): void => {
    if (state.status === status || state.status === 'closed') return;
    state.status = status;
    onStatus?.(status, cause);
    if (status === 'connected') for (const { run } of [...upTasks]) run(state.connection!);
  };

  const adopt = (connection: NatsConnection): void => {
    if (state.status === 'closed') return void connection.close();
    state.connection = connection;
    subscriptions.moveTo(connection);
    become('connected');
    void follow(connection, become, problem);
    void connection.closed().then((cause) => {
      if (state.status === 'closed') return;
      // Only a server that turned us away for good ends a connection that reconnects for ever; even that may heal.
      state.connection = null;
      become('disconnected', cause);
      begin();
    });
  };

  const begin = (): void => {
    if (state.status === 'closed') return;
    connect(settingsOf(options)).then(adopt, (cause: unknown) => {
      become('disconnected', cause);
      state.stopWaiting = timer.after(TRY_AGAIN_MS, begin);
    });
  };
  begin();

  return {
    status: () => state.status,
    up() {
      if (state.connection === null || state.status !== 'connected') throw new Unavailable('NATS');
      return state.connection;
    },
    subscribe: (subject, hear) => subscriptions.add(subject, hear),
    onUp(run) {
      const task = { run };
      upTasks.add(task);
      if (state.status === 'connected') run(state.connection!);
      return () => void upTasks.delete(task);
    },
    problem,
    async close() {
      const { connection, status } = state;
      become('closed');
      state.stopWaiting();
      if (connection !== null) await closed(connection, status === 'connected', timer);
    },
  };
}

function settingsOf({ servers, name }: NatsOptions) {
  return {
    ...serversAt(servers),
    name,
    timeout: CONNECT_WITHIN_MS,
    reconnectTimeWait: TRY_AGAIN_MS,
    pingInterval: PING_MS,
    maxPingOut: PINGS_UNANSWERED_MAX,
    maxReconnectAttempts: -1,
    // Who may come in can change at the server while we wait.
    ignoreAuthErrorAbort: true,
  };
}

async function follow(
  connection: NatsConnection,
  become: (status: NatsStatus, cause?: unknown) => void,
  problem: (what: unknown) => void,
): Promise<void> {
  for await (const event of connection.status()) {
    if (event.type === 'disconnect') become('disconnected');
    if (event.type === 'reconnect') become('connected');
    if (event.type === 'error') problem(event.error);
  }
}

/** Draining waits for the server's word; one that does not answer is not waited for. */
async function closed(connection: NatsConnection, wasUp: boolean, timer: Timer): Promise<void> {
  if (wasUp) {
    const late = new Promise<void>((resolve) => void timer.after(CLOSE_WITHIN_MS, resolve));
    await Promise.race([connection.drain().catch(() => undefined), late]);
  }
  await connection.close();
}
