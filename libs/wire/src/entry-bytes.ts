import { entriesBytes, type PageEntry, type RecordImage, utf8Length, writeUtf8 } from '@syncline/core';
import { Entry } from '@syncline/proto';
import { encode } from './encoding';
import { entryToProto } from './entries';

/*
 * Pages of whole records are most of what a new device gets. Those are written straight from the records, because making
 * generated messages of them first and encoding those costs several times as much. The bytes are the same, see the test.
 */

/** The field numbers of proto/syncline/v1/pages.proto, with their wire types. */
const TAG = {
  entryOfPage: (5 << 3) | 2,
  collection: (1 << 3) | 2,
  id: (2 << 3) | 2,
  version: (3 << 3) | 0,
  put: (4 << 3) | 2,
  device: (10 << 3) | 2,
  number: (11 << 3) | 0,
  user: (12 << 3) | 2,
  time: (13 << 3) | 0,
  schemaVersion: (14 << 3) | 0,
  resurrected: (17 << 3) | 0,
  payloadOfPut: (1 << 3) | 2,
} as const;

/** What an entry takes beside what `entriesBytes` counts, so that the buffer rarely has to grow. */
const MORE_BYTES = 40;
const HEAD_BYTES_MAX = 16;

/** A page's entries, between its fields that come before and those behind. */
export function entriesBetween(
  before: Uint8Array,
  entries: readonly PageEntry[],
  behind: Uint8Array,
): Uint8Array {
  const page = new GrowingBytes(
    before.length + entriesBytes(entries) + MORE_BYTES * entries.length + behind.length,
  );
  page.raw(before);
  for (const entry of entries) {
    if (entry.kind === 'put' && entry.record.kept === undefined && isWritable(entry.record))
      writePut(page, entry.record);
    else {
      const encoded = encode(Entry, entryToProto(entry));
      page.makeRoom(HEAD_BYTES_MAX + encoded.length);
      page.lengthOf(TAG.entryOfPage, encoded.length);
      page.raw(encoded);
    }
  }
  page.makeRoom(behind.length);
  page.raw(behind);
  return page.written();
}

const UINT32_MAX = 0xffffffff;

/** Other numbers are for the generated code, which refuses those that a field cannot hold. */
function isWritable({ version, number, time, schemaVersion }: RecordImage): boolean {
  return isWhole(version) && isWhole(number) && isWhole(time) && isWhole(schemaVersion, UINT32_MAX);
}

function isWhole(value: number, max = Number.MAX_SAFE_INTEGER): boolean {
  return Number.isInteger(value) && value >= 0 && value <= max;
}

function writePut(page: GrowingBytes, record: RecordImage): void {
  const { collection, id, version, payload, device, number, user, time, schemaVersion } = record;
  const payloadBytes = payload.length === 0 ? 0 : 1 + sizeOf(payload.length) + payload.length;
  const bytes =
    textSize(collection) +
    textSize(id) +
    numberSize(version) +
    (1 + sizeOf(payloadBytes) + payloadBytes) +
    textSize(device) +
    numberSize(number) +
    textSize(user) +
    numberSize(time) +
    numberSize(schemaVersion) +
    (record.resurrected ? 3 : 0);
  page.makeRoom(HEAD_BYTES_MAX + bytes);
  page.lengthOf(TAG.entryOfPage, bytes);
  page.text(TAG.collection, collection);
  page.text(TAG.id, id);
  page.number(TAG.version, version);
  page.lengthOf(TAG.put, payloadBytes);
  if (payload.length > 0) {
    page.lengthOf(TAG.payloadOfPut, payload.length);
    page.raw(payload);
  }
  page.text(TAG.device, device);
  page.number(TAG.number, number);
  page.text(TAG.user, user);
  page.number(TAG.time, time);
  page.number(TAG.schemaVersion, schemaVersion);
  page.number(TAG.resurrected, record.resurrected ? 1 : 0);
}

/** With its tag, which takes one byte; nothing at all for what is empty. */
function textSize(text: string): number {
  if (text === '') return 0;
  const bytes = utf8Length(text);
  return 1 + sizeOf(bytes) + bytes;
}

function numberSize(value: number): number {
  return value === 0 ? 0 : 1 + sizeOf(value);
}

/** Of a number in groups of seven bits. */
function sizeOf(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 0x80; rest /= 0x80) bytes++;
  return bytes;
}

const LOW_BITS = 28;
const LOW = 2 ** LOW_BITS;

class GrowingBytes {
  private bytes: Uint8Array;
  private at = 0;

  constructor(expectedBytes: number) {
    this.bytes = new Uint8Array(expectedBytes);
  }

  /** To be asked for ahead of whatever is written. */
  makeRoom(bytes: number): void {
    const needed = this.at + bytes;
    if (needed <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.bytes.length));
    larger.set(this.bytes.subarray(0, this.at));
    this.bytes = larger;
  }

  written(): Uint8Array {
    return this.bytes.subarray(0, this.at);
  }

  raw(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  lengthOf(tag: number, length: number): void {
    this.varint(tag);
    this.varint(length);
  }

  text(tag: number, text: string): void {
    if (text === '') return;
    const bytes = utf8Length(text);
    this.lengthOf(tag, bytes);
    if (bytes === text.length)
      for (let at = 0; at < bytes; at++) this.bytes[this.at + at] = text.charCodeAt(at);
    else writeUtf8(text, this.bytes.subarray(this.at, this.at + bytes));
    this.at += bytes;
  }

  number(tag: number, value: number): void {
    if (value === 0) return;
    this.varint(tag);
    this.varint(value);
  }

  /** Bits are shifted where a number has no more than 32 of them. */
  private varint(value: number): void {
    let rest = value;
    if (value >= LOW) {
      const low = value % LOW;
      for (let shift = 0; shift < LOW_BITS; shift += 7) this.bytes[this.at++] = (low >>> shift) | 0x80;
      rest = (value - low) / LOW;
    }
    for (; rest >= 0x80; rest >>>= 7) this.bytes[this.at++] = rest | 0x80;
    this.bytes[this.at++] = rest;
  }
}
