import { createHash } from 'node:crypto';
import { Unavailable } from '@syncline/ports';
import { Cluster, Redis } from 'ioredis';

export type RedisStatus = 'connecting' | 'connected' | 'disconnected' | 'closed';

export interface RedisOptions {
  /** `redis://` or, with TLS, `rediss://`. */
  readonly url: string;
  /** The address is that of one server of a cluster. */
  readonly cluster?: boolean;
  /** How the server's own tools call this client. */
  readonly name: string;
  readonly commandWithinMs?: number;
  readonly onStatus?: (status: RedisStatus, cause: unknown) => void;
}

/** What is run in one step at the server: its keys are given apart, and all of them have the same hash tag. */
export interface RedisScript {
  readonly source: string;
  readonly sha: string;
}

export type RedisArgument = string | number | Uint8Array;

/** What the adapters hang on. It is there from the beginning, and Redis comes and goes behind it. */
export interface RedisLink {
  status(): RedisStatus;
  /** Text comes back as bytes. Throws `Unavailable` when Redis is away or cannot serve for now, and soon. */
  run(script: RedisScript, keys: readonly string[], args: readonly RedisArgument[]): Promise<unknown>;
  command(name: string, ...args: readonly RedisArgument[]): Promise<unknown>;
  close(): Promise<void>;
}

const CONNECT_WITHIN_MS = 2_000;
const COMMAND_WITHIN_MS = 500;
/** A connection on which nothing comes any more is given up. */
const SILENT_MS_MAX = 2_000;
const TRY_AGAIN_MS_MAX = 1_000;

/** Comes up without Redis, and never gives up on it: nothing waits in a queue for it to return. */
export function connectRedis({
  url,
  cluster = false,
  name,
  commandWithinMs = COMMAND_WITHIN_MS,
  onStatus,
}: RedisOptions): RedisLink {
  const state: { status: RedisStatus; cause: unknown } = { status: 'connecting', cause: null };
  const options = {
    connectionName: name,
    connectTimeout: CONNECT_WITHIN_MS,
    commandTimeout: commandWithinMs,
    socketTimeout: SILENT_MS_MAX,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (times: number) => Math.min(times * 50, TRY_AGAIN_MS_MAX),
    // What was the primary has become a replica: the name may lead to the new one by now.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
  };
  const client = cluster ? clusterAt(url, options) : new Redis(url, options);

  const become = (status: RedisStatus): void => {
    if (state.status === status || state.status === 'closed') return;
    state.status = status;
    onStatus?.(status, state.cause);
  };
  client.on('ready', () => {
    state.cause = null;
    become('connected');
  });
  client.on('error', (cause: unknown) => {
    state.cause = cause;
  });
  client.on('close', () => become('disconnected'));

  const command = async (what: string, ...args: readonly RedisArgument[]): Promise<unknown> => {
    try {
      return await client.callBuffer(what, args.map(argument));
    } catch (cause) {
      throw isTransient(cause) ? new Unavailable('Redis', { cause }) : cause;
    }
  };

  return {
    status: () => state.status,
    command,
    async run({ source, sha }, keys, args) {
      const rest = [keys.length, ...keys, ...args];
      return command('evalsha', sha, ...rest).catch((error: unknown) => {
        if (!isReply(error, /^NOSCRIPT/)) throw error;
        return command('eval', source, ...rest);
      });
    },
    async close() {
      const wasUp = state.status === 'connected';
      become('closed');
      if (wasUp) await client.quit().catch(() => undefined);
      client.disconnect();
    },
  };
}

/** What is sent goes to the server that has its keys; every server lets in whoever the first one does. */
function clusterAt(url: string, options: object): Cluster {
  const { protocol, username, password } = new URL(url);
  const redisOptions = {
    ...options,
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' ? { tls: {} } : {}),
  };
  return new Cluster([url], {
    redisOptions,
    enableOfflineQueue: false,
    slotsRefreshTimeout: CONNECT_WITHIN_MS,
    clusterRetryStrategy: (times: number) => Math.min(times * 50, TRY_AGAIN_MS_MAX),
  });
}

const argument = (value: RedisArgument): string | number | Buffer =>
  value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value;

/** Replies that say nothing about what was asked: the server starts, is a replica, is full, has moved, or lets no one in. */
const NOT_NOW =
  /^(LOADING|READONLY|OOM|MOVED|ASK|CLUSTERDOWN|TRYAGAIN|MASTERDOWN|NOREPLICAS|MISCONF|BUSY|NOAUTH|WRONGPASS|NOPERM|ERR max number of clients)/;

/** An error that is no reply comes from the connection. */
function isTransient(error: unknown): boolean {
  return !isReply(error, /^/) || isReply(error, NOT_NOW);
}

function isReply(error: unknown, like: RegExp): boolean {
  return error instanceof Error && error.name === 'ReplyError' && like.test(error.message);
}

/** Defines `nowMs()` for every script: the time is the server's, the same for all gateways. */
const SERVER_TIME = `
local function nowMs()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function keepFor(key, ms)
  if redis.call('PTTL', key) < ms then redis.call('PEXPIRE', key, ms) end
end
`;

export function redisScript(body: string): RedisScript {
  const source = SERVER_TIME + body;
  return { source, sha: createHash('sha1').update(source).digest('hex') };
}
