import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';

/** A server that a test may kill, because no other test uses it. */
export interface OwnServer {
  readonly url: string;
  start(): Promise<void>;
  kill(): Promise<void>;
  /** In an orderly way. */
  stop(): Promise<void>;
  /** Started again, with everything gone that it kept. */
  wipe(): Promise<void>;
  /** It keeps its connections and answers nothing. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  close(): Promise<void>;
}

const ROOT = path.resolve(__dirname, '../../..');
const PROGRAM = path.join(ROOT, 'tools/services/one.mjs');

export async function ownServer(name: 'nats' | 'redis' | 'redis-cluster'): Promise<OwnServer> {
  const child = spawn(process.execPath, [PROGRAM, name], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async (): Promise<string> => {
    const line = await lines.next();
    if (line.done === true) throw new Error(`the test's own ${name} ended by itself`);
    return line.value;
  };
  const order = async (what: string): Promise<void> => {
    child.stdin.write(`${what}\n`);
    await answer();
  };
  return {
    url: await answer(),
    start: () => order('start'),
    kill: () => order('kill'),
    stop: () => order('stop'),
    wipe: () => order('wipe'),
    pause: () => order('pause'),
    resume: () => order('resume'),
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}
