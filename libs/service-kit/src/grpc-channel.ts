import {
  type CallOptions,
  type ChannelCredentials,
  Client,
  type ClientDuplexStream,
  connectivityState,
  Metadata,
} from '@grpc/grpc-js';
import { asBuffer, asBytes } from './grpc-methods';

export interface GrpcChannelOptions {
  /** Deadlines are moments of the machine's clock. */
  readonly clock: { nowMs(): number };
  /** `dns:///name:port` reaches all addresses of the name in turn. */
  readonly target: string;
  readonly credentials: ChannelCredentials;
  /** Every call has a deadline; this one unless it names another. */
  readonly deadlineMs?: number;
  readonly messageBytesMax?: number;
  /** Paths such as `/syncline.internal.v1.DeltaService/Read` that may be called again when a server was not reached. */
  readonly retrySafe?: readonly string[];
  readonly attemptsMax?: number;
  /** How soon names are looked up again, at the earliest. */
  readonly resolveAgainMs?: number;
  readonly keepAliveMs?: number;
  /** For certificates that name another host than the target. */
  readonly serverName?: string;
}

export interface CallSettings {
  readonly deadlineMs?: number;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Waits for a server until the deadline; otherwise a channel that cannot connect fails the call at once. */
  readonly waitForReady?: boolean;
  readonly signal?: AbortSignal;
}

export interface GrpcChannel {
  /** Rejects with grpc-js's `ServiceError`. */
  unary(path: string, request: Uint8Array, settings?: CallSettings): Promise<Uint8Array>;
  /** A stream has no deadline unless it is given one. */
  stream(path: string, settings?: CallSettings): ClientDuplexStream<Uint8Array, Uint8Array>;
  /** Rejects when no server can be reached in time. */
  ready(withinMs: number): Promise<void>;
  readonly connected: boolean;
  close(): void;
}

const DEADLINE_MS = 10_000;
const MESSAGE_BYTES_MAX = 16 * 1024 * 1024;

export function grpcChannel(options: GrpcChannelOptions): GrpcChannel {
  const client = new Client(options.target, options.credentials, channelOptions(options));
  const deadline = (ms: number): CallOptions & { readonly deadline: number } => ({
    deadline: options.clock.nowMs() + ms,
  });

  return {
    unary: (path, request, settings = {}) =>
      new Promise((resolve, reject) => {
        const { signal } = settings;
        const call = client.makeUnaryRequest(
          path,
          asBuffer,
          asBytes,
          request,
          metadataOf(settings),
          deadline(settings.deadlineMs ?? options.deadlineMs ?? DEADLINE_MS),
          (error, answer) => {
            signal?.removeEventListener('abort', cancel);
            if (error === null && answer !== undefined) resolve(answer);
            else reject(error ?? new Error(`${path} answered nothing`));
          },
        );
        const cancel = () => call.cancel();
        if (signal?.aborted === true) cancel();
        signal?.addEventListener('abort', cancel, { once: true });
      }),
    stream(path, settings = {}) {
      const { deadlineMs } = settings;
      return client.makeBidiStreamRequest(
        path,
        asBuffer,
        asBytes,
        metadataOf(settings),
        deadlineMs === undefined ? {} : deadline(deadlineMs),
      );
    },
    ready: (withinMs) =>
      new Promise((resolve, reject) => {
        client.waitForReady(deadline(withinMs).deadline, (error) => {
          if (error === undefined) resolve();
          else reject(new Error(`${options.target} cannot be reached`, { cause: error }));
        });
      }),
    get connected() {
      return client.getChannel().getConnectivityState(false) === connectivityState.READY;
    },
    close: () => client.close(),
  };
}

function metadataOf({ metadata = {}, waitForReady = false }: CallSettings): Metadata {
  const result = new Metadata({ waitForReady });
  for (const [name, value] of Object.entries(metadata)) result.set(name, value);
  return result;
}

function channelOptions(options: GrpcChannelOptions) {
  const { keepAliveMs = 20_000, resolveAgainMs = 5_000, serverName } = options;
  return {
    'grpc.service_config': JSON.stringify(serviceConfig(options)),
    // A TXT record beside the name must not change what is configured here.
    'grpc.service_config_disable_resolution': 1,
    'grpc.max_receive_message_length': options.messageBytesMax ?? MESSAGE_BYTES_MAX,
    'grpc.max_send_message_length': -1,
    'grpc.keepalive_time_ms': keepAliveMs,
    'grpc.keepalive_timeout_ms': Math.min(keepAliveMs, 10_000),
    'grpc.keepalive_permit_without_calls': 1,
    'grpc.dns_min_time_between_resolutions_ms': resolveAgainMs,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 5_000,
    'grpc.use_local_subchannel_pool': 1,
    // Services talk to each other directly, whatever proxy the environment names.
    'grpc.enable_http_proxy': 0,
    'grpc.enable_channelz': 0,
    ...(serverName === undefined
      ? {}
      : { 'grpc.ssl_target_name_override': serverName, 'grpc.default_authority': serverName }),
  };
}

function serviceConfig({ retrySafe = [], attemptsMax = 3 }: GrpcChannelOptions) {
  const names = retrySafe.map((path) => {
    const [, service, method] = path.split('/');
    return { service, method };
  });
  const retryPolicy = {
    maxAttempts: attemptsMax,
    initialBackoff: '0.05s',
    maxBackoff: '1s',
    backoffMultiplier: 2,
    retryableStatusCodes: ['UNAVAILABLE'],
  };
  return {
    loadBalancingConfig: [{ round_robin: {} }],
    methodConfig: names.length === 0 ? [] : [{ name: names, retryPolicy }],
  };
}
