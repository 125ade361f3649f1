import { encodeUtf8, tryDecodeUtf8 } from '@syncline/core';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** Deeper than people write, and far from where a stack would end, which differs from machine to machine. */
export const NESTING_MAX = 100;

const HALF_A_PAIR = /\p{Surrogate}/u;
const HALVES = /\p{Surrogate}/gu;

/** The text with every half of a surrogate pair replaced, so that it can be written as UTF-8. */
export const wellFormed = (text: string): string => text.replace(HALVES, '\ufffd');

export type ReadJson =
  { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly detail: string };

/** JSON from outside, unless it holds something that cannot be written again as it was read. */
export function readJson(bytes: Uint8Array): ReadJson {
  const text = tryDecodeUtf8(bytes);
  if (text === null) return { ok: false, detail: 'it is not UTF-8' };
  const value = parse(text);
  if (value === undefined) return { ok: false, detail: 'it is not JSON' };
  const detail = problemIn(value);
  return detail === null ? { ok: true, value } : { ok: false, detail };
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** Why a value cannot be written again as it was read; null where it can. */
export function problemIn(value: Json, depthLeft = NESTING_MAX): string | null {
  if (typeof value === 'string') return HALF_A_PAIR.test(value) ? 'it holds half of a surrogate pair' : null;
  if (typeof value === 'number')
    return Number.isFinite(value) ? null : 'it holds a number beyond all doubles';
  if (typeof value !== 'object' || value === null) return null;
  if (depthLeft === 0) return `it is nested deeper than ${NESTING_MAX}`;
  for (const name of Array.isArray(value) ? [] : Object.keys(value)) {
    // JavaScript would take it for something else than a field.
    if (name === '__proto__') return 'it names a field __proto__';
    if (HALF_A_PAIR.test(name)) return 'it holds half of a surrogate pair';
  }
  for (const each of Object.values<Json>(value)) {
    const problem = problemIn(each, depthLeft - 1);
    if (problem !== null) return problem;
  }
  return null;
}

/**
 * The one way that a value is written: names sorted by UTF-16 code unit, no white space, numbers as JavaScript has
 * them (RFC 8785). The value is no deeper than NESTING_MAX.
 */
export const canonicalJson = (value: Json): Uint8Array => encodeUtf8(textOf(value));

function textOf(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (isList(value)) return `[${value.map(textOf).join(',')}]`;
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${textOf(value[name]!)}`).join(',')}}`;
}

/** What `Array.isArray` does not tell the compiler of arrays that are read only. */
export const isList = (value: Json): value is readonly Json[] => Array.isArray(value);
