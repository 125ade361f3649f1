import {
  Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  credentials,
  Metadata,
} from '@grpc/grpc-js';
import { type Answer, type Limits, type Refusal, type UserId } from '@syncline/core';
import { artifactOf, type ArtifactFixture, eventually } from '@syncline/port-contracts';
import {
  DownloadArtifactRequest,
  DownloadArtifactResponse,
  UploadArtifactRequest,
  UploadArtifactResponse,
} from '@syncline/proto';
import { asBuffer, asBytes } from '@syncline/service-kit';
import {
  type Codec,
  decode,
  downloadCall,
  downloadPart,
  type DownloadPart,
  encode,
  statusFromBytes,
  statusToRefusal,
  uploadMessage,
  type UploadMessage,
  uploadProgress,
  type UploadProgress,
} from '@syncline/wire';
import type { GatewayOptions } from '../gateway';
import type { GatewayTiming } from '../gateway-timing';
import {
  HOME,
  HOME_KEY,
  identityOf,
  type TestGateway,
  type TestWorld,
  testWorld,
} from '../gateway.test-fixtures';
import type { MessageCodec } from '../unary/methods';
import { grpcCaller, httpCaller } from '../unary/served.test-fixtures';

const SERVICE = 'syncline.v1.ArtifactService';

type CallOf = <Request, Response>(
  caller: string | null,
  name: string,
  request: Codec<Request> & MessageCodec<Request>,
  response: Codec<Response>,
  message: Partial<Request>,
) => Promise<Answer<Response>>;

export interface ArtifactWorld extends TestWorld {
  readonly gate: TestGateway;
  readonly grpc: CallOf;
  readonly http: CallOf;
  upload(token: string | null, given?: { readonly device?: string; readonly gate?: TestGateway }): TestUpload;
  download(token: string | null, wanted: Partial<DownloadArtifactRequest>): TestDownload;
  /** Puts an artifact there, whole. */
  uploaded(fixture: ArtifactFixture): Promise<void>;
}

export interface ArtifactWorldGiven {
  readonly limits?: Partial<Limits>;
  readonly options?: Partial<GatewayOptions>;
  readonly timing?: Partial<GatewayTiming>;
}

/** A gateway over a world in memory, whose space `home` has an owner, an editor and a reader. */
export async function artifactWorld(given: ArtifactWorldGiven = {}): Promise<ArtifactWorld> {
  const world = await testWorld({ handshakesBurstPerUserMax: 10_000, ...given.limits });
  const { store, tokens } = world;
  for (const role of ['owner', 'editor', 'reader'] as const) {
    tokens.issue(role, identityOf(role));
    await store.setAccess(HOME_KEY, role as string as UserId, { role, collections: new Map() });
  }
  tokens.issue('stranger', identityOf('stranger'));
  tokens.issue('of another tenant', identityOf('owner', { tenant: 'globex' as never }));
  const gate = await world.gateway(given.options, given.timing);
  const clients: Client[] = [];
  const clientOf = (to: TestGateway): Client => {
    const client = new Client(to.address.grpc, credentials.createInsecure());
    clients.push(client);
    return client;
  };
  const client = clientOf(gate);
  return {
    ...world,
    gate,
    grpc: (caller, name, request, response, message) =>
      grpcCaller(client, SERVICE).call(name, request, response, whole(request, message), caller ?? undefined),
    http: (caller, name, request, response, message) =>
      httpCaller(`http://${gate.address.http}`, SERVICE).call(
        name,
        request,
        response,
        whole(request, message),
        caller ?? undefined,
      ),
    upload: (token, { device = 'd1', gate: to = gate } = {}) => testUpload(clientOf(to), token, device),
    download: (token, wanted) => testDownload(clientOf(gate), token, wanted),
    async uploaded({ info, chunks }) {
      const { artifacts } = store;
      await artifacts.begin(HOME_KEY, info, 1);
      for (const [index, content] of chunks.entries())
        await artifacts.putChunk(HOME_KEY, info.hash, { index, content }, 1);
      expect(await artifacts.complete(HOME_KEY, info.hash)).toBe(true);
    },
    async close() {
      for (const each of clients) each.close();
      await world.close();
    },
  };
}

const whole = <Request>(
  codec: MessageCodec<Request> & Codec<Request>,
  message: Partial<Request>,
): Request => ({
  ...codec.fromJSON({}),
  ...message,
});

