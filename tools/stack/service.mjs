/** One of our services as a child process: started, killed and started again on the same ports. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { ended } from '../services/process.mjs';

const READY_MS_MAX = 60_000;
const LAST_LINES_MAX = 50;

/** `addresses` is what it said it listens on. `onLine` hears its log, which is one JSON object a line. */
export function service({ name, program, env, onLine = () => {} }) {
  let child = null;
  let addresses = null;
  let lastLines = [];

  const isUp = () => child !== null && child.exitCode === null && child.signalCode === null;

  const hear = (line, isReady) => {
    lastLines = [...lastLines.slice(1 - LAST_LINES_MAX), line];
    onLine(name, line);
    const said = parsed(line);
    if (said?.msg !== 'listening') return;
    addresses = { grpc: said.grpc, http: said.http, ops: said.ops };
    isReady();
  };

  const start = async () => {
    if (isUp()) return addresses;
    child = spawn(process.execPath, ['--enable-source-maps', program], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, ...env },
    });
    const started = child;
    await new Promise((resolve, reject) => {
      const fail = (why) => reject(new Error(`${name} ${why}:\n${lastLines.join('\n')}`));
      const timer = setTimeout(() => fail(`did not listen within ${READY_MS_MAX / 1000} s`), READY_MS_MAX);
      const settle = () => {
        clearTimeout(timer);
        resolve();
      };
      for (const stream of [started.stdout, started.stderr]) {
        createInterface({ input: stream }).on('line', (line) => hear(line, settle));
      }
      started.once('error', (error) => fail(error.message));
      started.once('exit', (code, signal) => {
        clearTimeout(timer);
        fail(`ended (${signal ?? code}) while it was starting`);
      });
    });
    return addresses;
  };

  const kill = async (signal = 'SIGKILL') => {
    if (isUp()) await ended(child, signal);
  };

  return {
    name,
    start,
    kill,
    stop: () => kill('SIGTERM'),
    isUp,
    pid: () => (isUp() ? child.pid : null),
    addresses: () => addresses,
    lastLines: () => lastLines,
    abandon: () => void (isUp() && child.kill('SIGKILL')),
  };
}

function parsed(line) {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
