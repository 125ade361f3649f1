import { hlcTime } from '../clock';
import type { DeviceId } from '../ids';
import type { Stamp } from '../records';
import { decodeUtf8, encodeUtf8 } from '../utf8';
import { freshStamps, readStamps, REMOVED_STAMPS_MAX, writeStamps } from './field-stamps';
import type { Side } from './policy';
import { STAMP_BYTES_FORM } from './stamp-bytes';

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
  const device = 'a-device-with-a-name';
  const created = writeStamps(freshStamps(stamp(1, device)), new Map([['a', '1']]));
  const stamps = freshStamps(stamp(1, device));
  const later = stamp(2, 'another');
  stamps.fields.set('a', later).set('b', later).set('c', stamps.all);
  const text = decodeUtf8(writeStamps(stamps, new Map()));
  expect(decodeUtf8(created).split(device)).toHaveLength(2);
  expect(text.split(device)).toHaveLength(2);
  expect(text.split('another')).toHaveLength(2);
});

describe('stamps in the form of before', () => {
  const read = (text: string) => readStamps(sideWith(encodeUtf8(text)));

  test('are read', () => {
    const all = { time: 1024, device: 'd', number: 1 };
    const later = { time: 2048, device: 'é"', number: 7 };
    expect(
      read('[1,[1024,"d",1,2048,"é\\"",7],["title",1,"done",0],["items",[1,"\\"x\\"",0],"lines",[0]]]'),
    ).toEqual({
      kept: true,
      all,
      fields: new Map([
        ['title', later],
        ['done', all],
      ]),
      elements: new Map([
        ['items', { all: later, own: new Map([['"x"', all]]) }],
        ['lines', { all, own: new Map() }],
      ]),
    });
  });

  test('are written in the form of today, and say the same', () => {
    const stamps = read('[1,[1024,"d",1,2048,"e",7],["title",1],["items",[1,"7",0]]]');
    expect(stamps.kept).toBe(true);
    const bytes = writeStamps(stamps, new Map());
    expect(bytes[0]).toBe(STAMP_BYTES_FORM);
    expect(readStamps(sideWith(bytes))).toEqual(stamps);
  });

  test.each([
    ['cut short', '[1,[1024,"d"'],
    ['without a stamp', '[1,[],[],[]]'],
    ['with half a stamp', '[1,[1024,"d"],[],[]]'],
    ['with a time that is none', '[1,["x","d",1],[],[]]'],
    ['with a device that is none', '[1,[1024,null,1],[],[]]'],
    ['that name a stamp which is not there', '[1,[1024,"d",1],["a",1],[]]'],
    ['with a list that is none', '[1,[1024,"d",1],[],["a",null]]'],
    ['of a form to come', '[2,[1024,"d",1],[],[]]'],
  ])('but not %s', (_name, text) => {
    expect(read(text)).toEqual(freshStamps(stamp(99, 'record')));
  });
});

test.each([
  ['none', null],
  ['of another policy', encodeUtf8('{"dots":[]}')],
  ['that are not text', new Uint8Array([0xff, 0x00])],
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
