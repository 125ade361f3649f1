import type { UntypedServiceImplementation } from '@grpc/grpc-js';
import { ratesAhead, tenantRates } from '@syncline/flows';
import * as services from '@syncline/proto/services';
import {
  type Address,
  addressText,
  bytesMethods,
  type CertificateFiles,
  grpcServer,
  type GrpcLimits,
  type GrpcService,
  type Readiness,
  serverCredentials,
} from '@syncline/service-kit';
import { gzipCompressor } from '@syncline/wire/gzip';
import { adminServices } from './admin/admin-services';
import { type OpenSessions, openSessions } from './admin/open-sessions';
import { artifactMethods } from './artifacts/artifact-methods';
import { artifactStreams } from './artifacts/artifact-streams';
import { conflictMethods } from './conflicts/conflict-methods';
import type { GatewayDeps } from './gateway-deps';
import { sessionHandler } from './grpc/session-stream';
import { historyMethods, historyStreams } from './history/history-methods';
import type { AllowedOrigins } from './http/cors';
import { DEFAULT_HTTP_LIMITS, type HttpLimits } from './http/http-limits';
import { httpServer } from './http/http-server';
import { signedSessions } from './integrity/signed-sessions';
import { sessionShell } from './session/session-shell';
import { spaceTrails } from './spaces/space-trails';
import { syncGathering } from './syncs/sync-gathering';
import { drainingCalls } from './streams/draining';
import { streamHandlers } from './streams/grpc-streams';
import { handlersOf, unaryHandlers } from './unary/grpc';
import { begunTraces } from './tracing/begun-traces';
import type { UnaryMethods } from './unary/methods';
import { syncMethods } from './unary/sync-methods';

export interface GatewayOptions extends Omit<
  GatewayDeps,
  'pushRates' | 'ratesOf' | 'begunTraces' | 'trails' | 'syncs'
> {
  readonly grpcAddress: Address;
  readonly httpAddress: Address;
  /** Null to speak without TLS. */
  readonly certificates: CertificateFiles | null;
  readonly readiness: Readiness;
  readonly origins: AllowedOrigins;
  /** The address that callers come from says nothing, as they come through a proxy. */
  readonly behindProxy: boolean;
  /** Compiled proto files, for whoever asks what is served. */
  readonly reflection?: readonly Uint8Array[];
  readonly grpcLimits?: Partial<GrpcLimits>;
  readonly httpLimits?: Partial<HttpLimits>;
}

export interface Gateway {
  /** Resolves with where it listens, the real ports included. */
  start(): Promise<{ readonly grpc: string; readonly http: string }>;
  /** Not ready from now on; resolves when the devices have moved elsewhere, or the time for that is over. */
  drain(): Promise<void>;
  /** Drains first. */
  close(): Promise<void>;
  sessions(): number;
}

/** Larger messages than are allowed are still received as far as this, so that their sender can be told. */
const RECEIVED_PER_ALLOWED = 2;

/** Everything that devices talk to: sessions and calls, over gRPC, WebSockets and HTTP. */
export function createGateway(options: GatewayOptions): Gateway {
  const deps = withOwnParts(options);
  const { limits, timing, readiness } = deps;
  const shell = sessionShell(deps);
  const methods = unaryMethods(
    deps,
    openSessions(() => shell.all()),
  );
  const streams = historyStreams(deps);
  const draining = drainingCalls();
  const artifacts = artifactStreams({ ...deps, draining });
  const streamed = streamHandlers(streams, { ...deps, draining });
  const openSession = signedSessions(shell.open, {
    tokens: deps.tokens,
    clock: deps.clock,
    integrityKey: (device) => deps.store.integrityKey(device),
    failed: (error) => deps.log.warn('the key of a device could not be looked up', { error }),
  });
  const httpLimits = { ...DEFAULT_HTTP_LIMITS, ...deps.httpLimits };
  const grpc = grpcServer({
    address: deps.grpcAddress,
    credentials: serverCredentials(deps.certificates),
    services: grpcServices(
      deps,
      methods,
      new Map<object, UntypedServiceImplementation>([
        [services.SyncServiceService, { session: sessionHandler({ ...deps, openSession }) }],
        [services.ArtifactServiceService, artifacts.handlers],
        [services.HistoryServiceService, handlersOf(services.HistoryServiceService, streamed)],
      ]),
    ),
    readiness,
    log: deps.log,
    limits: { messageBytesMax: RECEIVED_PER_ALLOWED * limits.messageBytesMax, ...deps.grpcLimits },
    ...(deps.reflection === undefined ? {} : { reflection: deps.reflection }),
  });
  const http = httpServer({
    ...deps,
    address: deps.httpAddress,
    methods,
    streams,
    openSession,
    httpLimits,
  });
  let drained: Promise<void> | null = null;

  const drain = (): Promise<void> => {
    readiness.drain();
    http.drain();
    draining.drain();
    return (drained ??= shell.drain());
  };

  return {
    async start() {
      const bound = { grpc: await grpc.start(), http: await http.start() };
      return { grpc: addressText(bound.grpc), http: addressText(bound.http) };
    },
    drain,
    async close() {
      await (timing.drainMs > 0 ? drain() : undefined);
      draining.drain();
      await shell.close();
      await Promise.all([grpc.close(), http.close()]);
      await deps.syncs.close();
    },
    sessions: () => shell.count(),
  };
}

function unaryMethods(deps: GatewayDeps, open: OpenSessions): UnaryMethods {
  const compressor = gzipCompressor(deps.limits.messageBytesMax);
  return new Map([
    ...syncMethods({ ...deps, compressor }),
    ...adminServices({ ...deps, open }),
    ...artifactMethods(deps),
    ...conflictMethods(deps),
    ...historyMethods(deps),
  ]);
}

function withOwnParts(options: GatewayOptions): GatewayOptions & GatewayDeps {
  const { rates, clock, store } = options;
  return {
    ...options,
    ratesOf: tenantRates({ tenants: store, clock }),
    pushRates: ratesAhead({ rates, clock }),
    begunTraces: begunTraces(options),
    trails: spaceTrails(),
    syncs: syncGathering(options),
  };
}

/** Of each service what is served here; of the others nothing is known. */
function grpcServices(
  deps: GatewayDeps & Pick<GatewayOptions, 'behindProxy'>,
  methods: UnaryMethods,
  streams: ReadonlyMap<object, UntypedServiceImplementation>,
): GrpcService[] {
  const handlers = unaryHandlers(methods, deps);
  const definitions = Object.entries(services).flatMap(([name, definition]) =>
    name.endsWith('ServiceService') ? [definition as Parameters<typeof bytesMethods>[0]] : [],
  );
  return definitions.flatMap((definition) => {
    const served = { ...handlersOf(definition, handlers), ...streams.get(definition) };
    return Object.keys(served).length === 0 ? [] : [{ methods: bytesMethods(definition), handlers: served }];
  });
}
