/**
 * `npm run stack`: real Postgres, NATS and Redis, and the three services as processes, until Ctrl-C. With `--verbose` their
 * logs are shown, with `--for-load` nobody is too fast for them.
 */
import { startServers } from '../services/index.mjs';
import { startStack } from './index.mjs';
import { developmentToken } from './token.mjs';

const say = (line = '') => process.stdout.write(`${line}\n`);
const verbose = process.argv.includes('--verbose');
const forLoad = process.argv.includes('--for-load');

const gatewayPorts = { grpc: 7400, http: 7401, ops: 7402 };
const claims = { sub: 'ada', tenant: 'demo', operator: true, spaces: { home: 'owner' } };

async function main() {
  say('Starting Postgres, NATS and Redis');
  const servers = await startServers({ say: (line) => say(`  ${line}`) });
  say('Starting merge, delta and gateway');
  const stack = await startStack({
    servers,
    fixed: gatewayPorts,
    forLoad,
    onLine: (name, line) => (verbose || /"level":"error"/.test(line)) && say(`${name}: ${line}`),
  }).catch(async (error) => {
    await servers.close();
    throw error;
  });
  for (const { name, addresses } of Object.values(stack.services)) {
    const listens = Object.entries(addresses()).filter(([, at]) => at !== undefined);
    say(`  ${name.padEnd(10)} ${listens.map(([kind, at]) => `${kind} ${at}`).join('  ')}`);
  }
  const token = developmentToken(stack.tokenSecret, claims);
  const { grpc, http } = stack.services['gateway-1'].addresses();
  say();
  say(`A token for ada, owner of the space "home" and operator, good for a day:\n${token}`);
  say();
  say('Try:');
  say(`  curl -s http://${http}/syncline.v1.AdminService/CreateSpace -H 'Content-Type: application/json' \\`);
  say(`    -H 'Authorization: Bearer ${token}' -d '{"space":"home"}'`);
  say(`  npx buf curl --protocol grpc --http2-prior-knowledge http://${grpc} --list-methods`);
  if (forLoad) say(`  TOKEN=${token} npm run load -- --quick --grpc ${grpc} --http ${http}`);
  say();
  say('Ctrl-C stops everything.');
  await new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, resolve);
  });
  say('Stopping');
  await stack.close();
  await servers.close();
}

process.exitCode = await main().then(
  () => 0,
  (failure) => {
    process.stderr.write(`${failure.message}\n`);
    return 1;
  },
);
