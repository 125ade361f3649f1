/** Writes one message that was encoded beforehand, `page` in base64, to every open stream whenever a pusher says something. */
import grpc from '@grpc/grpc-js';

const page = Buffer.from(JSON.parse(process.argv[2]).page, 'base64');

const asIs = (buffer) => buffer;
const stream = (path) => ({
  path,
  requestStream: true,
  responseStream: true,
  requestSerialize: asIs,
  requestDeserialize: asIs,
  responseSerialize: asIs,
  responseDeserialize: asIs,
});

const watchers = new Set();

const server = new grpc.Server();
server.addService(
  { watch: stream('/floor/Watch'), push: stream('/floor/Push') },
  {
    watch(call) {
      call.on('cancelled', () => watchers.delete(call));
      call.once('data', (greeting) => {
        watchers.add(call);
        call.write(greeting);
      });
      call.on('error', () => watchers.delete(call));
    },
    push(call) {
      call.once('data', (greeting) => {
        call.write(greeting);
        call.on('data', () => {
          for (const watcher of watchers) watcher.write(page);
        });
      });
      call.on('error', () => {});
    },
  },
);
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stdout.write(`127.0.0.1:${port}\n`);
});
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
