/** Streams messages that were encoded beforehand and lie in memory: `file` has each behind its length. */
import { readFileSync } from 'node:fs';
import grpc from '@grpc/grpc-js';

const { file } = JSON.parse(process.argv[2]);

const bytes = readFileSync(file);
const messages = [];
for (let at = 0; at < bytes.length;) {
  const length = bytes.readUInt32BE(at);
  messages.push(bytes.subarray(at + 4, at + 4 + length));
  at += 4 + length;
}

const asIs = (buffer) => buffer;
const method = {
  path: '/floor/Stream',
  requestStream: false,
  responseStream: true,
  requestSerialize: asIs,
  requestDeserialize: asIs,
  responseSerialize: asIs,
  responseDeserialize: asIs,
};

const server = new grpc.Server();
server.addService(
  { stream: method },
  {
    async stream(call) {
      for (const message of messages)
        if (!call.write(message)) await new Promise((resolve) => call.once('drain', resolve));
      call.end();
    },
  },
);
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stdout.write(`127.0.0.1:${port}\n`);
});
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
