import { Server, ServerCredentials, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';
import { type ResolveRequest, ResolveResponse } from '@syncline/proto';
import { ConflictResolverService } from '@syncline/proto/services';

/** A tenant's resolver that answers what it was told to. */
export interface ToldResolver {
  readonly endpoint: string;
  /** An answer in the form that the protocol has as JSON. */
  answer(next: object): void;
  close(): void;
}

export async function toldResolver(): Promise<ToldResolver> {
  const server = new Server();
  let told: object = {};
  server.addService(ConflictResolverService, {
    resolve: (
      _call: ServerUnaryCall<ResolveRequest, ResolveResponse>,
      reply: sendUnaryData<ResolveResponse>,
    ) => reply(null, ResolveResponse.fromJSON(told)),
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (failure, bound) =>
      failure === null ? resolve(bound) : reject(failure),
    );
  });
  return {
    endpoint: `127.0.0.1:${port}`,
    answer: (next) => (told = next),
    close: () => server.forceShutdown(),
  };
}
