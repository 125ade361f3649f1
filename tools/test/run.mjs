/**
 * Runs every test of the workspace in one Jest run, with Postgres, NATS and Redis of its own. Extra arguments go to Jest:
 * `npm test -- -t digest`.
 */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startServers } from '../services/index.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
const say = (line) => process.stdout.write(`${line}\n`);

async function main() {
  const servers = await startServers({ say });
  try {
    const run = spawn(process.execPath, [jest, '--config', 'jest.config.cjs', ...process.argv.slice(2)], {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, ...servers.env },
    });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => run.kill(signal));
    return await new Promise((resolve, reject) => {
      run.on('error', reject);
      run.on('close', (code) => resolve(code ?? 1));
    });
  } finally {
    await servers.close();
  }
}

process.exitCode = await main().catch((failure) => {
  process.stderr.write(`${failure.message}\n`);
  say('0 passed, 1 failed');
  return 1;
});
