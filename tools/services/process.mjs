/** A server as a child process: it can be killed in any way and started again on the same port and folder. */
import { spawn } from 'node:child_process';
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const READY_MS_MAX = 60_000;
const LAST_WORDS_CHARS_MAX = 4_000;
const TRIES_MAX = 20;

export async function freePort() {
  const server = net.createServer();
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Sends the signal and waits for the end. */
export async function ended(child, signal) {
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await exit;
}

/** `launch` gives the command, `ready` says whether it takes work yet, `stopSignal` ends it in an orderly way. */
export function serverProcess({ name, launch, ready, stopSignal = 'SIGTERM' }) {
  let child = null;
  let lastWords = '';

  const isUp = () => child !== null && child.exitCode === null && child.signalCode === null;

  const launched = async (deadlineMs) => {
    const { command, args, options = {} } = launch();
    lastWords = '';
    child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) {
      stream
        .setEncoding('utf8')
        .on('data', (text) => (lastWords = (lastWords + text).slice(-LAST_WORDS_CHARS_MAX)));
    }
    child.on('error', (error) => (lastWords += `\n${error.message}`));
    while (isUp() && performance.now() < deadlineMs) {
      if (await ready()) return true;
      await delay(20);
    }
    return false;
  };

  /** After a kill its port or memory may be taken for a moment longer; then it ends at once and is tried again. */
  const start = async () => {
    if (isUp()) return;
    const deadlineMs = performance.now() + READY_MS_MAX;
    for (let tries = 0; tries < TRIES_MAX && performance.now() < deadlineMs; tries++) {
      if (await launched(deadlineMs)) return;
      await delay(200);
    }
    child?.kill('SIGKILL');
    throw new Error(`${name} did not start:\n${lastWords}`);
  };

  const kill = async (signal = 'SIGKILL') => {
    if (isUp()) await ended(child, signal);
  };

  return {
    name,
    start,
    kill,
    stop: () => kill(stopSignal),
    isUp,
    pid: () => (isUp() ? child.pid : null),
    lastWords: () => lastWords,
    /** The same process on its way out of this one: no time to wait. */
    abandon: () => void (isUp() && child.kill('SIGKILL')),
  };
}

/** Whether something answers on a port the way this server does. */
export function answers(port, { send = null, expect }) {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host: '127.0.0.1' });
    const finish = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1_000, () => finish(false));
    socket.on('error', () => finish(false));
    socket.on('close', () => finish(false));
    socket.on('connect', () => send !== null && socket.write(send));
    socket.on('data', (data) => finish(expect(data)));
  });
}
