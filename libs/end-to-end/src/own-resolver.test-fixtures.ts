import { Server, ServerCredentials, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';
import type { ResolveRequest, ResolveResponse } from '@syncline/proto';
import { ConflictResolverService } from '@syncline/proto/services';

/** A resolver in this process, which answers as it is told. */
export interface OwnResolver {
  readonly address: string;
  readonly asked: readonly ResolveRequest[];
  /** Null never answers. */
  answer: ResolveResponse | null;
  close(): void;
}

export async function ownResolver(port = 0): Promise<OwnResolver> {
  const asked: ResolveRequest[] = [];
  const server = new Server();
  const resolver = { answer: null as ResolveResponse | null };
  server.addService(ConflictResolverService, {
    resolve(call: ServerUnaryCall<ResolveRequest, ResolveResponse>, reply: sendUnaryData<ResolveResponse>) {
      asked.push(call.request);
      if (resolver.answer !== null) reply(null, resolver.answer);
    },
  });
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, found) =>
      error === null ? resolve(found) : reject(error),
    );
  });
  return Object.assign(resolver, {
    address: `127.0.0.1:${bound}`,
    asked,
    close: () => server.forceShutdown(),
  });
}

export const takeIncoming = (why: string): ResolveResponse => ({
  decision: { $case: 'takeIncoming', takeIncoming: {} },
  why,
});
