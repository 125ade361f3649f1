/**
 * Type-checks the workspace. The pure libraries are checked by themselves first: there neither Node nor a
 * browser exists, so a clock, a socket or an environment variable is a type error. Then everything together,
 * tests and tools included. `npm run typecheck -- core ports` checks only these libraries.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pureLibraries } from './pure-libraries.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

const asked = process.argv.slice(2);
const projects =
  asked.length > 0
    ? asked.map((name) => `libs/${name}/tsconfig.json`)
    : [...pureLibraries.map((name) => `libs/${name}/tsconfig.json`), 'tsconfig.json'];

const missing = projects.filter((project) => !existsSync(path.join(root, project)));
if (missing.length > 0) {
  process.stderr.write(`no such project: ${missing.join(', ')}\n`);
  process.exit(1);
}

async function typecheck(project) {
  try {
    await promisify(execFile)(process.execPath, [tsc, '-p', project, '--pretty', 'false'], {
      cwd: root,
      maxBuffer: 64 * 1024 * 1024,
    });
    return { project, ok: true, output: '' };
  } catch (failure) {
    return {
      project,
      ok: false,
      output: `${failure.stdout ?? ''}${failure.stderr ?? ''}` || String(failure),
    };
  }
}

/** Two compilers at a time: one for each core of the smallest machine we build on. */
async function typecheckAll(queue) {
  const results = [];
  const worker = async () => {
    for (let project = queue.shift(); project !== undefined; project = queue.shift()) {
      results.push(await typecheck(project));
    }
  };
  await Promise.all([worker(), worker()]);
  return results;
}

const failures = (await typecheckAll([...projects].reverse())).filter((result) => !result.ok);
for (const { project, output } of failures) process.stderr.write(`${project}\n${output}\n`);
process.exit(failures.length > 0 ? 1 : 0);