const metadataOf = (token: string | null): Metadata => {
  const metadata = new Metadata();
  if (token !== null) metadata.set('authorization', `Bearer ${token}`);
  return metadata;
};

export interface TestUpload {
  readonly call: ClientDuplexStream<Uint8Array, Uint8Array>;
  readonly heard: readonly UploadProgress[];
  begin(fixture: ArtifactFixture): void;
  chunk(fixture: ArtifactFixture, index: number): void;
  say(message: UploadMessage): void;
  /** What was said last, once it is this far. */
  heardOf(chunksReceived: number): Promise<UploadProgress>;
  /** How the stream ended: the refusal of its status, or null. */
  end(): Promise<Refusal | null>;
}

function testUpload(client: Client, token: string | null, device: string): TestUpload {
  const call = client.makeBidiStreamRequest(
    `/${SERVICE}/UploadArtifact`,
    asBuffer,
    asBytes,
    metadataOf(token),
  );
  const heard: UploadProgress[] = [];
  call.on('data', (bytes: Uint8Array) => {
    heard.push(valueOf(uploadProgress.fromProto(valueOf(decode(UploadArtifactResponse, bytes)))));
  });
  const upload: TestUpload = {
    call,
    heard,
    begin: ({ info }) =>
      upload.say({ kind: 'begin', space: HOME, device: device as never, info, priority: 0 }),
    chunk: ({ chunks }, index) =>
      upload.say({ kind: 'chunk', chunk: { index, content: chunks[index]!, crc32c: null } }),
    say: (message) => void call.write(encode(UploadArtifactRequest, uploadMessage.toProto(message))),
    heardOf: (chunksReceived) =>
      eventually(() => {
        expect(heard.at(-1)?.standing.chunksReceived).toBe(chunksReceived);
        return heard.at(-1)!;
      }),
    end: endOf(call),
  };
  return upload;
}

export interface TestDownload {
  readonly call: ClientReadableStream<Uint8Array>;
  readonly parts: readonly DownloadPart[];
  end(): Promise<Refusal | null>;
}

function testDownload(
  client: Client,
  token: string | null,
  wanted: Partial<DownloadArtifactRequest>,
): TestDownload {
  const call = client.makeServerStreamRequest(
    `/${SERVICE}/DownloadArtifact`,
    asBuffer,
    asBytes,
    encode(DownloadArtifactRequest, {
      ...DownloadArtifactRequest.create({ space: HOME, device: 'd1' }),
      ...wanted,
    }),
    metadataOf(token),
  );
  const parts: DownloadPart[] = [];
  call.on('data', (bytes: Uint8Array) => {
    parts.push(valueOf(downloadPart.fromProto(valueOf(decode(DownloadArtifactResponse, bytes)))));
  });
  return { call, parts, end: endOf(call) };
}

function endOf(call: ClientDuplexStream<Uint8Array, Uint8Array> | ClientReadableStream<Uint8Array>) {
  const ending: { status: { refusal: Refusal | null } | null } = { status: null };
  call.on('error', () => undefined);
  call.on('status', ({ code, details, metadata }) => {
    const [bytes] = metadata.get('grpc-status-details-bin');
    const found = bytes instanceof Buffer ? bytes : new Uint8Array(0);
    const refusal = Number(code) === 0 ? null : statusToRefusal(statusFromBytes(found, code, details));
    ending.status = { refusal };
  });
  return () =>
    eventually(() => {
      if (ending.status === null) throw new Error('the stream goes on');
      return ending.status.refusal;
    });
}

export const reasonOf = (answer: Answer<unknown>): string => (answer.ok ? 'OK' : answer.refusal.reason);

export function valueOf<Value>(answer: Answer<Value>): Value {
  if (answer.ok) return answer.value;
  const { reason, message, violations } = answer.refusal;
  throw new Error(`${reason}: ${message} ${JSON.stringify(violations)}`);
}

export const wantedOf = (
  { info }: ArtifactFixture,
  given: Partial<Parameters<typeof downloadCall.toProto>[0]> = {},
) =>
  downloadCall.toProto({
    space: HOME,
    device: 'd1' as never,
    hash: info.hash,
    fromChunk: 0,
    chunks: null,
    priority: 0,
    ...given,
  });

export { artifactOf };
