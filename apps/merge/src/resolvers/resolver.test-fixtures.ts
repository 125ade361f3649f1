import type { status } from '@grpc/grpc-js';
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import { ResolveRequest, ResolveResponse } from '@syncline/proto';
import { ConflictResolverService } from '@syncline/proto/services';
import { bytesMethods } from '@syncline/service-kit';
import { encode, decode } from '@syncline/wire';

/** What a resolver answers: the bytes as they are, or the end of the call with a code; null for never. */
export type Reply = ResolveResponse | Uint8Array | { readonly code: status } | null;

export interface FakeResolver {
  readonly endpoint: string;
  readonly asked: ResolveRequest[];
  /** The bearer tokens that came with them. */
  readonly tokens: (string | null)[];
  /** What is answered from now on. */
  reply: (request: ResolveRequest) => Reply;
  close(): void;
}

export const deciding = (
  decision: NonNullable<ResolveResponse['decision']>,
  why = 'So.',
): ResolveResponse => ({
  decision,
  why,
});
export const TAKE_INCOMING = deciding({ $case: 'takeIncoming', takeIncoming: {} });

/** A real server of the public contract on a free port; the same port again where one is named. */
export async function fakeResolver(port = 0): Promise<FakeResolver> {
  const server = new Server();
  const resolver = { asked: [] as ResolveRequest[], tokens: [] as (string | null)[] };
  const handle = (call: ServerUnaryCall<Uint8Array, Uint8Array>, answer: sendUnaryData<Uint8Array>): void => {
    const request = decode(ResolveRequest, call.request);
    if (!request.ok) throw new Error('the question cannot be read');
    resolver.asked.push(request.value);
    const [token] = call.metadata.get('authorization');
    resolver.tokens.push(typeof token === 'string' ? token : null);
    const reply = fake.reply(request.value);
    if (reply === null) return;
    if (reply instanceof Uint8Array) answer(null, reply);
    else if ('code' in reply) answer({ code: reply.code, details: 'It says more than it should.' });
    else answer(null, encode(ResolveResponse, reply));
  };
  server.addService(bytesMethods(ConflictResolverService), { resolve: handle });
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, found) =>
      error === null ? resolve(found) : reject(error),
    );
  });
  const fake: FakeResolver = {
    ...resolver,
    endpoint: `127.0.0.1:${bound}`,
    reply: () => TAKE_INCOMING,
    close: () => server.forceShutdown(),
  };
  return fake;
}
