import { Client, credentials, Metadata, Server, ServerCredentials, type ServiceError } from '@grpc/grpc-js';
import { type Answer, granted, type Refusal } from '@syncline/core';
import { SyncServiceService } from '@syncline/proto/services';
import { bytesMethods } from '@syncline/service-kit';
import { decode, encode, statusFromBytes, statusFromJson, statusToRefusal, type Codec } from '@syncline/wire';
import { DEFAULT_HTTP_LIMITS, type HttpLimits } from '../http/http-limits';
import { type HttpServerOptions, httpServer } from '../http/http-server';
import { signedSessions } from '../integrity/signed-sessions';
import { sessionShell } from '../session/session-shell';
import type { CallWorld } from './call-world.test-fixtures';
import { handlersOf, unaryHandlers } from './grpc';
import type { MessageCodec } from './methods';
import { syncMethods } from './sync-methods';

const SYNC_SERVICE = 'syncline.v1.SyncService';

/** Makes calls in one of the two ways. */
export interface Caller {
  call<Request, Response>(
    name: string,
    request: Codec<Request> & MessageCodec<Request>,
    response: Codec<Response>,
    message: Request,
    token?: string,
    /** W3C. */
    traceparent?: string,
  ): Promise<Answer<Response>>;
}

export interface Served {
  readonly grpc: Caller;
  readonly http: Caller;
  readonly grpcAddress: string;
  /** Without a scheme: for `http://` and `ws://`. */
  readonly httpAddress: string;
  /** How many sessions are open. */
  sessions(): number;
  /** The HTTP side takes no new sessions. */
  drainHttp(): void;
  close(): Promise<void>;
}

export interface ServedGiven extends Partial<Pick<HttpServerOptions, 'origins' | 'certificates'>> {
  readonly httpLimits?: Partial<HttpLimits>;
}

/** Real servers on the loopback over a world in memory. */
export async function serve({ deps }: CallWorld, given: ServedGiven = {}): Promise<Served> {
  const methods = syncMethods(deps);
  const shell = sessionShell(deps);
  const open = { count: 0 };
  const openSession = signedSessions((stream) => shell.open(stream), {
    ...deps,
    integrityKey: (device) => deps.store.integrityKey(device),
    failed: () => undefined,
  });
  const grpcServer = new Server();
  const handlers = unaryHandlers(methods, { ...deps, behindProxy: false });
  grpcServer.addService(bytesMethods(SyncServiceService), handlersOf(SyncServiceService, handlers));
  const port = await new Promise<number>((resolve, reject) => {
    grpcServer.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  const http = httpServer({
    ...deps,
    address: { host: '127.0.0.1', port: 0 },
    certificates: given.certificates ?? null,
    methods,
    streams: new Map(),
    openSession(stream) {
      const inlet = openSession(stream);
      open.count++;
      return {
        ...inlet,
        closed() {
          open.count--;
          inlet.closed();
        },
      };
    },
    origins: given.origins ?? [],
    behindProxy: false,
    httpLimits: { ...DEFAULT_HTTP_LIMITS, drainWithinMs: 100, ...given.httpLimits },
  });
  const { port: httpPort } = await http.start();
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const httpAddress = `127.0.0.1:${httpPort}`;
  return {
    grpc: grpcCaller(client),
    http: httpCaller(`http://${httpAddress}`),
    grpcAddress: `127.0.0.1:${port}`,
    httpAddress,
    sessions: () => open.count,
    drainHttp: () => http.drain(),
    async close() {
      client.close();
      grpcServer.forceShutdown();
      await shell.close();
      await http.close();
    },
  };
}

export function grpcCaller(client: Client, service = SYNC_SERVICE): Caller {
  return {
    call: (name, request, response, message, token, traceparent) =>
      new Promise((resolve) => {
        const metadata = new Metadata();
        if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
        if (traceparent !== undefined) metadata.set('traceparent', traceparent);
        client.makeUnaryRequest(
          `/${service}/${name}`,
          (bytes: Uint8Array) => Buffer.from(bytes),
          (bytes: Buffer) => bytes,
          encode(request, message),
          metadata,
          (error, bytes) => resolve(error === null ? decode(response, bytes!) : refusedBy(error)),
        );
      }),
  };
}

export function refusedBy(error: ServiceError): { readonly ok: false; readonly refusal: Refusal } {
  const [details] = error.metadata.get('grpc-status-details-bin');
  const bytes = details instanceof Buffer ? details : Buffer.alloc(0);
  return { ok: false, refusal: statusToRefusal(statusFromBytes(bytes, error.code, error.details)) };
}

export function httpCaller(url: string, service = SYNC_SERVICE): Caller {
  return {
    async call(name, request, response, message, token, traceparent) {
      const headers = {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(traceparent === undefined ? {} : { traceparent }),
      };
      const answer = await fetch(`${url}/${service}/${name}`, {
        method: 'POST',
        headers,
        body: JSON.stringify(request.toJSON(message)),
      });
      const json: unknown = await answer.json();
      if (answer.ok) return granted(response.fromJSON(json));
      const status = statusFromJson(json);
      if (status === null) throw new TypeError('an error without a status');
      return { ok: false, refusal: statusToRefusal(status) };
    },
  };
}
