import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { answers, freePort, serverProcess } from './process.mjs';

export async function startNats({ programs, folder }) {
  const port = await freePort();
  const data = path.join(folder, 'nats');
  mkdirSync(data);
  const server = serverProcess({
    name: 'nats',
    launch: () => ({
      command: path.join(programs, 'nats-server'),
      args: ['--addr', '127.0.0.1', '--port', String(port), '--jetstream', '--store_dir', data],
    }),
    ready: () => answers(port, { expect: (data) => data.toString().startsWith('INFO ') }),
  });
  await server.start();
  /** Everything that it kept is gone, as after the loss of its disk. */
  const wipe = async () => {
    await server.kill();
    rmSync(data, { recursive: true, force: true });
    mkdirSync(data);
    await server.start();
  };
  return { ...server, wipe, port, url: `nats://127.0.0.1:${port}` };
}
