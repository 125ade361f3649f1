import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { rootFolder } from '@syncline/end-to-end';

/** A program that does a row's work without Syncline: `tools/bench/floors/<name>.mjs`. */
function launch(name: string, given: object): ChildProcess {
  const program = path.join(rootFolder(__dirname), 'tools/bench/floors', `${name}.mjs`);
  return spawn(process.execPath, [program, JSON.stringify(given)], { stdio: ['pipe', 'pipe', 'inherit'] });
}

/** Runs it to its end; what it measured is the JSON that it prints. */
export async function runFloor<Result>(name: string, given: object): Promise<Result> {
  const child = launch(name, given);
  const lines: string[] = [];
  createInterface({ input: child.stdout! }).on('line', (line) => lines.push(line));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`the floor ${name} ended with ${code}`);
  return JSON.parse(lines.join('\n')) as Result;
}

export interface ServingFloor {
  readonly address: string;
  readonly pid: number;
  /** What it does each time it is told. */
  tell(line: string): void;
  readonly close: () => Promise<void>;
}

/** Runs it as a server; the first line that it prints is its address. */
export async function serveFloor(name: string, given: object): Promise<ServingFloor> {
  const child = launch(name, given);
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const address = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout! }).once('line', resolve);
    child.once('close', (code) => reject(new Error(`the floor ${name} ended with ${code}`)));
  });
  return {
    address,
    pid: child.pid!,
    tell: (line) => void child.stdin!.write(`${line}\n`),
    async close() {
      child.stdin!.end();
      await ended;
    },
  };
}
