import { stringOf } from '../json-fields';
import { type Converted, convertValue, firstOf, plainly } from './convert-value';
import type { ConvertTo, SchemaOperation } from './declaration';
import { besidePath, type FieldPath, parsePath } from './field-path';
import { fieldAt, isThere, type OpenObject, partAt, withField, withoutField } from './open-object';

/** An operation with its paths read; the last two only come of turning others around. */
export type Operation =
  /** A rename is a move as well: `at` is the field, `to` its new place. */
  | {
      readonly kind: 'move';
      readonly said: 'rename' | 'move';
      readonly at: FieldPath;
      readonly to: FieldPath;
    }
  /** It adds a field where no operation before it speaks of that one. */
  | { readonly kind: 'default'; readonly at: FieldPath; readonly value: string; readonly adds: boolean }
  | {
      readonly kind: 'split';
      readonly at: FieldPath;
      readonly separator: string;
      readonly into: readonly FieldPath[];
    }
  | {
      readonly kind: 'join';
      readonly parts: readonly FieldPath[];
      readonly separator: string;
      readonly at: FieldPath;
    }
  | {
      readonly kind: 'convert';
      readonly at: FieldPath;
      readonly to: ConvertTo;
      readonly values: ReadonlyMap<string, string>;
    }
  | { readonly kind: 'remove'; readonly at: FieldPath }
  /** Removes the field where it has that value. */
  | { readonly kind: 'undefault'; readonly at: FieldPath; readonly value: string }
  /** Puts its first element in an array's place. */
  | { readonly kind: 'first'; readonly at: FieldPath };

/** Null for an operation with a path that is malformed. */
export function readOperation(declared: SchemaOperation): Operation | null {
  const { kind } = declared;
  if (kind === 'join') {
    const parts = parsePaths(declared.fields);
    const at = parsePath(declared.into);
    return parts === null || at === null ? null : { kind, parts, separator: declared.separator, at };
  }
  const at = parsePath(declared.field);
  if (at === null) return null;
  switch (kind) {
    case 'rename':
      return { kind: 'move', said: kind, at, to: besidePath(at, declared.to) };
    case 'move': {
      const to = parsePath(declared.to);
      return to === null ? null : { kind, said: kind, at, to };
    }
    case 'default':
      return { kind, at, value: declared.value.trim(), adds: true };
    case 'split': {
      const into = parsePaths(declared.into);
      return into === null ? null : { kind, at, separator: declared.separator, into };
    }
    case 'convert':
      return { kind, at, to: declared.to, values: readValues(declared.values) };
    case 'remove':
      return { kind, at };
  }
}

function parsePaths(written: readonly string[]): FieldPath[] | null {
  const paths: FieldPath[] = [];
  for (const each of written) {
    const path = parsePath(each);
    if (path === null) return null;
    paths.push(path);
  }
  return paths;
}

function readValues(values: readonly (readonly [string, string])[]): Map<string, string> {
  return new Map(values.map(([before, after]) => [plainly(before.trim()), after.trim()]));
}

/** All that it looks at or changes. */
export function pathsOf(operation: Operation): readonly FieldPath[] {
  const { kind, at } = operation;
  if (kind === 'move') return [at, operation.to];
  if (kind === 'split') return [at, ...operation.into];
  return kind === 'join' ? [at, ...operation.parts] : [at];
}

/** What an operation made of a payload, or why it could not. */
export type Done = { readonly object: OpenObject } | { readonly obstacle: string };

const made = (object: OpenObject): Done => ({ object });
const stopped = (obstacle: string): Done => ({ obstacle });

/** A field that is missing stops no operation. */
export function perform(operation: Operation, object: OpenObject): Done {
  const { at } = operation;
  switch (operation.kind) {
    case 'move': {
      const part = partAt(object, at);
      return part === undefined ? made(object) : place(withoutField(object, at, true), operation.to, part);
    }
    case 'default':
      return made(isThere(object, at) ? object : withDefault(object, at, operation.value));
    case 'split':
      return split(object, operation);
    case 'join':
      return join(object, operation);
    case 'convert':
      return replace(object, at, (value) => convertValue(value, operation.to, operation.values));
    case 'remove':
      return made(withoutField(object, at, false));
    case 'undefault': {
      const isDefault = fieldAt(object, at) === operation.value;
      return made(isDefault ? withoutField(object, at, false) : object);
    }
    case 'first':
      return replace(object, at, firstOf);
  }
}

