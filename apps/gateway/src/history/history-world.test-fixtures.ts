import { Client, type ClientReadableStream, credentials, Metadata } from '@grpc/grpc-js';
import { type Answer, type Change, granted, type Limits, type UserId } from '@syncline/core';
import { ed25519Signer } from '@syncline/memory';
import { pushOf } from '@syncline/port-contracts';
import { asBuffer, asBytes } from '@syncline/service-kit';
import { type Codec, decode, encode, statusFromJson, statusToRefusal } from '@syncline/wire';
import type { GatewayOptions } from '../gateway';
import { HOME_KEY, identityOf, type TestGateway, type TestWorld, testWorld } from '../gateway.test-fixtures';
import type { MessageCodec } from '../unary/methods';
import { grpcCaller, httpCaller, refusedBy } from '../unary/served.test-fixtures';

const SERVICE = 'syncline.v1.HistoryService';
export const SIGNER = ed25519Signer({ id: 1, secret: new Uint8Array(32).fill(5) });

type MessageOf<Message> = Codec<Message> & MessageCodec<Message>;

/** Makes calls in one of the two ways; both give the same. */
export interface HistoryCaller {
  call<Request, Response>(
    caller: string | null,
    name: string,
    request: MessageOf<Request>,
    response: Codec<Response>,
    message: Partial<Request>,
  ): Promise<Answer<Response>>;
  /** All parts, or the refusal that they end with. */
  parts<Request, Response>(
    caller: string | null,
    name: string,
    request: MessageOf<Request>,
    response: Codec<Response>,
    message: Partial<Request>,
  ): Promise<Answer<Response[]>>;
}

export interface HistoryWorld extends TestWorld {
  readonly gate: TestGateway;
  readonly grpc: HistoryCaller;
  readonly http: HistoryCaller;
  /** The body of a call that is answered in lines. */
  lines(caller: string | null, name: string, message: object): Promise<LinesAnswer>;
  /** Each change by a device of its own. */
  write(...changes: readonly Change[]): Promise<void>;
}

export interface LinesAnswer {
  readonly status: number;
  readonly type: string | null;
  readonly text: string;
  /** The connection broke off. */
  readonly broken: boolean;
}

/** A gateway over a world in memory, whose space `home` has an owner, an editor and a reader. */
export async function historyWorld(
  options: Partial<GatewayOptions> = {},
  limits: Partial<Limits> = {},
): Promise<HistoryWorld> {
  const world = await testWorld({ handshakesBurstPerUserMax: 10_000, ...limits });
  const { store, tokens, backends } = world;
  for (const role of ['owner', 'editor', 'reader'] as const) {
    tokens.issue(role, identityOf(role));
    await store.setAccess(HOME_KEY, role as string as UserId, { role, collections: new Map() });
  }
  tokens.issue('stranger', identityOf('stranger'));
  tokens.issue('operator', identityOf('root', { operator: true }));
  tokens.issue('of another tenant', identityOf('owner', { tenant: 'globex' as never }));
  const gate = await world.gateway({ chainSigner: SIGNER, ...options });
  const client = new Client(gate.address.grpc, credentials.createInsecure());
  const url = `http://${gate.address.http}`;
  const lines = linesOver(url);
  const devices = { count: 0 };
  const [grpc, http] = [grpcCaller(client, SERVICE), httpCaller(url, SERVICE)];
  return {
    ...world,
    gate,
    grpc: {
      call: (caller, name, request, response, message) =>
        grpc.call(name, request, response, { ...request.fromJSON({}), ...message }, caller ?? undefined),
      parts: (caller, name, request, response, message) =>
        grpcParts(client, caller, name, response, encode(request, { ...request.fromJSON({}), ...message })),
    },
    http: {
      call: (caller, name, request, response, message) =>
        http.call(name, request, response, { ...request.fromJSON({}), ...message }, caller ?? undefined),
      async parts(caller, name, request, response, message) {
        const json = request.toJSON({ ...request.fromJSON({}), ...message }) as object;
        return partsIn(await lines(caller, name, json), response);
      },
    },
    lines,
    async write(...changes) {
      for (const each of changes) {
        const push = pushOf(`d${++devices.count}`, [each]);
        const result = await backends.push({ space: HOME_KEY, push });
        if (result.kind === 'refused') throw new Error(result.refusal.reason);
      }
    },
    async close() {
      client.close();
      await world.close();
    },
  };
}

function grpcParts<Response>(
  client: Client,
  caller: string | null,
  name: string,
  response: Codec<Response>,
  request: Uint8Array,
): Promise<Answer<Response[]>> {
  const metadata = new Metadata();
  if (caller !== null) metadata.set('authorization', `Bearer ${caller}`);
  const stream: ClientReadableStream<Uint8Array> = client.makeServerStreamRequest(
    `/${SERVICE}/${name}`,
    asBuffer,
    asBytes,
    request,
    metadata,
  );
  const parts: Response[] = [];
  return new Promise((resolve) => {
    stream.on('data', (bytes: Uint8Array) => {
      const part = decode(response, bytes);
      if (part.ok) parts.push(part.value);
      else resolve(part);
    });
    stream.on('error', (error) => resolve(refusedBy(error as Parameters<typeof refusedBy>[0])));
    stream.on('end', () => resolve(granted(parts)));
  });
}

function linesOver(url: string): HistoryWorld['lines'] {
  return async (caller, name, message) => {
    const answer = await fetch(`${url}/${SERVICE}/${name}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(caller === null ? {} : { authorization: `Bearer ${caller}` }),
      },
      body: JSON.stringify(message),
    });
    const parts: Uint8Array[] = [];
    let broken = false;
    try {
      for await (const part of answer.body!) parts.push(part as Uint8Array);
    } catch {
      broken = true;
    }
    const { status } = answer;
    return {
      status,
      type: answer.headers.get('content-type'),
      text: Buffer.concat(parts).toString(),
      broken,
    };
  };
}

function partsIn<Response>({ text }: LinesAnswer, response: Codec<Response>): Answer<Response[]> {
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { error?: unknown });
  const last = lines.at(-1);
  const status = statusFromJson(last?.error ?? last);
  if (status !== null) return { ok: false, refusal: statusToRefusal(status) };
  return granted(lines.map((line) => response.fromJSON(line)));
}
