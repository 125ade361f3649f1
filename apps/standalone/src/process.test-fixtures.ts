import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Connection } from './connection-file';

const START = path.resolve(__dirname, '../../../tools/start.mjs');
const FREE_PORTS = {
  SYNCLINE_GRPC_ADDRESS: '127.0.0.1:0',
  SYNCLINE_HTTP_ADDRESS: '127.0.0.1:0',
  SYNCLINE_OPS_ADDRESS: '127.0.0.1:0',
};

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What it wrote for people. */
  readonly said: string;
}

export interface ServerProcess {
  /** What it logged, a line each. */
  readonly logged: readonly string[];
  /** Rejects when it ends instead. */
  readonly listening: Promise<{ readonly grpc: string; readonly http: string; readonly ops: string }>;
  readonly ended: Promise<Ended>;
  kill(signal: NodeJS.Signals): Promise<Ended>;
  connection(): Connection;
  /** A call as JSON over HTTP, with the token that was printed. */
  call(method: string, request: object): Promise<{ readonly status: number; readonly body: unknown }>;
}

/** `npm start`, as a process of its own. */
export function startServer(folder: string, settings: Readonly<Record<string, string>> = {}): ServerProcess {
  const child = spawn(process.execPath, [START], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: path.dirname(process.execPath), ...FREE_PORTS, SYNCLINE_DATA_FOLDER: folder, ...settings },
  });
  const logged: string[] = [];
  const ended = endOf(child);
  const listening = new Promise<Record<'grpc' | 'http' | 'ops', string>>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      logged.push(line);
      const event = JSON.parse(line) as Record<string, string>;
      if (event['msg'] === 'listening') resolve(event);
    });
    void ended.then(({ said }) => reject(new Error(`it ended: ${said}\n${logged.join('\n')}`)));
  });
  // A test that expects the end does not look at it.
  listening.catch(() => undefined);
  const connection = () =>
    JSON.parse(readFileSync(path.join(folder, 'connection.json'), 'utf8')) as Connection;

  return {
    logged,
    listening,
    ended,
    kill(signal) {
      child.kill(signal);
      return ended;
    },
    connection,
    async call(method, request) {
      const { http, token } = connection();
      const response = await fetch(`http://${http}/syncline.v1.${method}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify(request),
      });
      return { status: response.status, body: await response.json() };
    },
  };
}

function endOf(child: ChildProcess): Promise<Ended> {
  let said = '';
  child.stderr?.on('data', (text: Buffer) => (said += text.toString()));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, said }));
  });
}
