import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FolderInUse, lockFolder } from './folder-lock';

const world = {} as { folder: string };
beforeEach(() => {
  world.folder = mkdtempSync(path.join(tmpdir(), 'syncline-lock-'));
});
afterEach(() => rmSync(world.folder, { recursive: true, force: true }));

test('a folder is held by one, and free when it is released', () => {
  const lock = lockFolder(world.folder);
  expect(() => lockFolder(world.folder)).toThrow(FolderInUse);
  lock.release();
  lockFolder(world.folder).release();
  expect(readdirSync(world.folder)).toEqual([]);
});

test('a folder that is not there yet is made', () => {
  const below = path.join(world.folder, 'a/b');
  lockFolder(below).release();
  expect(readdirSync(below)).toEqual([]);
});

test('the claims of processes that are gone are cleared away, and nothing else is', () => {
  // No process has the highest id there is; the parent's id is in use, by one that started at another time.
  for (const name of ['in-use-by-4194304-77', `in-use-by-${process.ppid}-1`, 'notes.txt'])
    writeFileSync(path.join(world.folder, name), '');
  const lock = lockFolder(world.folder);
  expect(readdirSync(world.folder)).toHaveLength(2);
  lock.release();
  expect(readdirSync(world.folder)).toEqual(['notes.txt']);
});

test('whoever is turned away leaves no claim', () => {
  const lock = lockFolder(world.folder);
  const [claim] = readdirSync(world.folder);
  expect(() => lockFolder(world.folder)).toThrow(String(process.pid));
  expect(readdirSync(world.folder)).toEqual([claim]);
  lock.release();
});
