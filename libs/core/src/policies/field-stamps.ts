import type { HlcTime } from '../clock';
import type { DeviceId } from '../ids';
import type { Stamp } from '../records';
import { encodeUtf8, tryDecodeUtf8 } from '../utf8';
import type { ElementStamps } from './fields/field-rule';
import { compareWrites, writeOf } from './order';
import type { Side } from './policy';

/**
 * When each field of a record was written last: what field-merge keeps as the record's `meta`. A removed field
 * keeps its stamp, so that a late write of it can be put in order.
 */
export interface FieldStamps {
  /**
   * This policy has written them, and so has seen to it that the payload beside them is JSON. Bytes from before it may only
   * look like an object, and so may what a patch makes of them.
   */
  readonly kept: boolean;
  /** Of every field that is not named below: the record's creation. */
  readonly all: Stamp;
  readonly fields: Map<string, Stamp>;
  readonly elements: Map<string, ElementStamps>;
}

export const REMOVED_STAMPS_MAX = 256;
const FORMAT = 1;

export function freshStamps(all: Stamp): FieldStamps {
  return { kept: false, all: stampOf(all), fields: new Map(), elements: new Map() };
}

export function stampOf({ time, device, number }: Stamp): Stamp {
  return { time, device, number };
}

/** Bytes of another policy, or none, leave the record's own stamp for all fields. */
export function readStamps(side: Side): FieldStamps {
  const text = side.meta === null ? null : tryDecodeUtf8(side.meta);
  return (text === null ? null : parseStamps(text)) ?? freshStamps(side);
}

function parseStamps(text: string): FieldStamps | null {
  const parts = parseArray(text);
  if (parts === null || parts[0] !== FORMAT) return null;
  const [, table, fields, elements] = parts;
  if (!Array.isArray(table) || !Array.isArray(fields) || !Array.isArray(elements)) return null;
  const stamps: Stamp[] = [];
  for (let i = 0; i + 2 < table.length; i += 3) {
    stamps.push({
      time: table[i] as HlcTime,
      device: table[i + 1] as DeviceId,
      number: table[i + 2] as number,
    });
  }
  const all = stamps[0];
  if (all === undefined) return null;
  const read: FieldStamps = { kept: true, all, fields: new Map(), elements: new Map() };
  readPairs(fields, 0, stamps, read.fields);
  for (let i = 0; i + 1 < elements.length; i += 2) {
    const listed = elements[i + 1] as readonly unknown[];
    const own = new Map<string, Stamp>();
    readPairs(listed, 1, stamps, own);
    read.elements.set(elements[i] as string, { all: stamps[listed[0] as number] ?? all, own });
  }
  return read;
}

function parseArray(text: string): unknown[] | null {
  if (!text.startsWith(`[${FORMAT},[`)) return null;
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed : null;
  } catch {
    return null;
  }
}

function readPairs(
  pairs: readonly unknown[],
  start: number,
  stamps: readonly Stamp[],
  into: Map<string, Stamp>,
): void {
  for (let i = start; i + 1 < pairs.length; i += 2) {
    const stamp = stamps[pairs[i + 1] as number];
    if (stamp !== undefined) into.set(pairs[i] as string, stamp);
  }
}

/** Each stamp is written once, and fields name it by its place in the table. */
export function writeStamps(stamps: FieldStamps, live: ReadonlyMap<string, string>): Uint8Array {
  forgetRemoved(stamps.fields, live);
  const table: (number | string)[] = [];
  const places = new Map<Stamp, number>();
  const placeOf = (stamp: Stamp): number => {
    const known = places.get(stamp);
    if (known !== undefined) return known;
    const place = places.size;
    places.set(stamp, place);
    table.push(stamp.time, stamp.device, stamp.number);
    return place;
  };
  placeOf(stamps.all);
  const fields = pairsOf(stamps.fields, placeOf);
  const elements: (string | Pairs)[] = [];
  for (const [name, { all, own }] of stamps.elements)
    elements.push(name, [placeOf(all), ...pairsOf(own, placeOf)]);
  return encodeUtf8(JSON.stringify([FORMAT, table, fields, elements]));
}

type Pairs = (string | number)[];

function pairsOf(stamps: ReadonlyMap<string, Stamp>, placeOf: (stamp: Stamp) => number): Pairs {
  const pairs: Pairs = [];
  for (const [name, stamp] of stamps) pairs.push(name, placeOf(stamp));
  return pairs;
}

function forgetRemoved(fields: Map<string, Stamp>, live: ReadonlyMap<string, string>): void {
  if (fields.size <= live.size + REMOVED_STAMPS_MAX) return;
  const removed = [...fields].filter(([name]) => !live.has(name));
  removed.sort(([, left], [, right]) => compareWrites(writeOf(left, true), writeOf(right, true), 1));
  for (const [name] of removed.slice(0, Math.max(0, removed.length - REMOVED_STAMPS_MAX)))
    fields.delete(name);
}
