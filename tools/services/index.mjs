/**
 * Postgres, NATS and Redis for tests, `npm run stack` and measurements. Each is, in this order: the one at the address that
 * the environment names; a program on this machine, in a temporary folder on a free port; installed first, where this is
 * root on Debian or Ubuntu; a container. Whatever was started here is stopped here, and nothing else.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { folderOf, install, servers } from './binaries.mjs';
import { engineRuns, startContainers } from './containers.mjs';
import { startNats } from './nats.mjs';
import { startPostgres } from './postgres.mjs';
import { startRedis, startRedisCluster } from './redis.mjs';

const launchers = {
  postgres: startPostgres,
  nats: startNats,
  redis: startRedis,
  'redis-cluster': startRedisCluster,
};

/** Those that the services need; some tests ask for others. */
export const serverNames = ['postgres', 'nats', 'redis'];

/** Where the environment says that a server is already. */
export const addressVariable = (name) => `SYNCLINE_TEST_${name.toUpperCase()}_URL`;

const given = (name) => process.env[addressVariable(name)] ?? null;

/** Ours to use and not ours to stop. */
const givenServer = (name) => {
  const refuse = async () => {
    throw new Error(`${name} was given by ${addressVariable(name)}: it is not ours to stop or start`);
  };
  return {
    name,
    url: given(name),
    start: refuse,
    kill: refuse,
    stop: refuse,
    wipe: refuse,
    abandon() {},
    isGiven: true,
  };
};

/**
 * `{ postgres, nats, redis, env, close }`: each server has `url`, `start()`, `kill(signal)`, `stop()`, and `wipe()` where
 * that makes sense; `env` has their addresses for child processes.
 */
export async function startServers({ names = serverNames, say = () => {} } = {}) {
  const missing = names.filter((name) => given(name) === null && folderOf(name) === null);
  const why = missing.length === 0 ? null : install(missing, say);
  const absent = missing.filter((name) => folderOf(name) === null);
  if (absent.length > 0 && !engineRuns()) throw new Error(message(absent, why));

  const folder = mkdtempSync(path.join(os.tmpdir(), 'syncline-servers-'));
  // Postgres runs as another user, and has to pass through.
  chmodSync(folder, 0o755);
  const running = {};
  let containers = null;

  const abandon = () => {
    for (const server of Object.values(running)) server.abandon();
    containers?.down();
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', abandon);

  const close = async () => {
    process.off('exit', abandon);
    await Promise.all(Object.values(running).map((server) => !server.isGiven && server.stop()));
    containers?.down();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };

  try {
    if (absent.length > 0) {
      say(`starting ${absent.join(', ')} in containers`);
      containers = startContainers(absent);
      for (const server of containers.started) running[server.name] = server;
    }
    await Promise.all(
      names.map(async (name) => {
        if (running[name] !== undefined) return;
        running[name] =
          given(name) === null
            ? await launchers[name]({ programs: folderOf(name), folder })
            : givenServer(name);
        say(`${name.padEnd(8)} ${running[name].url}${running[name].isGiven ? ' (given)' : ''}`);
      }),
    );
  } catch (error) {
    await close();
    throw error;
  }
  const env = Object.fromEntries(names.map((name) => [addressVariable(name), running[name].url]));
  return { ...running, env, folder, close };
}

function message(names, why) {
  return [
    `${names.join(', ')} cannot be started: not on this machine (${why}), and no container engine answers.`,
    'Do one of these:',
    `  install ${names.map((name) => servers[name].debian).join(', ')}`,
    `  set ${names.map(addressVariable).join(', ')} to running servers`,
    '  start a container engine',
  ].join('\n');
}
