/**
 * Everything that can be known without running the product, one line a step. A step that fails shows what it
 * said, the others still run. `npm run check -- eslint tidy` runs only these.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../lint/workspace.mjs';

const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const bin = (name) => path.join(root, 'node_modules/.bin', name);

const steps = [
  { name: 'format', run: [bin('prettier'), '--check', '--log-level', 'warn', '.'] },
  { name: 'eslint', run: [bin('eslint'), '.', '--max-warnings', '0'] },
  { name: 'planted', run: ['node', 'tools/lint/check-planted.mjs'] },
  { name: 'pure', run: ['node', 'tools/typecheck/check-planted.mjs'] },
  { name: 'house', run: ['node', 'tools/check/check-house-rules.mjs'] },
  { name: 'dead', run: ['node', 'tools/check/house-rules.mjs', 'dead'] },
  { name: 'packages', run: ['node', 'tools/check/house-rules.mjs', 'packages'] },
  { name: 'tidy', run: ['node', 'tools/check/house-rules.mjs', 'tidy'] },
  ...(scripts['proto:check'] ? [{ name: 'proto', run: ['npm', 'run', '--silent', 'proto:check'] }] : []),
  { name: 'settings', run: ['node', 'tools/settings/main.mjs', '--check'] },
  { name: 'metrics', run: ['node', 'tools/metrics/main.mjs', '--check'] },
  { name: 'deploy', run: ['node', 'tools/deploy/main.mjs'] },
  { name: 'typecheck', run: ['node', 'tools/typecheck/run.mjs'] },
];

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !steps.some((step) => step.name === name));
if (unknown.length > 0) {
  process.stderr.write(
    `no such step: ${unknown.join(', ')}; there are ${steps.map(({ name }) => name).join(', ')}\n`,
  );
  process.exit(2);
}

let failed = 0;
const chosen = steps.filter(({ name }) => asked.length === 0 || asked.includes(name));
for (const { name, run } of chosen) {
  const startedMs = performance.now();
  const [command, ...args] = run;
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  const passed = status === 0;
  process.stdout.write(`${passed ? 'ok    ' : 'FAILED'}  ${name.padEnd(10)} ${seconds.padStart(5)} s\n`);
  if (passed) continue;
  failed += 1;
  process.stdout.write(`${stdout ?? ''}${stderr ?? ''}${error === undefined ? '' : `${error.message}\n`}`);
}
process.stdout.write(
  failed === 0 ? `all ${chosen.length} checks hold\n` : `${failed} of ${chosen.length} checks fail\n`,
);
process.exitCode = failed === 0 ? 0 : 1;
