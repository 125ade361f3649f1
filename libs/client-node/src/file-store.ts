import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { type DeviceSnapshot, type DeviceStore, memoryDeviceStore, type StoreWrite } from '@syncline/client';
import { type LogFile, openLog, replaceLog } from './log-file';

export interface FileDeviceStore extends DeviceStore {
  close(): void;
}

export class WrongFormat extends Error {
  override readonly name = 'WrongFormat';
}

const FORMAT = 'syncline-device-1';
const FILE = 'device.log';
/** Below this size it is never worth writing the whole state again. */
const LOG_BYTES_MIN = 4 * 1024 * 1024;
const GROWTH_MAX = 3;
const RECORDS_PER_ENTRY = 1_000;

export interface FileStoreOptions {
  readonly logBytesMin?: number;
}

/**
 * Keeps a device in a folder: a log of what was stored, written anew as a whole when it has grown much. Not for two
 * processes at a time; a device has one.
 */
export function fileDeviceStore(
  folder: string,
  { logBytesMin = LOG_BYTES_MIN }: FileStoreOptions = {},
): FileDeviceStore {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, FILE);
  const state = memoryDeviceStore();
  let log = open(file, state);
  let worthMore = Math.max(logBytesMin, log.sizeBytes() * GROWTH_MAX);
  return {
    apply(writes) {
      log.append(serialize(writes));
      state.apply(writes);
      if (log.sizeBytes() < worthMore) return;
      const old = log;
      log = replaceLog(file, entriesOf(state.load()));
      old.close();
      worthMore = Math.max(logBytesMin, log.sizeBytes() * GROWTH_MAX);
    },
    load: () => state.load(),
    close: () => log.close(),
  };
}

function open(file: string, state: DeviceStore): LogFile {
  const opened = openLog(file);
  if (opened === null) return replaceLog(file, [serialize(FORMAT)]);
  const [format, ...entries] = opened.entries;
  if (format === undefined || deserialize(format) !== FORMAT)
    throw new WrongFormat(`${file} is not a log of this version: ${FORMAT} is expected`);
  for (const entry of entries) state.apply(deserialize(entry) as StoreWrite[]);
  return opened.log;
}

function* entriesOf(snapshot: DeviceSnapshot): Generator<Uint8Array> {
  yield serialize(FORMAT);
  for (const write of writesOf(snapshot)) yield serialize([write]);
}

/** The writes that lead from nothing to this. */
function* writesOf({ clock, spaces }: DeviceSnapshot): Generator<StoreWrite> {
  yield { kind: 'clock', clock };
  for (const { row, records, staged, pending, settled, failed, vector } of spaces) {
    const { space } = row;
    yield { kind: 'space', row };
    for (const part of parts(records)) yield { kind: 'copy', space, records: part, gone: [] };
    for (const part of parts(staged)) yield { kind: 'stage', space, entries: part };
    for (const part of parts(pending)) yield { kind: 'put-pending', space, pending: part };
    for (const part of parts(settled)) yield { kind: 'put-settled', space, settled: part };
    for (const one of failed) yield { kind: 'put-failed', space, failed: one };
    yield { kind: 'vector', space, replace: true, numbers: vector };
  }
}

function* parts<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; start += RECORDS_PER_ENTRY)
    yield items.slice(start, start + RECORDS_PER_ENTRY);
}
