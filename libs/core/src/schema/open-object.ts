import { encodeUtf8 } from '../utf8';
import { joinObject, jsonOf, splitObject } from '../json-fields';
import type { FieldPath } from './field-path';

/**
 * A JSON object of which only those inner objects are opened that a step looks into. It never changes: who sets a
 * field gets another one, which shares what was written with it. What no step has changed keeps its text, to the byte.
 */
export interface OpenObject {
  /** As it was written; null once something in it is another than it was. */
  readonly text: string | null;
  readonly written: ReadonlyMap<string, string>;
  /** Instead of what was written; undefined for a field that went. */
  readonly changes: ReadonlyMap<string, Value | undefined>;
  /** What was worked out of it before. */
  readonly known: Known;
}

/** Steps ask for the same over and over, and it takes reading all of an object, or writing it. */
interface Known {
  text?: string;
  inner?: Map<string, OpenObject | undefined>;
}

type Value = string | OpenObject;

const NO_CHANGES: ReadonlyMap<string, Value | undefined> = new Map();

export const EMPTY_OBJECT: OpenObject = { text: '{}', written: new Map(), changes: NO_CHANGES, known: {} };

/** Null for what is not the UTF-8 of a JSON object without double names. */
export function openPayload(payload: Uint8Array): OpenObject | null {
  const text = jsonOf(payload);
  return text === null ? null : (opened(text) ?? null);
}

/** The payload itself where nothing was changed. */
export function closePayload(object: OpenObject, before: Uint8Array): Uint8Array {
  return object.text === null ? encodeUtf8(textOf(object)) : before;
}

function valueAt({ written, changes }: OpenObject, name: string): Value | undefined {
  return changes.has(name) ? changes.get(name) : written.get(name);
}

/** As `fieldAt` for one of the object's own fields. */
export function fieldNamed(object: OpenObject, name: string): string | undefined {
  const value = valueAt(object, name);
  return value === undefined || typeof value === 'string' ? value : textOf(value);
}

export function hasField(object: OpenObject, name: string): boolean {
  return valueAt(object, name) !== undefined;
}

export function* namesOf({ written, changes }: OpenObject): Generator<string> {
  for (const name of written.keys()) if (!changes.has(name)) yield name;
  for (const [name, value] of changes) if (value !== undefined) yield name;
}

export function isEmptyObject(object: OpenObject): boolean {
  return namesOf(object).next().done === true;
}

/** The text of a field; undefined where there is none, or something on the way is no object. */
export function fieldAt(object: OpenObject, path: FieldPath): string | undefined {
  const value = partAt(object, path);
  return value === undefined || typeof value === 'string' ? value : textOf(value);
}

/** Whether there is a field, which takes less than to have its text. */
export function isThere(object: OpenObject, path: FieldPath): boolean {
  return partAt(object, path) !== undefined;
}

/** A field to be set elsewhere, opened or not. */
export function partAt(object: OpenObject, path: FieldPath): Value | undefined {
  const holder = path.length === 1 ? object : objectAt(object, path.slice(0, -1));
  return holder === undefined ? undefined : valueAt(holder, path[path.length - 1]!);
}

/** The inner object there; undefined for none, and for another kind of value. */
export function objectAt(object: OpenObject, path: FieldPath): OpenObject | undefined {
  let at: OpenObject | undefined = object;
  for (const name of path) {
    at = innerOf(at, name);
    if (at === undefined) return undefined;
  }
  return at;
}

function innerOf(object: OpenObject, name: string): OpenObject | undefined {
  const value = valueAt(object, name);
  if (typeof value !== 'string') return value;
  const inner = (object.known.inner ??= new Map());
  if (!inner.has(name)) inner.set(name, opened(value));
  return inner.get(name);
}

function opened(text: string): OpenObject | undefined {
  const written = splitObject(text);
  return written === null ? undefined : { text, written, changes: NO_CHANGES, known: {} };
}

/** With the field set; objects on the way are made. Undefined where something on the way is no object. */
export function withField(
  object: OpenObject,
  path: FieldPath,
  value: Value,
  depth = 0,
): OpenObject | undefined {
  const name = path[depth]!;
  if (depth === path.length - 1) return changed(object, name, value);
  const inner = hasField(object, name) ? objectAt(object, [name]) : EMPTY_OBJECT;
  if (inner === undefined) return undefined;
  const set = withField(inner, path, value, depth + 1);
  return set === undefined ? undefined : changed(object, name, set);
}

/** Without the field; with `prune`, without the objects either that are left empty by its going. */
export function withoutField(object: OpenObject, path: FieldPath, prune: boolean, depth = 0): OpenObject {
  const name = path[depth]!;
  if (depth === path.length - 1) return hasField(object, name) ? changed(object, name, undefined) : object;
  const inner = objectAt(object, [name]);
  if (inner === undefined) return object;
  const left = withoutField(inner, path, prune, depth + 1);
  if (left === inner) return object;
  return changed(object, name, prune && isEmptyObject(left) ? undefined : left);
}

function changed(object: OpenObject, name: string, value: Value | undefined): OpenObject {
  return withFields(object, new Map([[name, value]]));
}

/** With fields of its own set, or taken away where they are undefined. */
export function withFields(
  { written, changes }: OpenObject,
  more: ReadonlyMap<string, Value | undefined>,
): OpenObject {
  const all = new Map(changes);
  for (const [name, value] of more) all.set(name, value);
  return { text: null, written, changes: all, known: {} };
}

/** Written like a merged object, as far as it was changed. */
function textOf(object: OpenObject): string {
  if (object.text !== null) return object.text;
  return (object.known.text ??= joinObject(textsOf(object)));
}

function textsOf(object: OpenObject): Map<string, string> {
  const texts = new Map<string, string>();
  for (const name of namesOf(object)) texts.set(name, fieldNamed(object, name)!);
  return texts;
}
