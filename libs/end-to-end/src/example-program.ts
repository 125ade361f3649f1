import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { rootFolder } from './stack';

export interface ExampleProgram {
  /** As it said on standard output. */
  readonly address: string;
  end(): Promise<void>;
}

const ROOT = rootFolder(__dirname);

/** Starts a program of `examples/` as its README does, and waits for it to say where it listens. */
export async function startExample(file: string, ...args: readonly string[]): Promise<ExampleProgram> {
  const runner = path.join(ROOT, 'tools/run.mjs');
  const child = spawn(process.execPath, [runner, file, ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const address = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [found] = /\S+:\d+$/.exec(line) ?? [];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`${file} ended with ${code}`)));
  });
  return { address, end: () => ended(child) };
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}