function withDefault(object: OpenObject, at: FieldPath, value: string): OpenObject {
  const holder = at.slice(0, -1);
  const isHeld = holder.length === 0 || isThere(object, holder);
  return isHeld ? (withField(object, at, value) ?? object) : object;
}

function place(object: OpenObject, to: FieldPath, value: string | OpenObject): Done {
  const name = to[to.length - 1]!;
  if (isThere(object, to)) return stopped(`there is a field ${name} already`);
  const placed = withField(object, to, value);
  return placed === undefined ? stopped(`what ${name} would be in is no object`) : made(placed);
}

function replace(
  object: OpenObject,
  at: FieldPath,
  become: (value: string) => Converted | ReturnType<typeof firstOf>,
): Done {
  const value = fieldAt(object, at);
  if (value === undefined) return made(object);
  const became = become(value);
  if ('needed' in became) return stopped(`it is not ${became.needed}`);
  if (became.text === value) return made(object);
  if (became.text === undefined) return made(withoutField(object, at, false));
  return made(withField(object, at, became.text) ?? object);
}

function split(object: OpenObject, { at, separator, into }: Extract<Operation, { kind: 'split' }>): Done {
  const value = fieldAt(object, at);
  if (value === undefined) return made(object);
  const text = value === 'null' ? null : stringOf(value);
  if (text === null && value !== 'null') return stopped('it is not a text');
  let done = made(withoutField(object, at, true));
  const parts = text === null ? [] : partsOf(text, separator, into.length);
  for (const [index, part] of parts.entries()) {
    if ('obstacle' in done) return done;
    done = place(done.object, into[index]!, JSON.stringify(part));
  }
  return done;
}

function partsOf(text: string, separator: string, partsMax: number): string[] {
  const parts: string[] = [];
  let from = 0;
  for (let at = text.indexOf(separator); at >= 0 && parts.length < partsMax - 1;) {
    parts.push(text.slice(from, at));
    from = at + separator.length;
    at = text.indexOf(separator, from);
  }
  return [...parts, text.slice(from)];
}

function join(object: OpenObject, { parts, separator, at }: Extract<Operation, { kind: 'join' }>): Done {
  const said: string[] = [];
  let count = 0;
  let left = object;
  for (const part of parts) {
    const value = fieldAt(object, part);
    const text = value === undefined || value === 'null' ? null : stringOf(value);
    if (value !== undefined && value !== 'null' && text === null)
      return stopped(`${part[part.length - 1]!} is not a text`);
    said.push(text ?? '');
    if (text !== null) count = said.length;
    left = withoutField(left, part, true);
  }
  return count === 0 ? made(left) : place(left, at, JSON.stringify(said.slice(0, count).join(separator)));
}

/** The operation that leads back; null where what it does cannot be told from what came of it. */
export function turnedAround(operation: Operation): Operation | null {
  const { at } = operation;
  switch (operation.kind) {
    case 'move':
      return { ...operation, at: operation.to, to: at };
    case 'default':
      return { kind: 'undefault', at, value: operation.value };
    case 'split':
      return { kind: 'join', parts: operation.into, separator: operation.separator, at };
    case 'join':
      return { kind: 'split', at, separator: operation.separator, into: operation.parts };
    case 'convert':
      return convertedBack(operation);
    case 'remove':
    case 'undefault':
    case 'first':
      return null;
  }
}

const CONVERTED_BACK = {
  string: null,
  boolean: null,
  number: 'string',
  'time-ms': 'time-iso',
  'time-iso': 'time-ms',
} as const satisfies Record<Exclude<ConvertTo, 'array' | 'mapped'>, ConvertTo | null>;

function convertedBack(operation: Extract<Operation, { kind: 'convert' }>): Operation | null {
  const { at, to, values } = operation;
  if (to === 'array') return { kind: 'first', at };
  if (to === 'mapped') {
    const back = new Map([...values].map(([before, after]) => [plainly(after), before]));
    return back.size === values.size ? { ...operation, values: back } : null;
  }
  const back = CONVERTED_BACK[to];
  return back === null ? null : { ...operation, to: back };
}
