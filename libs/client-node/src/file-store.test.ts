import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { memoryDeviceStore, type StoreWrite } from '@syncline/client';
import {
  collectionName,
  deviceId,
  encodeUtf8,
  type HlcTime,
  recordId,
  spaceId,
  userId,
  WHOLE_SPACE,
} from '@syncline/core';
import { fileDeviceStore } from './file-store';
import { LogDamaged } from './log-file';

const space = spaceId('home');
const notes = collectionName('notes');
const phone = deviceId('phone');
const ada = userId('ada');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'device-store-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const image = (id: string, version: number) => ({
  collection: notes,
  id: recordId(id),
  version,
  payload: encodeUtf8(`{"v":${version}}`),
  user: ada,
  time: version as HlcTime,
  device: phone,
  number: version,
  schemaVersion: 0,
  resurrected: false,
});

const row = (version: number): StoreWrite => ({
  kind: 'space',
  row: {
    space,
    user: ada,
    scope: WHOLE_SPACE,
    mode: 'bidirectional',
    version,
    cursor: encodeUtf8(`c${version}`),
    epoch: 1,
    counter: version,
    sentUpTo: version,
    coveredUpTo: 0,
    failedCounter: 0,
    staging: null,
  },
});

/** What a device stores in a short life, a step a list. */
const life: readonly StoreWrite[][] = Array.from({ length: 12 }, (_, step) => {
  const version = step + 1;
  const record = image(`n${step % 5}`, version);
  return [
    row(version),
    { kind: 'clock', clock: version as HlcTime },
    step % 3 === 0
      ? { kind: 'copy', space, records: [record], gone: [] }
      : { kind: 'stage', space, entries: [{ kind: 'live', record }] },
    ...(step % 4 === 3 ? [{ kind: 'promote', space, fresh: false } as const] : []),
    { kind: 'vector', space, replace: false, numbers: [[phone, version]] },
  ];
});

const afterSteps = (steps: number) => {
  const store = memoryDeviceStore();
  for (const writes of life.slice(0, steps)) store.apply(writes);
  return store.load();
};

function live(steps = life.length, options = {}): void {
  const store = fileDeviceStore(folder, options);
  for (const writes of life.slice(0, steps)) store.apply(writes);
  store.close();
}

function reopened() {
  const store = fileDeviceStore(folder);
  const stored = store.load();
  store.close();
  return stored;
}

const file = () => path.join(folder, 'device.log');

test('what was stored is there when the device is opened again', () => {
  live();
  expect(reopened()).toEqual(afterSteps(life.length));
});

test('wherever the last append was interrupted, all steps before it are whole', () => {
  live(life.length - 1);
  const before = readFileSync(file()).length;
  rmSync(file());
  live();
  const whole = readFileSync(file());
  for (let length = before; length < whole.length; length++) {
    writeFileSync(file(), whole.subarray(0, length));
    expect(reopened()).toEqual(afterSteps(life.length - 1));
    // What is appended behind the cut is found again.
    const store = fileDeviceStore(folder);
    store.apply(life.at(-1)!);
    store.close();
    expect(reopened()).toEqual(afterSteps(life.length));
  }
});

test('an end of zeros, as a machine leaves it that lost its power, is cut off', () => {
  live();
  appendFileSync(file(), Buffer.alloc(4096));
  expect(reopened()).toEqual(afterSteps(life.length));
});

test('damage in the middle is not taken for an interrupted append', () => {
  live();
  const bytes = readFileSync(file());
  bytes[Math.floor(bytes.length / 2)]! ^= 1;
  writeFileSync(file(), bytes);
  expect(() => fileDeviceStore(folder)).toThrow(LogDamaged);
});

test('a log that grew too much is written anew and says the same', () => {
  live(life.length, { logBytesMin: 1 });
  const compact = readFileSync(file()).length;
  expect(reopened()).toEqual(afterSteps(life.length));
  rmSync(file());
  live();
  expect(compact).toBeLessThan(readFileSync(file()).length);
});

test('a log of another format is not read as if it were this one', () => {
  writeFileSync(file(), '');
  expect(() => fileDeviceStore(folder)).toThrow('is not a log of this version');
});
