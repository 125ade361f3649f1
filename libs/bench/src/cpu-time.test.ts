import { spawn } from 'node:child_process';
import { countedIn, cpuMicros } from './cpu-time';

const SPENDS = `
  const spent = () => process.cpuUsage().user + process.cpuUsage().system;
  while (spent() < 200_000) for (let turn = 0; turn < 1_000_000; turn++);
  process.stdout.write(String(spent()));
  process.stdin.resume();`;
const TICKS_MICROS = 20_000;

test('a line of the system is read from behind the name, whatever that holds', () => {
  const [state, parent, user, system, usersEnded, systemsEnded] = ['R', 77, 5, 6, 70, 800];
  const between = '1 1 0 -1 4194304 100 200 3 4';
  const line = `12 (a) b (c) ${state} ${parent} ${between} ${user} ${system} ${usersEnded} ${systemsEnded} 20 0`;
  expect(countedIn(line)).toEqual({ parent: 77, micros: (5 + 6 + 70 + 800) * 10_000 });
});

test('what a process spends counts for it and for whoever started it, also when it has ended', async () => {
  const [before] = cpuMicros([process.pid]);
  const child = spawn(process.execPath, ['-e', SPENDS]);
  const says = await new Promise<number>((resolve) =>
    child.stdout.once('data', (text: Buffer) => resolve(Number(text.toString()))),
  );
  const [ours, theirs] = cpuMicros([process.pid, child.pid!]);
  expect(theirs).toBeGreaterThanOrEqual(says - TICKS_MICROS);
  expect(theirs).toBeLessThan(2 * says);
  expect(ours! - before!).toBeGreaterThanOrEqual(theirs!);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.stdin.end();
  await ended;
  const [after, gone] = cpuMicros([process.pid, child.pid!]);
  expect(gone).toBe(0);
  expect(after! - before!).toBeGreaterThanOrEqual(theirs!);
}, 30_000);

test('a process that is not there has spent nothing', () => {
  expect(cpuMicros([0x7fff_fff0])).toEqual([0]);
});
