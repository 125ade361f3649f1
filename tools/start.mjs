/** `npm start`: the whole service in this one process, so that whatever ends this process ends the service. */
import { existsSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`Syncline needs Node 20.19 or newer; this is ${process.versions.node}.\n`);
  process.exit(1);
}
if (!existsSync(path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../node_modules/esbuild'))) {
  process.stderr.write('What Syncline needs is not installed yet: npm ci\n');
  process.exit(1);
}

const { bundle, ownFolder, root } = await import('./bundle.mjs');
process.setSourceMapsEnabled(true);
const folder = ownFolder();
try {
  createRequire(import.meta.url)(await bundle(path.join(root, 'apps/standalone/src/main.ts'), folder));
} finally {
  // It is in memory now, its source map too; removed here, it does not stay behind when the process is killed.
  rmSync(folder, { recursive: true, force: true });
}
