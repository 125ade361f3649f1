import { hlcTime } from '../clock';
import type { DeviceId } from '../ids';
import type { Stamp } from '../records';
import { decodeUtf8, encodeUtf8 } from '../utf8';
import { freshStamps, readStamps, REMOVED_STAMPS_MAX, writeStamps } from './field-stamps';
import type { Side } from './policy';

const stamp = (ms: number, device = 'd', number = 1): Stamp => ({
  time: hlcTime(ms),
  device: device as DeviceId,
  number,
});

const sideWith = (meta: Uint8Array | null): Side => ({
  ...stamp(99, 'record'),
  deleted: false,
  payload: encodeUtf8('{}'),
  meta,
});

test('stamps survive being written and read', () => {
  const stamps = freshStamps(stamp(1));
  const later = stamp(2, 'é"', 7);
  stamps.fields.set('title', later).set('__proto__', later).set('', stamp(3));
  stamps.elements.set('items', { all: stamp(4), own: new Map([['"x"', later]]) });
  stamps.elements.set('lines', { all: stamps.all, own: new Map() });
  expect(readStamps(sideWith(writeStamps(stamps, new Map())))).toEqual({ ...stamps, kept: true });
});

test('each stamp is written once, and a created record costs one', () => {
  const all = stamp(1);
  expect(decodeUtf8(writeStamps(freshStamps(all), new Map([['a', '1']])))).toBe('[1,[1024,"d",1],[],[]]');
  const stamps = freshStamps(all);
  const later = stamp(2);
  stamps.fields.set('a', later).set('b', later).set('c', stamps.all);
  expect(decodeUtf8(writeStamps(stamps, new Map()))).toBe(
    '[1,[1024,"d",1,2048,"d",1],["a",1,"b",1,"c",0],[]]',
  );
});

test.each([
  ['none', null],
  ['of another policy', encodeUtf8('{"dots":[]}')],
  ['that are not text', new Uint8Array([0xff, 0x00])],
  ['cut short', encodeUtf8('[1,[1024,"d"')],
  ['without a stamp', encodeUtf8('[1,[],[],[]]')],
  ['of a format to come', encodeUtf8('[2,[1024,"d",1],[],[]]')],
])('bytes %s leave the stamp of the record for all fields', (_name, meta) => {
  expect(readStamps(sideWith(meta))).toEqual(freshStamps(stamp(99, 'record')));
});

test('of removed fields only the latest stamps are kept', () => {
  const stamps = freshStamps(stamp(1));
  stamps.fields.set('live', stamp(2));
  const surplus = 3;
  for (let i = 0; i < REMOVED_STAMPS_MAX + surplus; i++) stamps.fields.set(`gone-${i}`, stamp(10 + i));
  const { fields } = readStamps(sideWith(writeStamps(stamps, new Map([['live', '1']]))));
  expect(fields.size).toBe(1 + REMOVED_STAMPS_MAX);
  expect(fields.has('live')).toBe(true);
  expect(fields.has(`gone-${surplus - 1}`)).toBe(false);
  expect(fields.has(`gone-${surplus}`)).toBe(true);
});
