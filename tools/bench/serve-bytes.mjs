/** A bare gRPC server for floors: its methods take and give bytes as they are. */
import grpc from '@grpc/grpc-js';

const asIs = (buffer) => buffer;
const method = (path, requestStream, responseStream, handle) => ({
  handle,
  definition: {
    path,
    requestStream,
    responseStream,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  },
});

export const call = (path, handle) => method(path, false, false, handle);
export const download = (path, handle) => method(path, false, true, handle);
export const stream = (path, handle) => method(path, true, true, handle);

/** Prints its address once it listens, and ends with its input. */
export function serve(...methods) {
  const server = new grpc.Server();
  server.addService(
    Object.fromEntries(methods.map(({ definition }) => [definition.path, definition])),
    Object.fromEntries(methods.map(({ definition, handle }) => [definition.path, handle])),
  );
  server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    process.stdout.write(`127.0.0.1:${port}\n`);
  });
  process.stdin.resume();
  process.stdin.on('end', () => process.exit(0));
}
