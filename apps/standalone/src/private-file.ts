import { chmodSync, closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import path from 'node:path';

const OWNER_ONLY = 0o600;

/** Replaces a file as a whole, readable by its owner alone: after a crash there is the old one or the new one. */
export function writePrivate(file: string, text: string): void {
  const unfinished = `${file}.unfinished`;
  const handle = openSync(unfinished, 'w', OWNER_ONLY);
  try {
    chmodSync(unfinished, OWNER_ONLY);
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(unfinished, file);
  const folder = openSync(path.dirname(file), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
