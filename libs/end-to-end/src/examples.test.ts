import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { rootFolder } from './stack';

const EXAMPLES_MS_MAX = 300_000;
const root = rootFolder(__dirname);
const running: ChildProcess[] = [];

// It stops its server.
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGTERM');
});

async function run(...args: readonly string[]): Promise<{ code: number | null; said: string }> {
  const child = spawn('node', ['tools/run.mjs', 'examples/main.ts', ...args], { cwd: root });
  running.push(child);
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, said };
}

/** Each is a file of its own. */
const names = readdirSync(path.join(root, 'examples'))
  .filter((file) => file.endsWith('.ts') && file !== 'main.ts')
  .map((file) => path.basename(file, '.ts'))
  .sort();

test(
  'all examples show what they tell',
  async () => {
    const { code, said } = await run('all');
    const told = [...said.matchAll(/^== ([\w-]+):/gm)].map(([, name]) => name);
    expect([code, told.sort()]).toEqual([0, names]);
  },
  EXAMPLES_MS_MAX,
);

test('without a name they are listed, and a wrong one is refused with the list', async () => {
  const listed = await run();
  expect([...listed.said.matchAll(/^ {2}([\w-]+)/gm)].map(([, name]) => name).sort()).toEqual(
    [...names, 'all'].sort(),
  );
  expect(await run('no-such')).toEqual({ code: 2, said: listed.said });
  expect(listed.code).toBe(0);
});
