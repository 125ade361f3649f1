import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { answers, freePort, serverProcess } from './process.mjs';

export async function startRedis({ programs, folder }, more = []) {
  const port = await freePort();
  const data = path.join(folder, 'redis');
  mkdirSync(data);
  const settings = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--dir',
    data,
    '--save',
    '',
    '--appendonly',
    'no',
    ...more,
  ];
  const server = serverProcess({
    name: 'redis',
    launch: () => ({ command: path.join(programs, 'redis-server'), args: settings }),
    ready: () => answers(port, { send: 'PING\r\n', expect: (data) => data.toString().startsWith('+PONG') }),
  });
  await server.start();
  const wipe = () =>
    answers(port, { send: 'FLUSHALL\r\n', expect: (data) => data.toString().startsWith('+OK') });
  return { ...server, wipe, port, url: `redis://127.0.0.1:${port}` };
}

const ALL_SLOTS = 'CLUSTER ADDSLOTSRANGE 0 16383\r\n';

/** A cluster of one: it holds its clients to the same rules as a large one, such as that of keys that belong together. */
export async function startRedisCluster(where) {
  const busPort = await freePort();
  const settings = ['--cluster-enabled', 'yes', '--cluster-port', String(busPort)];
  // Clients go where the cluster says that it is.
  const server = await startRedis(where, [...settings, '--cluster-announce-ip', '127.0.0.1']);
  const isWhole = (data) => data.toString().includes('cluster_state:ok');
  await answers(server.port, { send: ALL_SLOTS, expect: () => true });
  while (!(await answers(server.port, { send: 'CLUSTER INFO\r\n', expect: isWhole }))) await delay(20);
  return { ...server, name: 'redis-cluster' };
}
