import { createServer, type Server, type ServerOptions } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Socket } from 'node:net';
import { type Refusal, refusal } from '@syncline/core';
import { type Address, type Certificates, closeHttp, listenHttp } from '@syncline/service-kit';
import type { HttpDeps } from './http-deps';
import type { HttpLimits } from './http-limits';
import { jsonCalls } from './json-calls';
import { rawAnswer, webSockets } from './websockets';

/** Certificates that may be exchanged while the server runs. */
export interface CertificateSource {
  current(): Certificates;
  onChange(listener: (certificates: Certificates) => void): () => void;
}

export interface HttpServerOptions extends HttpDeps {
  readonly address: Address;
  /** Null to speak without TLS. */
  readonly certificates: CertificateSource | null;
}

export interface HttpServer {
  /** Resolves with where it listens, the real port included. */
  start(): Promise<Address>;
  /** Takes no new sessions; whoever has one goes on. */
  drain(): void;
  /** Lets requests end, then cuts off what is left. */
  close(): Promise<void>;
}

/** Calls as JSON over POST, and sessions over WebSockets. */
export function httpServer(options: HttpServerOptions): HttpServer {
  const { address, certificates, httpLimits } = options;
  const sockets = webSockets(options);
  const calls = jsonCalls(options);
  const server =
    certificates === null
      ? createServer(serverOptions(httpLimits), calls)
      : secureServer(certificates, httpLimits, calls);
  server.maxConnections = httpLimits.connectionsMax;
  server.setTimeout(httpLimits.idleMs, (socket) => void socket.destroy());
  server.on('upgrade', (request, socket, head) => sockets.upgrade(request, socket, head));
  server.on('clientError', (error, socket) => tellClient(error, socket as Socket));
  return {
    start: () => listenHttp(server, address),
    drain: () => sockets.drain(),
    async close() {
      sockets.close();
      await closeHttp(server, httpLimits.drainWithinMs);
    },
  };
}

function secureServer(
  certificates: CertificateSource,
  limits: HttpLimits,
  calls: ReturnType<typeof jsonCalls>,
): Server {
  const server = createSecureServer({ ...serverOptions(limits), ...pair(certificates.current()) }, calls);
  const stop = certificates.onChange((changed) => server.setSecureContext(pair(changed)));
  server.once('close', stop);
  return server;
}

function pair({ cert, key }: Certificates): { cert: Buffer; key: Buffer } {
  return { cert, key };
}

const CHECK_EVERY_MS = 1_000;

function serverOptions(limits: HttpLimits): ServerOptions {
  return {
    maxHeaderSize: limits.headerBytesMax,
    headersTimeout: limits.headersWithinMs,
    // Bodies are timed where they are read; this is for what nobody reads.
    requestTimeout: limits.headersWithinMs + 2 * limits.bodyWithinMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: CHECK_EVERY_MS,
  };
}

/** What could not even be taken for a request. */
function tellClient(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  const [status, told] = mishap(error.code);
  socket.end(rawAnswer(status, told), () => void socket.destroy());
}

function mishap(code: string | undefined): readonly [number, Refusal] {
  if (code === 'HPE_HEADER_OVERFLOW')
    return [431, refusal('MESSAGE_TOO_LARGE', { message: 'The headers are too large.' })];
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return [408, refusal('DEADLINE_EXCEEDED', { message: 'The request did not arrive in time.' })];
  return [400, refusal('INVALID_ARGUMENT', { message: 'This is no HTTP request.' })];
}
