import type { Stamp } from '../records';
import type { ElementStamps } from './fields/field-rule';
import { compareWrites, writeOf } from './order';
import type { Side } from './policy';
import { readStampBytes, STAMP_BYTES_FORM, writeStampBytes } from './stamp-bytes';
import { readStampJson } from './stamp-json';

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

export function freshStamps(all: Stamp): FieldStamps {
  return { kept: false, all: stampOf(all), fields: new Map(), elements: new Map() };
}

export function stampOf({ time, device, number }: Stamp): Stamp {
  return { time, device, number };
}

/** Bytes of another policy, or none, leave the record's own stamp for all fields. */
export function readStamps(side: Side): FieldStamps {
  return (side.meta === null ? null : stampsIn(side.meta)) ?? freshStamps(side);
}

function stampsIn(bytes: Uint8Array): FieldStamps | null {
  return bytes[0] === STAMP_BYTES_FORM ? readStampBytes(bytes) : readStampJson(bytes);
}

export function writeStamps(stamps: FieldStamps, live: ReadonlyMap<string, string>): Uint8Array {
  forgetRemoved(stamps.fields, live);
  return writeStampBytes(stamps);
}

function forgetRemoved(fields: Map<string, Stamp>, live: ReadonlyMap<string, string>): void {
  if (fields.size <= live.size + REMOVED_STAMPS_MAX) return;
  const removed = [...fields].filter(([name]) => !live.has(name));
  removed.sort(([, left], [, right]) => compareWrites(writeOf(left, true), writeOf(right, true), 1));
  for (const [name] of removed.slice(0, Math.max(0, removed.length - REMOVED_STAMPS_MAX)))
    fields.delete(name);
}
