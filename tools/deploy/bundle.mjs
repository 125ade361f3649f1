/**
 * `node tools/deploy/bundle.mjs <folder>`: what the images are made of, a folder for each program: its bundle, what asks for
 * its health, and a package.json with a lock for `npm ci`.
 */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import path from 'node:path';
import { bundle, root } from '../bundle.mjs';
import { imageLock } from './image-lock.mjs';

const programs = ['gateway', 'merge', 'delta', 'standalone', 'cli'];
const health = path.join(root, 'tools/deploy/health.cjs');

/** Nothing here imports a package for what that does by itself: one of which nothing is used need not be in an image. */
const leaveUnusedOut = {
  name: 'leave-unused-out',
  setup(building) {
    building.onResolve({ filter: /^[^./]/ }, ({ path: name, kind }) =>
      kind === 'entry-point' || name.startsWith('@syncline/')
        ? undefined
        : { path: name, external: true, sideEffects: false },
    );
  },
};

/** npm packages that are left outside of a bundle. */
function importsOf(file) {
  const text = readFileSync(file, 'utf8');
  const required = [...text.matchAll(/\b(?:require|import)\("([^"]+)"\)/g)].map(([, name]) => name);
  const packages = required
    .filter((name) => !isBuiltin(name))
    .map((name) => name.split('/', name.startsWith('@') ? 2 : 1).join('/'));
  return [...new Set(packages)].sort();
}

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write('usage: node tools/deploy/bundle.mjs <folder>\n');
  process.exit(2);
}
const read = (file) => JSON.parse(readFileSync(path.join(root, file), 'utf8'));
const lock = read('package-lock.json');
const { overrides } = read('package.json');
const asJson = (value) => `${JSON.stringify(value, null, 2)}\n`;
for (const program of programs) {
  const own = path.resolve(folder, program);
  const file = await bundle(path.join(root, 'apps', program, 'src/main.ts'), own, [leaveUnusedOut]);
  const made = imageLock(lock, overrides, `syncline-${program}`, importsOf(file));
  writeFileSync(path.join(own, 'package.json'), asJson(made.manifest));
  writeFileSync(path.join(own, 'package-lock.json'), asJson(made.lock));
  copyFileSync(health, path.join(own, 'health.cjs'));
  process.stdout.write(`${program}: ${Object.keys(made.manifest.dependencies).join(', ')}\n`);
}
