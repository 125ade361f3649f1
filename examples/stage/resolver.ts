import { Server, ServerCredentials, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';
import type { ResolveRequest, ResolveResponse } from '@syncline/proto';
import { ConflictResolverService } from '@syncline/proto/services';

/** A service of the tenant's own that Syncline asks about conflicts. */
export interface Resolver {
  /** `host:port`, as rules name it. */
  readonly endpoint: string;
  close(): void;
}

export type Decide = (question: ResolveRequest) => ResolveResponse;

/** The same question must always get the same answer, as it can come more than once. */
export async function startResolver(decide: Decide): Promise<Resolver> {
  const server = new Server();
  server.addService(ConflictResolverService, {
    resolve(call: ServerUnaryCall<ResolveRequest, ResolveResponse>, answer: sendUnaryData<ResolveResponse>) {
      answer(null, decide(call.request));
    },
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (failure, bound) =>
      failure === null ? resolve(bound) : reject(failure),
    );
  });
  return { endpoint: `127.0.0.1:${port}`, close: () => server.forceShutdown() };
}
