/**
 * `node tools/services/one.mjs <nats|redis|postgres>`: a server of one's own, to be killed and started again while a test
 * runs. Says its address on the first line, does what each line of stdin asks (`start`, `kill`, `stop`, `wipe`, `pause`,
 * `resume`), says `done`, and takes the server with it when stdin ends.
 */
import { createInterface } from 'node:readline';
import { addressVariable, startServers } from './index.mjs';

const [name] = process.argv.slice(2);
// The one that all tests share is not ours to stop.
delete process.env[addressVariable(name)];
const services = await startServers({ names: [name] });
const server = services[name];

const signal = async (which) => void (server.isUp() && process.kill(server.pid(), which));

const orders = {
  start: () => server.start(),
  kill: () => server.kill(),
  stop: () => server.stop(),
  wipe: () => server.wipe(),
  pause: () => signal('SIGSTOP'),
  resume: () => signal('SIGCONT'),
};

process.stdout.write(`${server.url}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  await orders[line]();
  process.stdout.write('done\n');
}
await server.kill();
await services.close();
