import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { rootFolder } from './stack';
import { killed, startStandalone } from './standalone.test-fixtures';

const DEMO_MS_MAX = 180_000;

const root = rootFolder(__dirname);
const running: ChildProcess[] = [];
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'syncline-demo-'));
});
afterEach(async () => {
  for (const child of running.splice(0)) await killed(child);
  rmSync(folder, { recursive: true, force: true });
});

async function runDemo(): Promise<{ code: number | null; said: string }> {
  const demo = spawn('node', ['tools/run.mjs', 'apps/cli/src/main.ts', 'demo', folder], { cwd: root });
  running.push(demo);
  let said = '';
  for (const stream of [demo.stdout, demo.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  const code = await new Promise<number | null>((resolve) => demo.once('close', resolve));
  return { code, said };
}

test(
  'beside a server in one process, two devices meet, part, differ and agree',
  async () => {
    const server = startStandalone(folder);
    running.push(server.process);
    await server.listening;
    const { code, said } = await runDemo();
    expect(said).toContain('UPDATE_UPDATE, its change is LOST');
    expect(said).toContain('both devices hold this entry');
    expect(said).toMatch(/both devices stand at version (\d+) and \1 /);
    expect(code).toBe(0);
    // Once more on the same space: runs do not meet.
    expect((await runDemo()).code).toBe(0);
  },
  DEMO_MS_MAX,
);

test(
  'without a server the demo says what to do',
  async () => {
    const { code, said } = await runDemo();
    expect([code, said]).toEqual([1, expect.stringContaining('npm start')]);
  },
  DEMO_MS_MAX,
);
