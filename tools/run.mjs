/**
 * Runs a TypeScript entry: `node tools/run.mjs <file.ts> [args]`.
 * The entry and the libraries it imports are bundled from source; npm packages stay outside the bundle.
 * Every process has a folder of its own, so parallel runs never overwrite each other's bundle.
 */
import { spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { bundle, ownFolder } from './bundle.mjs';

const signalsPassedOn = ['SIGINT', 'SIGTERM', 'SIGHUP'];

function start(program, args) {
  const child = spawn(process.execPath, ['--enable-source-maps', program, ...args], { stdio: 'inherit' });
  for (const signal of signalsPassedOn) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? 128 + (os.constants.signals[signal] ?? 0)));
  });
}

async function main([entry, ...args]) {
  if (entry === undefined || !existsSync(entry)) {
    process.stderr.write(
      entry === undefined ? 'usage: node tools/run.mjs <file.ts> [args]\n' : `no such file: ${entry}\n`,
    );
    return 2;
  }
  const folder = ownFolder();
  try {
    return await start(await bundle(path.resolve(entry), folder), args);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

// Set, not called: what the child has printed reaches the pipe before this process ends.
process.exitCode = await main(process.argv.slice(2)).catch((failure) => {
  if (failure.errors === undefined) process.stderr.write(`${failure.stack ?? failure}\n`);
  return 1;
});
