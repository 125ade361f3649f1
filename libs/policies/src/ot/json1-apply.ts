import type { JSONOpComponent, JSONOpList } from 'ot-json1';
import { type as textUnicode } from 'ot-text-unicode';

/** JSON that may be changed. */
export type Draft = null | boolean | number | string | Draft[] | { [name: string]: Draft };

type Key = string | number;

/** Where a value is, or may come to be. */
interface Place {
  readonly container: Draft | undefined;
  readonly key: Key;
}

/**
 * Does to the document what an operation says that `check` let through, and gives it back. The library copies a list or an
 * object for each part that touches it; of a record with many fields that takes seconds, so here the document itself is
 * changed. Throws where the operation does not fit, and leaves the document half done.
 */
export function applyTo(document: Draft, operation: JSONOpList): Draft {
  const whole = [document];
  const root: Place = { container: whole, key: 0 };
  const held: Draft[] = [];
  pick(root, operation, held);
  drop(root, operation, held);
  return whole[0]!;
}

/** Takes away from the end on, so that places before it stay what they were. */
function pick(from: Place, list: JSONOpList, held: Draft[]): void {
  let place = from;
  const picked: [Place, JSONOpComponent][] = [];
  const branches: JSONOpList[] = [];
  for (const part of list) {
    if (Array.isArray(part)) branches.push(part);
    else if (typeof part !== 'object') place = { container: valueAt(place), key: part };
    else if (part.p !== undefined || part.r !== undefined) picked.push([place, part]);
  }
  for (const branch of branches.reverse()) pick(place, branch, held);
  for (const [at, { p }] of picked.reverse()) {
    const value = take(at);
    if (p !== undefined) held[p] = value;
  }
}

/** Puts in from the start on, each where the ones before it have made its place. */
function drop(from: Place, list: JSONOpList, held: readonly Draft[]): void {
  let place = from;
  for (const part of list) {
    if (Array.isArray(part)) drop(place, part, held);
    else if (typeof part !== 'object') place = { container: valueAt(place), key: part };
    else {
      if (part.d !== undefined) put(place, held[part.d]);
      else if (part.i !== undefined) put(place, part.i as Draft);
      edit(place, part);
    }
  }
}

function edit(place: Place, { es, ena }: JSONOpComponent): void {
  if (es === undefined && ena === undefined) return;
  const value = valueAt(place);
  if (es !== undefined) replace(place, textUnicode.apply(fitting(value, 'string'), es));
  if (ena !== undefined) replace(place, fitting(value, 'number') + ena);
}

interface Fitting {
  readonly string: string;
  readonly number: number;
}

function fitting<Kind extends keyof Fitting>(value: Draft | undefined, kind: Kind): Fitting[Kind] {
  if (typeof value !== kind) throw new TypeError(`no ${kind} is there to edit`);
  return value as Fitting[Kind];
}

function valueAt({ container, key }: Place): Draft | undefined {
  if (Array.isArray(container)) return typeof key === 'number' ? container[key] : undefined;
  if (!isObject(container) || typeof key === 'number') return undefined;
  return Object.hasOwn(container, key) ? container[key] : undefined;
}

function take(place: Place): Draft {
  const { container, key } = place;
  const value = valueAt(place);
  if (value === undefined) throw new RangeError('nothing is there to take');
  if (Array.isArray(container)) container.splice(key as number, 1);
  else delete (container as { [name: string]: Draft })[key];
  return value;
}

function put({ container, key }: Place, value: Draft | undefined): void {
  if (value === undefined) throw new RangeError('nothing was picked up to put here');
  if (Array.isArray(container)) {
    if (typeof key !== 'number' || key > container.length) throw new RangeError('the list is shorter');
    container.splice(key, 0, value);
  } else {
    if (!isObject(container) || typeof key === 'number') throw new TypeError('no list or object is there');
    if (Object.hasOwn(container, key)) throw new RangeError('another value is there');
    container[key] = value;
  }
}

function replace({ container, key }: Place, value: Draft): void {
  (container as { [name: Key]: Draft })[key] = value;
}

const isObject = (value: Draft | undefined): value is { [name: string]: Draft } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
