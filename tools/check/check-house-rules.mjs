/** Proves that the house rules notice what they forbid, on a small workspace that breaks each of them. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root } from '../lint/workspace.mjs';
import { deadFiles } from './dead-files.mjs';
import { packageProblems } from './packages.mjs';
import { untidiness } from './tidy.mjs';

const manifest = (name, more) => ({
  name: `@syncline/${name}`,
  private: true,
  scripts: { test: 'jest', typecheck: 'tsc' },
  ...more,
});

const brokenWorkspace = {
  'package.json': JSON.stringify({ scripts: { go: 'node tools/go.mjs' } }),
  'tools/go.mjs': "import './step.mjs';\nspawn('tools/started.mjs');\n",
  'tools/step.mjs': '',
  'tools/started.mjs': '',
  'tools/forgotten.mjs': '',
  'libs/a/package.json': JSON.stringify(
    manifest('a', { exports: { '.': { '@syncline/source': './src/index.ts' } } }),
  ),
  'libs/a/src/index.ts': "export * from './used';\n",
  'libs/a/src/used.ts': 'export type { T } from "./deep/index";\n',
  'libs/a/src/deep/index.ts': 'export type T = 1;\n',
  'libs/a/src/dead.ts': "export * from './dead-too';\n",
  'libs/a/src/dead-too.ts': '',
  'libs/a/src/a.test.ts': '',
  'libs/a/src/utils.ts': '',
  'libs/a/src/long.ts': '//\n'.repeat(401),
  'libs/a/src/later.ts': `// ${'TO' + 'DO'}: more\n`,
  'docs/merge.md': `${'<'.repeat(7)} ours\n`,
};

const brokenManifests = new Map([
  ['libs/nowhere', manifest('nowhere')],
  ['libs/core', manifest('core', { dependencies: { '@syncline/ports': '*', yjs: '13.6.0' } })],
  ['libs/ports', manifest('port', { dependencies: { '@syncline/core': '^1.0.0' } })],
]);

function inBrokenWorkspace(check) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'syncline-house-rules-'));
  try {
    for (const [file, text] of Object.entries(brokenWorkspace)) {
      mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
      writeFileSync(path.join(folder, file), text);
    }
    return check(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

assert.deepEqual(inBrokenWorkspace(deadFiles), [
  'libs/a/src/dead-too.ts',
  'libs/a/src/dead.ts',
  'libs/a/src/later.ts',
  'libs/a/src/long.ts',
  'libs/a/src/utils.ts',
  'tools/forgotten.mjs',
]);
assert.deepEqual(inBrokenWorkspace(untidiness), [
  'docs/merge.md:1: a merge was not finished',
  'libs/a/src/later.ts:1: finish it, or write an issue',
  'libs/a/src/long.ts: 401 lines, 400 at most',
  'libs/a/src/utils.ts: the name does not say what it holds',
]);
assert.deepEqual(packageProblems(root, brokenManifests), [
  'libs/nowhere is not in the table of layers',
  'libs/core/package.json depends on @syncline/ports: core may not import ports',
  'libs/core/package.json may not depend on yjs',
  'libs/core/package.json depends on yjs and never imports it',
  'libs/ports/package.json is named @syncline/port',
  'libs/ports/package.json depends on @syncline/core ^1.0.0; inside the workspace it is "*"',
  'packages need each other: @syncline/core → @syncline/ports → @syncline/core',
  'packages need each other: @syncline/ports → @syncline/core → @syncline/ports',
]);
process.stdout.write('the house rules notice every planted breach\n');
