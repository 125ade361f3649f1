/** Checks what no linter sees: dead files, package.json files, tidiness. */
import { root } from '../lint/workspace.mjs';
import { deadFiles } from './dead-files.mjs';
import { packageProblems } from './packages.mjs';
import { untidiness } from './tidy.mjs';

const checks = {
  dead: () => deadFiles(root).map((file) => `${file}: nothing imports it`),
  packages: () => packageProblems(root),
  tidy: () => untidiness(root),
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(checks, name));
if (unknown.length > 0) throw new Error(`no such check: ${unknown.join(', ')}`);

const problems = Object.entries(checks)
  .filter(([name]) => asked.length === 0 || asked.includes(name))
  .flatMap(([, check]) => check());
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length > 0 ? 1 : 0;
