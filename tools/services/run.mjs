/** `node tools/services/run.mjs -- <command>`: runs a command with Postgres, NATS and Redis at hand, and stops them after it. */
import { spawn } from 'node:child_process';
import { startServers } from './index.mjs';

const command = process.argv.slice(process.argv.indexOf('--') + 1);
if (!process.argv.includes('--') || command.length === 0) {
  process.stderr.write('usage: node tools/services/run.mjs -- <command>\n');
  process.exit(2);
}

async function main() {
  const services = await startServers({ say: (line) => process.stderr.write(`${line}\n`) });
  try {
    const child = spawn(command[0], command.slice(1), {
      stdio: 'inherit',
      env: { ...process.env, ...services.env },
    });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    return await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve(code ?? 1));
    });
  } finally {
    await services.close();
  }
}

process.exitCode = await main().catch((failure) => {
  process.stderr.write(`${failure.message}\n`);
  return 1;
});
