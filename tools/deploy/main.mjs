/**
 * `npm run check -- deploy`: the overlays of k8s/ are what the schemas of Kubernetes allow, and they, deploy/ and the settings
 * of the programs agree. With `--write` (`npm run deploy:write`) it writes what is made from other files instead.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../bundle.mjs';
import { generatedFiles } from './generated.mjs';
import { unnoticed } from './planted.mjs';
import { deployProblems } from './problems.mjs';
import { loadPrograms } from './programs.mjs';
import { readDeployment } from './read.mjs';

async function check() {
  const known = await loadPrograms();
  const found = await readDeployment();
  const problems = deployProblems(found, known);
  // What is broken already says nothing about whether a break is noticed.
  return problems.length > 0 ? problems : unnoticed(found, known);
}

async function write() {
  for (const { file, text } of await generatedFiles()) writeFileSync(path.join(root, file), text);
  return [];
}

const run = process.argv.includes('--write') ? write : check;
const problems = await run().catch(({ message }) => [message]);
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length > 0 ? 1 : 0;
