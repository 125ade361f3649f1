import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { answers, freePort, serverProcess } from './process.mjs';

const USER = 'postgres';

/** Postgres will not run as root: then it runs as the user that its package made. */
function identity() {
  if (process.getuid?.() !== 0) return {};
  const idOf = (flag) => Number(execFileSync('id', [flag, USER], { encoding: 'utf8' }).trim());
  return { uid: idOf('-u'), gid: idOf('-g') };
}

// A request for TLS is the shortest thing that every Postgres answers, once it takes connections: with S or N.
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

export async function startPostgres({ programs, folder }) {
  const port = await freePort();
  const data = path.join(folder, 'postgres');
  const as = identity();
  mkdirSync(data, { mode: 0o700 });
  if (as.uid !== undefined) chownSync(data, as.uid, as.gid);
  const options = { ...as, cwd: data, env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' } };
  const init = spawnSync(
    path.join(programs, 'initdb'),
    ['-D', data, '-U', USER, '--auth=trust', '--encoding=UTF8', '--no-locale', '--no-sync'],
    { ...options, encoding: 'utf8' },
  );
  if (init.status !== 0)
    throw new Error(`initdb failed: ${init.stderr || init.stdout || init.error?.message}`);
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: 200,
    shared_buffers: '128MB',
    // Acknowledged means safe: what is tested and measured here is what holds in production.
    fsync: 'on',
    synchronous_commit: 'on',
  };
  const server = serverProcess({
    name: 'postgres',
    launch: () => ({
      command: path.join(programs, 'postgres'),
      args: ['-D', data, ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])],
      options,
    }),
    ready: () => takesQueries(port),
    stopSignal: 'SIGINT',
  });
  await server.start();
  return { ...server, port, url: `postgres://${USER}@127.0.0.1:${port}/postgres` };
}

const startup = (() => {
  const body = Buffer.from(`user\0${USER}\0database\0postgres\0\0`);
  const head = Buffer.alloc(8);
  head.writeInt32BE(body.length + 8, 0);
  head.writeInt32BE(196608, 4);
  return Buffer.concat([head, body]);
})();

/** It listens before it is ready, and says so: an R instead of an E means that it lets us in. */
async function takesQueries(port) {
  const listens = await answers(port, {
    send: sslRequest,
    expect: ([first]) => first === 0x53 || first === 0x4e,
  });
  return listens && answers(port, { send: startup, expect: ([first]) => first === 0x52 });
}
