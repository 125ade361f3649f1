import { type Json, NESTING_MAX, wellFormed } from '../canonical-json';

/**
 * The JSON of a value that an engine holds, which may be more than JSON: bytes become a list of numbers, whole numbers
 * too large for JSON become their digits, what JSON has no word for becomes null.
 */
export function plainValue(value: unknown, depthLeft = NESTING_MAX): Json {
  switch (typeof value) {
    case 'string':
      return wellFormed(value);
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : null;
    case 'bigint':
      return value.toString();
    case 'object':
      break;
    case 'function':
    case 'symbol':
    case 'undefined':
      return null;
  }
  if (value === null) return null;
  if (depthLeft === 0) throw new TooDeep();
  if (value instanceof Uint8Array) return [...value];
  const below = (each: unknown): Json => plainValue(each, depthLeft - 1);
  return Array.isArray(value) ? value.map(below) : plainObject(Object.entries(value), below);
}

/** Thrown, since it can be met at any depth; an engine answers with a refusal. */
export class TooDeep extends Error {}

/** Fields under names that JavaScript or UTF-8 cannot hold are left out, as no reader could ask for them. */
export function plainObject<T>(entries: Iterable<readonly [string, T]>, plain: (each: T) => Json): Json {
  const fields: [string, Json][] = [];
  for (const [name, each] of entries) {
    if (name !== '__proto__' && wellFormed(name) === name) fields.push([name, plain(each)]);
  }
  return Object.fromEntries(fields);
}
