/**
 * Real servers and services for tests that kill them, driven over stdin and stdout, one JSON object a line.
 * The only argument: `{"counts":{"gateway":2,…},"env":{"all":{…},"gateway":{…}},"forLoad":true}`. First it says
 * `{"ready":true,"urls":{…},"tokenSecret":…,"addresses":{…}}`. Then `{"id":1,"do":"kill","name":"merge-1","signal":"SIGKILL"}`
 * (also `start`, `stop`, and `wipe` for nats and redis) is answered by `{"id":1}` or `{"id":1,"error":…}`, and `pid` by
 * `{"id":1,"pid":…}`, null for what runs out of sight. It ends with its input.
 */
import { createInterface } from 'node:readline';
import { startServers } from '../services/index.mjs';
import { startStack } from './index.mjs';

const given = JSON.parse(process.argv[2] ?? '{}');
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const inBackground = (line) => process.stderr.write(`${line}\n`);

const without = (variables) => {
  // What a whole test run shares is not to be killed by one of its tests.
  for (const variable of variables) delete process.env[variable];
};
without(['SYNCLINE_TEST_POSTGRES_URL', 'SYNCLINE_TEST_NATS_URL', 'SYNCLINE_TEST_REDIS_URL']);

const servers = await startServers();
const stack = await startStack({
  servers,
  ...given,
  onLine: (name, line) => inBackground(`${name} ${line}`),
}).catch(async (error) => {
  await servers.close();
  throw error;
});

const parts = { postgres: servers.postgres, nats: servers.nats, redis: servers.redis, ...stack.services };

const addresses = () =>
  Object.fromEntries(Object.values(stack.services).map((each) => [each.name, each.addresses()]));

say({
  ready: true,
  urls: { postgres: servers.postgres.url, nats: servers.nats.url, redis: servers.redis.url },
  tokenSecret: stack.tokenSecret,
  addresses: addresses(),
});

const actions = {
  kill: (part, { signal }) => part.kill(signal),
  start: async (part) => void (await part.start()),
  stop: (part) => part.stop(),
  wipe: (part) => part.wipe(),
  pid: (part) => ({ pid: part.pid?.() ?? null }),
};

async function obey(command) {
  const part = parts[command.name];
  const action = actions[command.do];
  if (part === undefined || action === undefined) throw new Error(`cannot ${command.do} ${command.name}`);
  return action(part, command);
}

async function close() {
  await stack.close();
  await servers.close();
  process.exit(0);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => void close());

const input = createInterface({ input: process.stdin });
input.on('line', (line) => {
  const command = JSON.parse(line);
  obey(command).then(
    (answer) => say({ id: command.id, ...answer }),
    (error) => say({ id: command.id, error: error.message }),
  );
});
input.on('close', () => void close());
