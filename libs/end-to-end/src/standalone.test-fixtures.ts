import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { rootFolder } from './stack';

/** The whole service as one process on free ports, as `npm start` runs it. */
export interface Standalone {
  readonly process: ChildProcess;
  /** Resolves when it listens. */
  readonly listening: Promise<Connection>;
}

export interface Connection {
  readonly http: string;
  readonly space: string;
  readonly token: string;
}

const FREE_PORTS = Object.fromEntries(
  ['GRPC', 'HTTP', 'OPS'].map((name) => [`SYNCLINE_${name}_ADDRESS`, '127.0.0.1:0']),
);

export function startStandalone(
  dataFolder: string,
  settings: Readonly<Record<string, string>> = {},
): Standalone {
  const root = rootFolder(__dirname);
  const server = spawn('node', [path.join(root, 'tools/start.mjs')], {
    cwd: root,
    // The path is that of this Node, and nothing else.
    env: {
      ...FREE_PORTS,
      ...settings,
      PATH: path.dirname(process.execPath),
      SYNCLINE_DATA_FOLDER: dataFolder,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let complained = '';
  server.stderr.setEncoding('utf8').on('data', (text: string) => (complained += text));
  const listening = new Promise<Connection>((resolve, reject) => {
    createInterface({ input: server.stdout }).on('line', (line) => {
      if (!line.includes('"msg":"listening"')) return;
      const told = readFileSync(path.join(dataFolder, 'connection.json'), 'utf8');
      resolve(JSON.parse(told) as Connection);
    });
    server.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${complained}`)));
  });
  return { process: server, listening };
}

export async function killed(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  if (child.kill('SIGKILL')) await ended;
}
