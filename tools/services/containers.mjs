/** Servers in containers, where a container engine is at hand and nothing else is. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { root } from '../bundle.mjs';

const file = path.join(root, 'deploy/compose/servers.yaml');

const inside = { postgres: 5432, nats: 4222, redis: 6379 };
const urls = {
  postgres: (at) => `postgres://postgres@${at}/postgres`,
  nats: (at) => `nats://${at}`,
  redis: (at) => `redis://${at}`,
};

export const engineRuns = () => spawnSync('docker', ['info'], { stdio: 'ignore' }).status === 0;

/** Under a project name of its own, so that runs side by side do not meet. */
export function startContainers(names) {
  const project = `syncline-${process.pid}`;
  const compose = (...args) => {
    const run = spawnSync('docker', ['compose', '-p', project, '-f', file, ...args], { encoding: 'utf8' });
    if (run.status !== 0) throw new Error(`docker compose ${args[0]} failed: ${run.stderr}`);
    return run.stdout.trim();
  };
  const down = () => compose('down', '--volumes', '--timeout', '5');
  compose('up', '--detach', '--wait', ...names);
  const started = names.map((name) => {
    const port = Number(compose('port', name, String(inside[name])).split(':').at(-1));
    return {
      name,
      port,
      url: urls[name](`127.0.0.1:${port}`),
      start: async () => void compose('up', '--detach', '--wait', name),
      kill: async (signal = 'SIGKILL') => void compose('kill', '--signal', signal, name),
      stop: async () => void compose('stop', name),
      abandon: () => {},
    };
  });
  return { started, down };
}
