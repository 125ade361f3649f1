import { encodeUtf8, tryDecodeUtf8 } from './utf8';
import type { Patch } from './records';

/**
 * A JSON object as its top-level field names and the text of their values, exactly as written. Values are
 * compared and carried as text, so that no number is ever re-formatted on its way through a merge.
 */
export type Fields = Map<string, string>;

/**
 * Splits the text of a JSON object; null if it is another kind of value or names a field twice. It trusts that
 * the text is valid JSON, but ends on any text.
 */
export function splitObject(text: string): Fields | null {
  let at = skipSpace(text, 0);
  if (text.charCodeAt(at) !== OPEN_BRACE) return null;
  const fields: Fields = new Map();
  at = skipSpace(text, at + 1);
  while (text.charCodeAt(at) !== CLOSE_BRACE) {
    if (text.charCodeAt(at) !== QUOTE) return null;
    const nameEnd = skipString(text, at);
    const name = nameIn(text, at, nameEnd);
    if (name === null) return null;
    const valueStart = skipSpace(text, skipSpace(text, nameEnd) + 1);
    const valueEnd = skipValue(text, valueStart);
    const before = fields.size;
    fields.set(name, text.slice(valueStart, valueEnd));
    if (fields.size === before) return null;
    at = skipSpace(text, valueEnd);
    if (text.charCodeAt(at) === COMMA) at = skipSpace(text, at + 1);
  }
  return fields;
}

function nameIn(text: string, start: number, end: number): string | null {
  const asWritten = text.slice(start + 1, end - 1);
  return asWritten.includes('\\') ? stringOf(text.slice(start, end)) : asWritten;
}

/** Splits the text of a JSON array into the texts of its elements, on the same terms; null if it is no array. */
export function splitArray(text: string): string[] | null {
  let at = skipSpace(text, 0);
  if (text.charCodeAt(at) !== OPEN_BRACKET) return null;
  const elements: string[] = [];
  at = skipSpace(text, at + 1);
  while (text.charCodeAt(at) !== CLOSE_BRACKET) {
    const end = skipValue(text, at);
    if (end === at) return null;
    elements.push(text.slice(at, end));
    at = skipSpace(text, end);
    if (text.charCodeAt(at) === COMMA) at = skipSpace(text, at + 1);
  }
  return elements;
}

/** The one way a merged object is written: names sorted by UTF-16 code unit, no white space between. */
export function joinObject(fields: ReadonlyMap<string, string>): string {
  const names = sortedNames(fields);
  let text = '';
  for (let i = 0; i < names.length; i++) {
    const name = names[i]!;
    // A string less for each name than through a function that quotes.
    if (needsEscape(name)) text += (i === 0 ? '{' : ',') + JSON.stringify(name) + ':';
    else text += (i === 0 ? '{"' : ',"') + name + '":';
    text += fields.get(name)!;
  }
  return names.length === 0 ? '{}' : text + '}';
}

const INSERTED_MAX = 32;

/** Few are put in their places one by one, since `sort` copies them to and fro. */
function sortedNames(fields: ReadonlyMap<string, string>): string[] {
  const names = [...fields.keys()];
  if (names.length > INSERTED_MAX) return names.sort();
  for (let i = 1; i < names.length; i++) {
    const name = names[i]!;
    let at = i;
    for (; at > 0 && names[at - 1]! > name; at--) names[at] = names[at - 1]!;
    names[at] = name;
  }
  return names;
}

export function joinArray(elements: readonly string[]): string {
  return `[${elements.join(',')}]`;
}

/** What the text of a JSON string says; null if it is none. */
export function stringOf(text: string): string | null {
  if (text.charCodeAt(0) !== QUOTE) return null;
  if (!text.includes('\\')) return text.slice(1, -1);
  return isJson(text) ? (JSON.parse(text) as string) : null;
}

/** The fields of a payload that was checked when it came in; null if it is not a JSON object all the same. */
export function fieldsOf(payload: Uint8Array): Fields | null {
  const text = tryDecodeUtf8(payload);
  return text === null ? null : splitObject(text);
}

export function payloadOf(fields: ReadonlyMap<string, string>): Uint8Array {
  return encodeUtf8(joinObject(fields));
}

/** The fields of bytes from outside; null unless they are the UTF-8 of a JSON object without double names. */
export function parseFields(payload: Uint8Array): Fields | null {
  const text = tryDecodeUtf8(payload);
  if (text === null || !isJson(text)) return null;
  return splitObject(text);
}

export function isJsonPayload(payload: Uint8Array): boolean {
  return jsonOf(payload) !== null;
}

/** The text of bytes that are JSON; null for all others. */
export function jsonOf(payload: Uint8Array): string | null {
  const text = tryDecodeUtf8(payload);
  return text !== null && isJson(text) ? text : null;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Every replica applies a patch like this, to the byte; null where there is no object to apply it to. */
export function applyPatch(payload: Uint8Array, patch: Patch): Uint8Array | null {
  const fields = fieldsOf(payload);
  const set = fieldsOf(patch.set);
  if (fields === null || set === null) return null;
  for (const name of patch.remove) fields.delete(name);
  for (const [name, text] of set) fields.set(name, text);
  return payloadOf(fields);
}

const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

function skipSpace(text: string, start: number): number {
  let at = start;
  for (;;) {
    const unit = text.charCodeAt(at);
    if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) return at;
    at++;
  }
}

function skipString(text: string, start: number): number {
  let at = text.indexOf('"', start + 1);
  while (at >= 0 && isEscaped(text, at)) at = text.indexOf('"', at + 1);
  return (at < 0 ? text.length : at) + 1;
}

/** Behind an even number of backslashes, each of them is one that another has escaped. */
function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++;
  return backslashes % 2 === 1;
}

function skipValue(text: string, start: number): number {
  const first = text.charCodeAt(start);
  if (first === QUOTE) return skipString(text, start);
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return skipNested(text, start);
  let at = start;
  for (;;) {
    const unit = text.charCodeAt(at);
    // Written so that the end of the text (NaN) ends a number, true, false or null as well.
    if (!(unit > 0x20) || unit === COMMA || unit === CLOSE_BRACE || unit === CLOSE_BRACKET) return at;
    at++;
  }
}

function skipNested(text: string, start: number): number {
  let depth = 0;
  let at = start;
  do {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) {
      at = skipString(text, at);
      continue;
    }
    if (unit === OPEN_BRACE || unit === OPEN_BRACKET) depth++;
    else if (unit === CLOSE_BRACE || unit === CLOSE_BRACKET) depth--;
    at++;
  } while (depth > 0 && at < text.length);
  return at;
}

function needsEscape(name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i);
    if (unit < 0x20 || unit > 0x7e || unit === QUOTE || unit === BACKSLASH) return true;
  }
  return false;
}
