/** The three services as processes on real servers, as many instances of each as asked for. */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { bundle, ownFolder, root } from '../bundle.mjs';
import { freePort } from '../services/process.mjs';
import { liftedLimits } from './lifted-limits.mjs';
import { service } from './service.mjs';

const address = (port) => `127.0.0.1:${port}`;
const target = (ports) => `ipv4:${ports.map(address).join(',')}`;
const times = (count, make) => Promise.all(Array.from({ length: count }, (_, index) => make(index + 1)));

/** Ports stay what they are when an instance is started again: the others know it by them. */
async function ports(names) {
  const found = await Promise.all(names.map(async (name) => [name, await freePort()]));
  return Object.fromEntries(found);
}

const listenOn = (own) =>
  Object.fromEntries(
    Object.entries(own).map(([name, port]) => [`SYNCLINE_${name.toUpperCase()}_ADDRESS`, address(port)]),
  );

/**
 * Returns the services by name (`gateway-1`, `merge-1`, …), the secret that tokens are signed with, and `close`. With
 * `fixed`, the first gateway listens where its settings say by default; with `forLoad`, nobody is too fast for it.
 */
export async function startStack({
  servers,
  counts = { gateway: 1, merge: 1, delta: 1 },
  env = {},
  fixed = {},
  forLoad = false,
  onLine,
}) {
  const folder = ownFolder();
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', removeFolder);
  const programs = {};
  for (const app of ['gateway', 'merge', 'delta']) {
    programs[app] = await bundle(path.join(root, `apps/${app}/src/main.ts`), path.join(folder, app));
  }
  const tokenSecret = randomBytes(32).toString('base64url');
  const shared = {
    SYNCLINE_POSTGRES_URL: servers.postgres.url,
    SYNCLINE_NATS_URL: servers.nats.url,
  };
  const cursorKeys = { SYNCLINE_CURSOR_KEYS: `1:${randomBytes(32).toString('base64')}` };
  const instances = async (app, given, names) =>
    times(counts[app], async (number) => {
      const own = { ...(await ports(names)), ...(number === 1 ? given : {}) };
      return { app, name: `${app}-${number}`, own };
    });
  const merges = await instances('merge', {}, ['grpc', 'ops']);
  const deltas = await instances('delta', {}, ['grpc', 'ops']);
  const gateways = await instances('gateway', fixed, ['grpc', 'http', 'ops']);
  const gatewayEnv = {
    ...(forLoad ? liftedLimits : {}),
    ...cursorKeys,
    SYNCLINE_REDIS_URL: servers.redis.url,
    SYNCLINE_TOKEN_SECRET: tokenSecret,
    SYNCLINE_AUDIT_KEY: `1:${randomBytes(32).toString('base64')}`,
    SYNCLINE_MERGE_ADDRESS: target(merges.map(({ own }) => own.grpc)),
    SYNCLINE_DELTA_ADDRESS: target(deltas.map(({ own }) => own.grpc)),
  };
  const made = [...merges, ...deltas, ...gateways].map(({ app, name, own }) => {
    const ofApp = { gateway: gatewayEnv, delta: cursorKeys, merge: {} }[app];
    const settings = { ...shared, ...ofApp, ...listenOn(own), ...(env.all ?? {}), ...(env[app] ?? {}) };
    return service({ name, program: programs[app], env: settings, onLine });
  });
  const services = Object.fromEntries(made.map((each) => [each.name, each]));
  const abandon = () => made.forEach((each) => each.abandon());
  process.once('exit', abandon);

  const close = async () => {
    for (const app of ['gateway', 'delta', 'merge']) {
      await Promise.all(made.filter(({ name }) => name.startsWith(app)).map((each) => each.stop()));
    }
    process.off('exit', abandon);
    process.off('exit', removeFolder);
    removeFolder();
  };
  try {
    for (const each of made) await each.start();
  } catch (error) {
    abandon();
    removeFolder();
    throw error;
  }
  return { services, tokenSecret, close };
}
