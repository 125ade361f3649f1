import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

/** A server of this run alone: one process, an embedded database in a folder that goes with it. */
export interface Server {
  readonly grpc: string;
  readonly http: string;
  readonly space: string;
  /** Of the user `demo`, who owns that space. */
  readonly token: string;
  close(): Promise<void>;
}

export async function startServer(): Promise<Server> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'syncline-example-'));
  const child = spawn(process.execPath, ['tools/start.mjs'], {
    env: {
      SYNCLINE_DATA_FOLDER: folder,
      SYNCLINE_GRPC_ADDRESS: '127.0.0.1:0',
      SYNCLINE_HTTP_ADDRESS: '127.0.0.1:0',
      SYNCLINE_OPS_ADDRESS: '127.0.0.1:0',
      // Where the example of a resolver listens.
      SYNCLINE_RESOLVER_PLAINTEXT_HOSTS: '127.0.0.1',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const close = async (): Promise<void> => {
    await ended(child);
    rmSync(folder, { recursive: true, force: true });
  };
  // It would outlive this process otherwise.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void close().then(() => process.exit(1)));
  try {
    await listening(child);
    const told = readFileSync(path.join(folder, 'connection.json'), 'utf8');
    return { ...(JSON.parse(told) as Omit<Server, 'close'>), close };
  } catch (failure) {
    await close();
    throw failure;
  }
}

/** Its log says so, and its log is lines of JSON. */
function listening(child: ChildProcess): Promise<void> {
  let complained = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (complained += text));
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout! }).on('line', (line) => {
      if (line.includes('"msg":"listening"')) resolve();
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}:\n${complained}`)));
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await exit;
}
