/**
 * Holds the protocol to its rules: `npm run proto:check`. `-- --against <commit>` compares with another commit than
 * the one before.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, existsSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { breakingChanges, defaultBase } from './breaking.mjs';
import { uncommented } from './comments.mjs';
import { descriptorSet, isOurs } from './descriptors.mjs';
import { generatedFolder, generateInto, root } from './generate.mjs';
import { reasonProblems } from './reasons.mjs';

function lint() {
  const buf = path.join(root, 'node_modules/.bin/buf');
  const { status, stdout, stderr } = spawnSync(buf, ['lint'], { cwd: root, encoding: 'utf8' });
  return status === 0 ? [] : `${stdout}${stderr}`.trim().split('\n');
}

const filesIn = (folder) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    : [];

function staleCode() {
  const fresh = mkdtempSync(path.join(os.tmpdir(), 'syncline-proto-gen-'));
  try {
    generateInto(fresh);
    const read = (folder, file) =>
      existsSync(path.join(folder, file)) ? readFileSync(path.join(folder, file), 'utf8') : null;
    return [...new Set([...filesIn(fresh), ...filesIn(generatedFolder)])]
      .sort()
      .filter((file) => read(fresh, file) !== read(generatedFolder, file))
      .map((file) => `libs/proto/src/gen/${file} is not what the proto files give: npm run proto:generate`);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

function chosenBase() {
  const at = process.argv.indexOf('--against');
  if (at === -1) return defaultBase();
  const asked = process.argv[at + 1];
  if (asked === undefined) throw new Error('--against needs a commit');
  return asked;
}

const base = chosenBase();
const steps = [
  ['lint', lint],
  ['comments', () => uncommented(descriptorSet(), isOurs).map((name) => `${name} has no comment`)],
  ['reasons', () => reasonProblems(descriptorSet())],
  ['generated code', staleCode],
  [`compatible with ${base.slice(0, 12)}`, () => breakingChanges(base)],
];

let failed = false;
for (const [name, run] of steps) {
  const problems = run();
  failed ||= problems.length > 0;
  process.stdout.write(`${problems.length === 0 ? 'ok    ' : 'FAILED'}  proto: ${name}\n`);
  for (const problem of problems) process.stdout.write(`        ${problem}\n`);
}
process.exitCode = failed ? 1 : 0;
