import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { answers, freePort, serverProcess } from './process.mjs';

export async function startRedis({ programs, folder }) {
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
