import { isHlcTime } from '../clock';
import type { DeviceId } from '../ids';
import type { Stamp } from '../records';
import { tryDecodeUtf8 } from '../utf8';
import type { FieldStamps } from './field-stamps';
import type { ElementStamps } from './fields/field-rule';

/**
 * The form in which stamps were stored before `stamp-bytes.ts`; records keep it until their next write. A JSON array: the form,
 * a table of stamps, then names in turn with places in that table.
 */
const FORM = 1;

/** Null for bytes of another form. */
export function readStampJson(bytes: Uint8Array): FieldStamps | null {
  const parts = parseArray(bytes);
  if (parts === null || parts[0] !== FORM) return null;
  const [, table, pairs, lists] = parts;
  const stamps = stampsIn(table);
  const all = stamps?.[0];
  if (stamps === null || all === undefined) return null;
  const fields = namedIn(pairs, 0, stamps);
  const elements = elementsIn(lists, stamps);
  return fields === null || elements === null ? null : { kept: true, all, fields, elements };
}

function parseArray(bytes: Uint8Array): unknown[] | null {
  const text = tryDecodeUtf8(bytes);
  if (!text?.startsWith(`[${FORM},[`)) return null;
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed : null;
  } catch {
    return null;
  }
}

function stampsIn(table: unknown): Stamp[] | null {
  if (!Array.isArray(table)) return null;
  const stamps: Stamp[] = [];
  for (let i = 0; i < table.length; i += 3) {
    const [time, device, number] = table.slice(i, i + 3) as unknown[];
    if (!isCount(time) || !isHlcTime(time) || typeof device !== 'string' || !isCount(number)) return null;
    stamps.push({ time, device: device as DeviceId, number });
  }
  return stamps;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function namedIn(pairs: unknown, start: number, stamps: readonly Stamp[]): Map<string, Stamp> | null {
  if (!Array.isArray(pairs)) return null;
  const named = new Map<string, Stamp>();
  for (let i = start; i < pairs.length; i += 2) {
    const name: unknown = pairs[i];
    const stamp = stamps[pairs[i + 1] as number];
    if (typeof name !== 'string' || stamp === undefined) return null;
    named.set(name, stamp);
  }
  return named;
}

function elementsIn(lists: unknown, stamps: readonly Stamp[]): Map<string, ElementStamps> | null {
  if (!Array.isArray(lists)) return null;
  const elements = new Map<string, ElementStamps>();
  for (let i = 0; i < lists.length; i += 2) {
    const name: unknown = lists[i];
    const listed: unknown = lists[i + 1];
    const own = namedIn(listed, 1, stamps);
    if (typeof name !== 'string' || own === null) return null;
    const all = stamps[(listed as readonly number[])[0]!];
    if (all === undefined) return null;
    elements.set(name, { all, own });
  }
  return elements;
}
