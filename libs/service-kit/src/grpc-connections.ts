import { constants, type Http2Server, type ServerHttp2Session } from 'node:http2';
import type { Server, ServerCredentials } from '@grpc/grpc-js';
import type { GrpcLimits } from './grpc-limits';

/** The parts of grpc-js that hold a server's HTTP/2 options. It offers no other way to them. */
interface ServerInside {
  commonServerOptions?: Record<string, unknown>;
  createHttp2Server?: (credentials: ServerCredentials) => Http2Server;
}

export interface Connections {
  count(): number;
  /** Cuts off whoever is still there. */
  destroy(): void;
}

const PING_WINDOW_MS = 10_000;

/** Bounds what the library leaves open: headers, connections, slow TLS handshakes, floods of pings. */
export function boundConnections(server: Server, limits: GrpcLimits): Connections {
  const inside = server as unknown as ServerInside;
  const create = inside.createHttp2Server?.bind(server);
  if (inside.commonServerOptions === undefined || create === undefined) {
    throw new Error('this version of @grpc/grpc-js keeps its HTTP/2 options elsewhere');
  }
  Object.assign(inside.commonServerOptions, {
    handshakeTimeout: limits.handshakeWithinMs,
    // What a server says in headers is short, and said once or twice a connection: a table to shorten it is kilobytes for each.
    maxDeflateDynamicTableSize: 0,
    settings: {
      maxConcurrentStreams: limits.streamsPerConnectionMax,
      maxHeaderListSize: limits.headerBytesMax,
    },
  });

  const pings = new Map<ServerHttp2Session, number>();
  const forgetPings = setInterval(() => {
    for (const session of pings.keys()) pings.set(session, 0);
  }, PING_WINDOW_MS);
  forgetPings.unref();

  const watch = (session: ServerHttp2Session): void => {
    pings.set(session, 0);
    session.on('close', () => pings.delete(session));
    session.on('ping', () => {
      const seen = (pings.get(session) ?? 0) + 1;
      pings.set(session, seen);
      if (seen > limits.pingsPerTenSecondsMax)
        session.destroy(new Error('too many pings'), constants.NGHTTP2_ENHANCE_YOUR_CALM);
    });
  };
  inside.createHttp2Server = (credentials) => {
    const http2 = create(credentials);
    http2.maxConnections = limits.connectionsMax;
    http2.on('session', watch);
    return http2;
  };

  return {
    count: () => pings.size,
    destroy() {
      clearInterval(forgetPings);
      for (const session of pings.keys()) session.destroy();
    },
  };
}
