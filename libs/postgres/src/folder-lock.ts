import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export interface FolderLock {
  release(): void;
}

const PREFIX = 'in-use-by-';

/** The folder is in use by another process, or by this one. */
export class FolderInUse extends Error {
  constructor(folder: string, processId: number) {
    super(
      `the data folder ${folder} is in use by process ${processId}: stop that process first, or use another folder`,
    );
    this.name = 'FolderInUse';
  }
}

/**
 * Keeps every other process out of a folder. Each lays down a claim of its own before it looks for those of others, so of two
 * that come at once at least one sees the other. A claim names the process and when it started; the claim of a
 * process that is no more, however it ended, is cleared away. Processes that cannot see each other, such as those of two
 * containers, must not be given the same folder.
 */
export function lockFolder(folder: string): FolderLock {
  mkdirSync(folder, { recursive: true });
  const start = startOf(process.pid);
  if (start === null)
    throw new Error('this system does not tell when a process started: the folder cannot be locked');
  const own = claimOf(process.pid, start);
  const file = path.join(folder, own);
  if (existsSync(file)) throw new FolderInUse(folder, process.pid);
  writeFileSync(file, 'A process has this folder open. This is cleared away when that process is gone.\n');
  const release = (): void => rmSync(file, { force: true });
  try {
    clearForsaken(folder, own);
  } catch (failure) {
    release();
    throw failure;
  }
  return { release };
}

function clearForsaken(folder: string, own: string): void {
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(PREFIX) || name === own) continue;
    const processId = Number.parseInt(name.slice(PREFIX.length), 10);
    const start = startOf(processId);
    if (start !== null && claimOf(processId, start) === name) throw new FolderInUse(folder, processId);
    rmSync(path.join(folder, name), { force: true });
  }
}

function claimOf(processId: number, start: string): string {
  return `${PREFIX}${processId}-${start.replaceAll(/[^0-9A-Za-z]+/g, '_')}`;
}

/** When a process started, in any form that tells it from a later one with the same id; null when there is none. */
function startOf(processId: number): string | null {
  return process.platform === 'linux' ? startInProc(processId) : startByPs(processId);
}

/** In `/proc/<id>/stat`, counted from the state, which follows the name in brackets. */
const STATE = 0;
const START = 19;

function startInProc(processId: number): string | null {
  const stat = textOf(`/proc/${processId}/stat`);
  if (stat === null) return null;
  const facts = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // It has ended, and only waits for its parent to notice.
  return facts[STATE] === 'Z' || facts[STATE] === 'X' ? null : (facts[START] ?? null);
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

function startByPs(processId: number): string | null {
  try {
    const env = { LC_ALL: 'C', TZ: 'UTC' };
    const asked = ['-o', 'lstart=', '-p', String(processId)];
    const start = execFileSync('/bin/ps', asked, { encoding: 'utf8', env }).trim();
    return start === '' ? null : start;
  } catch {
    return null;
  }
}
