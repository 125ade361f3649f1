import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FolderInUse } from './folder-lock';
import { openPglite } from './pglite';
import { statement } from './sql';
import { startWriting, written } from './writing-process.test-fixtures';

const LONG_MS = 120_000;

const world = {} as { folder: string };
beforeEach(() => {
  world.folder = mkdtempSync(path.join(tmpdir(), 'syncline-pglite-'));
});
afterEach(() => rmSync(world.folder, { recursive: true, force: true }));

const one = statement<{ one: number }>('pglite_test.one', 'select 1::int8 as one');
const syncing = statement<{ fsync: string; method: string }>(
  'pglite_test.syncing',
  `select current_setting('fsync') as fsync, current_setting('wal_sync_method') as method`,
);

test(
  'what a process had committed is there after it was killed, time and again, and its lock is not in the way',
  async () => {
    let last = 0;
    for (let round = 1; round <= 3; round++) {
      const writing = startWriting(world.folder);
      await writing.reached(last + 20);
      await expect(openPglite(world.folder)).rejects.toThrow(FolderInUse);
      await expect(openPglite(world.folder)).rejects.toThrow('stop that process first');
      last = await writing.kill();
      const sql = await openPglite(world.folder);
      const numbers = (await sql.query(written())).map(({ n }) => n);
      await sql.close();
      // One more may have been committed that nobody was told of.
      expect([last, last + 1]).toContain(numbers.length);
      expect(numbers).toEqual(numbers.map((_, index) => index + 1));
      last = numbers.length;
    }
  },
  LONG_MS,
);

test(
  'a folder is open once in a process as well, and can be opened again after it was closed',
  async () => {
    const sql = await openPglite(world.folder);
    await expect(openPglite(world.folder)).rejects.toThrow(FolderInUse);
    expect(await sql.query(one())).toEqual([{ one: 1 }]);
    expect(await sql.query(syncing())).toEqual([{ fsync: 'on', method: 'fsync' }]);
    await sql.close();
    const again = await openPglite(world.folder);
    expect(await again.query(one())).toEqual([{ one: 1 }]);
    await again.close();
    expect(readdirSync(world.folder)).toEqual(['postgres']);
  },
  LONG_MS,
);

test(
  'a first start that was cut short is begun anew',
  async () => {
    const unfinished = path.join(world.folder, 'postgres.unfinished');
    mkdirSync(unfinished);
    writeFileSync(path.join(unfinished, 'PG_VERSION'), '18\n');
    const sql = await openPglite(world.folder);
    expect(await sql.query(one())).toEqual([{ one: 1 }]);
    await sql.close();
  },
  LONG_MS,
);
