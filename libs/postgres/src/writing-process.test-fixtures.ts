import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { migrate } from './migrate';
import { openPglite } from './pglite';
import { statement } from './sql';

const TOOL = path.resolve(__dirname, '../../../tools/run.mjs');

const insert = statement('writing.insert', 'insert into written (n) values ($1::int8)');
export const written = statement<{ n: number }>('writing.list', 'select n from written order by n');

/** A process that opens PGlite in a folder and writes one number after the other, each in a transaction. */
export interface WritingProcess {
  /** Resolves when the folder is open and this number was committed. */
  reached(number: number): Promise<void>;
  /** As `kill -9` does; resolves with the last number that it said was committed. */
  kill(): Promise<number>;
}

export function startWriting(folder: string): WritingProcess {
  const child = spawn(process.execPath, [TOOL, __filename, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const told = { processId: 0, last: 0 };
  const waiting = new Map<number, () => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [what, value] = line.split(' ');
    if (what === 'process') told.processId = Number(value);
    else {
      told.last = Number(value);
      waiting.get(told.last)?.();
    }
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return {
    reached: (number) =>
      told.last >= number
        ? Promise.resolve()
        : new Promise((resolve) => {
            waiting.set(number, resolve);
          }),
    async kill() {
      // The tool runs the program in a process below its own.
      process.kill(told.processId, 'SIGKILL');
      await ended;
      return told.last;
    },
  };
}

async function write(folder: string): Promise<void> {
  process.stdout.write(`process ${process.pid}\n`);
  const sql = await openPglite(folder);
  await migrate(sql, [{ version: 1, name: 'written', script: 'create table written (n int8 primary key)' }]);
  const [before] = (await sql.query(written())).slice(-1);
  for (let n = (before?.n ?? 0) + 1; ; n++) {
    await sql.transaction((connection) => connection.query(insert(n)));
    process.stdout.write(`written ${n}\n`);
  }
}

if (require.main === module) void write(process.argv[2]!);
