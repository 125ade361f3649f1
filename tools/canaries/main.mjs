/**
 * `npm run sim:canaries`: breaks a rule on purpose, runs simulated worlds over the broken code, and expects them to
 * notice. A break that nobody notices, or that no longer applies to the code, fails the run.
 */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { bundle, ownFolder, root } from '../bundle.mjs';
import { BREAKS } from './breaks.mjs';

// Some breaks show in one world of some hundred. The run ends at the first that does.
const SEEDS = 400;
const AT_ONCE = 2;

const folder = ownFolder();

function breaking({ file, find, replace }) {
  const target = path.join(root, file);
  const source = readFileSync(target, 'utf8');
  const parts = source.split(find);
  if (parts.length !== 2)
    throw new Error(`${file} holds the text to break ${parts.length - 1} times, not once`);
  return {
    name: 'break',
    setup(build) {
      build.onLoad({ filter: /\.ts$/ }, ({ path: loaded }) =>
        loaded === target ? { contents: parts.join(replace), loader: 'ts' } : undefined,
      );
    },
  };
}

function run(program) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [program, '--seeds', String(SEEDS), '--stop'], { cwd: root });
    let output = '';
    child.stdout.on('data', (text) => (output += text));
    child.stderr.on('data', (text) => (output += text));
    child.on('close', (code) => resolve({ code, output }));
  });
}

async function tryBreak(one, index) {
  const own = path.join(folder, String(index));
  const program = await bundle(path.join(root, 'libs/simulation/src/main.ts'), own, [breaking(one)]);
  const { code, output } = await run(program);
  const noticed = /^seed (\d+): (.*)$/m.exec(output);
  if (code === 1 && noticed !== null) return { caught: true, how: `seed ${noticed[1]}, ${noticed[2]}` };
  return { caught: false, how: output.trim().split('\n').slice(-3).join(' / ') };
}

const waiting = BREAKS.map((one, index) => ({ one, index }));
let caught = 0;
let missed = 0;

async function work() {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const startMs = performance.now();
    const result = await tryBreak(next.one, next.index).catch((error) => ({
      caught: false,
      how: String(error),
    }));
    if (result.caught) caught++;
    else missed++;
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    console.log(
      `${result.caught ? 'caught' : 'MISSED'}  ${next.one.name} (${seconds} s): ${result.how.slice(0, 160)}`,
    );
  }
}

try {
  await Promise.all(Array.from({ length: AT_ONCE }, work));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${caught} passed, ${missed} failed`);
process.exitCode = missed === 0 ? 0 : 1;
