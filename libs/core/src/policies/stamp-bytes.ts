import type { HlcTime } from '../clock';
import type { DeviceId } from '../ids';
import type { Stamp } from '../records';
import { tryDecodeUtf8 } from '../utf8';
import type { FieldStamps } from './field-stamps';
import type { ElementStamps } from './fields/field-rule';

/**
 * The form in which stamps are stored. All its bytes are ASCII, so that one decoding makes a text of them which can be read
 * by place, names and all. A number is written in digits of six bits, the lowest first, each marked but the last. A stamp is
 * written where it is first named, and named by its place among the stamps after that.
 */
export const STAMP_BYTES_FORM = 2;

const DIGIT_MAX = 63;
const MORE = 64;
const ASCII_MAX = 127;
/** Of a safe integer. */
const NUMBER_BYTES_MAX = 9;
/** Of a UTF-16 unit that is written as a number. */
const UNIT_BYTES_MAX = 3;

// Overwritten by every call and never read across calls.
const page = new Uint8Array(1_024);

/** Where the next byte goes. */
interface Pen {
  bytes: Uint8Array;
  at: number;
  readonly stamps: Stamp[];
  /** By stamp, once there are so many that searching takes long. */
  places: Map<Stamp, number> | null;
}

export function writeStampBytes({ all, fields, elements }: FieldStamps): Uint8Array {
  const pen: Pen = { bytes: page, at: 0, stamps: [], places: null };
  writeNumber(pen, STAMP_BYTES_FORM);
  writeStamp(pen, all);
  writeNumber(pen, fields.size);
  for (const [name, stamp] of fields) writeNamed(pen, name, stamp);
  writeNumber(pen, elements.size);
  for (const [name, listed] of elements) {
    writeNamed(pen, name, listed.all);
    writeNumber(pen, listed.own.size);
    for (const [id, stamp] of listed.own) writeNamed(pen, id, stamp);
  }
  return pen.bytes.slice(0, pen.at);
}

function writeNamed(pen: Pen, name: string, stamp: Stamp): void {
  writeText(pen, name);
  writeStamp(pen, stamp);
}

function writeStamp(pen: Pen, stamp: Stamp): void {
  const place = placeOf(pen, stamp);
  if (place >= 0) return writeNumber(pen, place);
  writeNumber(pen, pen.stamps.length);
  pen.places?.set(stamp, pen.stamps.length);
  pen.stamps.push(stamp);
  writeNumber(pen, stamp.time);
  writeText(pen, stamp.device);
  writeNumber(pen, stamp.number);
}

const SEARCHED_MAX = 8;

function placeOf(pen: Pen, stamp: Stamp): number {
  const { stamps } = pen;
  if (stamps.length <= SEARCHED_MAX) return stamps.indexOf(stamp);
  pen.places ??= new Map(stamps.map((known, place) => [known, place]));
  return pen.places.get(stamp) ?? -1;
}

function writeNumber(pen: Pen, value: number): void {
  makeRoom(pen, NUMBER_BYTES_MAX);
  const { bytes } = pen;
  let rest = value;
  while (rest > DIGIT_MAX) {
    const higher = Math.floor(rest / MORE);
    bytes[pen.at++] = MORE + (rest - higher * MORE);
    rest = higher;
  }
  bytes[pen.at++] = rest;
}

/** Any text at all: one of ASCII as it is, another as the numbers of its UTF-16 units. */
function writeText(pen: Pen, text: string): void {
  const start = pen.at;
  writeNumber(pen, text.length * 2);
  makeRoom(pen, text.length);
  const { bytes } = pen;
  let { at } = pen;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > ASCII_MAX) {
      pen.at = start;
      return writeUnits(pen, text);
    }
    bytes[at++] = unit;
  }
  pen.at = at;
}

function writeUnits(pen: Pen, text: string): void {
  writeNumber(pen, text.length * 2 + 1);
  makeRoom(pen, text.length * UNIT_BYTES_MAX);
  for (let i = 0; i < text.length; i++) writeNumber(pen, text.charCodeAt(i));
}

function makeRoom(pen: Pen, length: number): void {
  if (pen.at + length <= pen.bytes.length) return;
  const larger = new Uint8Array(2 * (pen.at + length));
  larger.set(pen.bytes);
  pen.bytes = larger;
}

/** Where the next byte is read; `broken` once it was not what this form would have there. */
interface Reading {
  readonly text: string;
  at: number;
  broken: boolean;
  readonly stamps: Stamp[];
}

/** Null for bytes of another form. */
export function readStampBytes(bytes: Uint8Array): FieldStamps | null {
  const text = tryDecodeUtf8(bytes);
  if (text?.length !== bytes.length) return null;
  const reading: Reading = { text, at: 0, broken: false, stamps: [] };
  if (readNumber(reading) !== STAMP_BYTES_FORM) return null;
  const all = readStamp(reading);
  const fields = new Map<string, Stamp>();
  readNamed(reading, fields);
  const elements = new Map<string, ElementStamps>();
  const lists = readNumber(reading);
  for (let i = 0; i < lists && !reading.broken; i++) {
    const own = new Map<string, Stamp>();
    elements.set(readText(reading), { all: readStamp(reading), own });
    readNamed(reading, own);
  }
  return reading.broken || reading.at !== text.length ? null : { kept: true, all, fields, elements };
}

function readNamed(reading: Reading, into: Map<string, Stamp>): void {
  const count = readNumber(reading);
  for (let i = 0; i < count && !reading.broken; i++) into.set(readText(reading), readStamp(reading));
}

function readStamp(reading: Reading): Stamp {
  const { stamps } = reading;
  const place = readNumber(reading);
  const known = stamps[place];
  if (known !== undefined) return known;
  if (place !== stamps.length) reading.broken = true;
  const stamp = {
    time: readNumber(reading) as HlcTime,
    device: readText(reading) as DeviceId,
    number: readNumber(reading),
  };
  stamps.push(stamp);
  return stamp;
}

function readNumber(reading: Reading): number {
  const { text } = reading;
  let value = 0;
  for (let weight = 1; weight <= Number.MAX_SAFE_INTEGER; weight *= MORE) {
    const digit = text.charCodeAt(reading.at++);
    // At the end of the text it is NaN.
    if (!(digit <= ASCII_MAX)) break;
    value += (digit & DIGIT_MAX) * weight;
    if (value > Number.MAX_SAFE_INTEGER) break;
    if (digit <= DIGIT_MAX) return value;
  }
  reading.broken = true;
  return 0;
}

function readText(reading: Reading): string {
  const size = readNumber(reading);
  const length = Math.floor(size / 2);
  if (length > reading.text.length - reading.at) {
    reading.broken = true;
    return '';
  }
  if (size % 2 === 1) return readUnits(reading, length);
  const start = reading.at;
  reading.at += length;
  return reading.text.slice(start, reading.at);
}

function readUnits(reading: Reading, length: number): string {
  let text = '';
  for (let i = 0; i < length; i++) text += String.fromCharCode(readNumber(reading));
  return text;
}
