import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';

/** Each entry stands behind its length and its checksum; a checksum over these two tells a torn end from a damaged file. */
const HEADER_BYTES = 12;

/** A file that only grows. Whatever `append` returned for survives the death of process and machine. */
export interface LogFile {
  append(entry: Uint8Array): void;
  sizeBytes(): number;
  close(): void;
}

export class LogDamaged extends Error {
  override readonly name = 'LogDamaged';

  constructor(file: string, offset: number) {
    super(
      `${file} is damaged at byte ${offset}, with good entries behind it. Put a backup in its place, or remove it ` +
        'to begin with what the server has; changes in it that were not sent are lost then.',
    );
  }
}

export interface OpenedLog {
  readonly log: LogFile;
  readonly entries: readonly Uint8Array[];
}

/** Null when there is no such file. What an interrupted append left at its end is cut off. */
export function openLog(file: string): OpenedLog | null {
  if (!existsSync(file)) return null;
  const bytes = readFileSync(file);
  const entries: Uint8Array[] = [];
  let offset = 0;
  for (let entry = entryAt(bytes, offset); entry !== null; entry = entryAt(bytes, offset)) {
    entries.push(entry);
    offset += HEADER_BYTES + entry.length;
  }
  if (offset < bytes.length && hasMoreBehind(bytes, offset)) throw new LogDamaged(file, offset);
  const descriptor = openSync(file, 'r+');
  if (offset < bytes.length) {
    ftruncateSync(descriptor, offset);
    fsyncSync(descriptor);
  }
  return { log: logOn(descriptor, offset), entries };
}

/** Writes a whole log and puts it in the place of the one that was there, so that always one of the two is whole. */
export function replaceLog(file: string, entries: Iterable<Uint8Array>): LogFile {
  const next = `${file}.next`;
  const descriptor = openSync(next, 'w+');
  let size = 0;
  for (const entry of entries) size = write(descriptor, entry, size);
  fsyncSync(descriptor);
  renameSync(next, file);
  syncFolder(path.dirname(file));
  return logOn(descriptor, size);
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}

function logOn(descriptor: number, sizeAtStart: number): LogFile {
  let size = sizeAtStart;
  let failure: Error | null = null;
  return {
    append(entry) {
      // After a failed sync nobody knows what is on the disk.
      if (failure !== null) throw failure;
      try {
        size = write(descriptor, entry, size);
        fdatasyncSync(descriptor);
      } catch (error) {
        failure = error as Error;
        throw failure;
      }
    },
    sizeBytes: () => size,
    close: () => closeSync(descriptor),
  };
}

function write(descriptor: number, entry: Uint8Array, offset: number): number {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + entry.length);
  bytes.writeUInt32LE(entry.length, 0);
  bytes.writeUInt32LE(crc32(entry), 4);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 8)), 8);
  bytes.set(entry, HEADER_BYTES);
  for (let done = 0; done < bytes.length;)
    done += writeSync(descriptor, bytes, done, bytes.length - done, offset + done);
  return offset + bytes.length;
}

function headerAt(bytes: Buffer, offset: number): { length: number; checksum: number } | null {
  if (offset + HEADER_BYTES > bytes.length) return null;
  if (crc32(bytes.subarray(offset, offset + 8)) !== bytes.readUInt32LE(offset + 8)) return null;
  return { length: bytes.readUInt32LE(offset), checksum: bytes.readUInt32LE(offset + 4) };
}

function entryAt(bytes: Buffer, offset: number): Uint8Array | null {
  const header = headerAt(bytes, offset);
  if (header === null) return null;
  const start = offset + HEADER_BYTES;
  if (start + header.length > bytes.length) return null;
  const entry = bytes.subarray(start, start + header.length);
  return crc32(entry) === header.checksum ? entry : null;
}

/** A torn end has nothing good behind it: the next append waits until the one before it is safe. */
function hasMoreBehind(bytes: Buffer, badFrom: number): boolean {
  for (let offset = badFrom + 1; offset + HEADER_BYTES <= bytes.length; offset++)
    if (entryAt(bytes, offset) !== null) return true;
  return false;
}
