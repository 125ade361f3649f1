/** Answers the first message of each stream and keeps the stream open; tells what memory it holds when asked. */
import grpc from '@grpc/grpc-js';
import { heldBytes } from '../held-memory.mjs';

const asIs = (buffer) => buffer;
const method = (path, isStream) => ({
  path,
  requestStream: isStream,
  responseStream: isStream,
  requestSerialize: asIs,
  requestDeserialize: asIs,
  responseSerialize: asIs,
  responseDeserialize: asIs,
});

const server = new grpc.Server();
server.addService(
  { hold: method('/floor/Hold', true), memory: method('/floor/Memory', false) },
  {
    hold(call) {
      call.on('data', (greeting) => call.write(greeting));
      call.on('error', () => {});
    },
    memory: (_, answer) => answer(null, Buffer.from(String(heldBytes()))),
  },
);
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stdout.write(`127.0.0.1:${port}\n`);
});
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
