import { Server, type ServerCredentials, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { type Address, addressText } from './addresses';
import { boundConnections } from './grpc-connections';
import { serveHealth } from './grpc-health';
import { DEFAULT_GRPC_LIMITS, type GrpcLimits } from './grpc-limits';
import { type BytesMethods, serviceNames } from './grpc-methods';
import { serveReflection } from './grpc-reflection';
import type { KitLog } from './kit-log';
import { within } from './lifecycle';
import type { Readiness } from './readiness';

export interface GrpcService {
  /** Of `bytesMethods`. */
  readonly methods: BytesMethods<
    Record<string, { path: string; requestStream: boolean; responseStream: boolean }>
  >;
  readonly handlers: UntypedServiceImplementation;
}

export interface GrpcServerOptions {
  readonly address: Address;
  readonly credentials: ServerCredentials;
  readonly services: readonly GrpcService[];
  readonly readiness: Readiness;
  readonly log: KitLog;
  readonly limits?: Partial<GrpcLimits>;
  /** The compiled proto files of what may be known from outside; services that are not among them stay hidden. */
  readonly reflection?: readonly Uint8Array[];
  /** The server is about to close: open calls should be ended by their handlers, with a word of farewell. */
  readonly onDrain?: () => void;
}

export interface GrpcServer {
  /** Resolves with where it listens, the real port included. */
  start(): Promise<Address>;
  /** Takes no more calls, tells the handlers, lets calls end, and cuts off what has not ended in time. */
  close(): Promise<void>;
  connections(): number;
}

export function grpcServer(options: GrpcServerOptions): GrpcServer {
  const limits = { ...DEFAULT_GRPC_LIMITS, ...options.limits };
  const server = new Server(serverOptions(limits));
  const connections = boundConnections(server, limits);
  const names = options.services.flatMap(({ methods }) => serviceNames(methods));
  for (const { methods, handlers } of options.services) server.addService(methods, handlers);
  const health = serveHealth(server, names, options.readiness);
  if (options.reflection !== undefined) serveReflection(server, options.reflection, names);

  const closeInOrder = async (): Promise<void> => {
    options.readiness.drain();
    options.onDrain?.();
    health.close();
    const closed = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
    if (!(await within(limits.drainWithinMs, closed))) {
      options.log.warn('calls were cut off', { connections: connections.count() });
    }
    server.forceShutdown();
    connections.destroy();
  };
  let closing: Promise<void> | null = null;

  return {
    start: () =>
      new Promise((resolve, reject) => {
        server.bindAsync(addressText(options.address), options.credentials, (error, port) => {
          if (error === null) resolve({ host: options.address.host, port });
          else reject(new Error(`cannot listen on ${addressText(options.address)}`, { cause: error }));
        });
      }),
    close: () => (closing ??= closeInOrder()),
    connections: () => connections.count(),
  };
}

function serverOptions(limits: GrpcLimits) {
  const bounded = (name: string, value: number) => (value === 0 ? {} : { [name]: value });
  return {
    'grpc.max_receive_message_length': limits.messageBytesMax,
    // What this side sends is bounded where it is made; a limit here would only break a stream.
    'grpc.max_send_message_length': -1,
    'grpc.max_concurrent_streams': limits.streamsPerConnectionMax,
    'grpc-node.max_session_memory': limits.connectionMemoryMibMax,
    ...bounded('grpc.keepalive_time_ms', limits.keepAliveMs),
    ...bounded('grpc.keepalive_timeout_ms', limits.keepAliveWithinMs),
    ...bounded('grpc.max_connection_idle_ms', limits.idleMs),
    ...bounded('grpc.max_connection_age_ms', limits.connectionAgeMs),
    ...bounded('grpc.max_connection_age_grace_ms', limits.connectionAgeGraceMs),
    'grpc.enable_channelz': 0,
  };
}
