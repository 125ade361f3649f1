/**
 * Runs a TypeScript entry: `node tools/run.mjs <file.ts> [args]`.
 * The entry and the libraries it imports are bundled from source; npm packages stay outside the bundle.
 * Every process has a folder of its own, so parallel runs never overwrite each other's bundle.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const signalsPassedOn = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Everything that is neither a path nor a library of this workspace is an npm package or a Node module. */
const keepPackagesOutside = {
  name: 'keep-packages-outside',
  setup(bundle) {
    bundle.onResolve({ filter: /^[^./]/ }, ({ path: name, kind }) =>
      kind === 'entry-point' || name.startsWith('@syncline/') ? undefined : { path: name, external: true },
    );
  },
};

async function bundle(entry, folder) {
  const outfile = path.join(folder, `${path.basename(entry, '.ts')}.cjs`);
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    conditions: ['@syncline/source'],
    plugins: [keepPackagesOutside],
    sourcemap: 'linked',
    sourcesContent: false,
    logLevel: 'warning',
  });
  return outfile;
}

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
  // Inside the workspace, so that the bundle finds node_modules; the libraries' own packages are hoisted there.
  const cache = path.join(root, '.cache/run');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(path.join(cache, `${process.pid}-`));
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
