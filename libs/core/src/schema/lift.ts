import { joinArray, splitArray } from '../json-fields';
import { SCHEMA_PATH_NAMES_MAX } from './declaration';
import type { FieldPath } from './field-path';
import {
  EMPTY_OBJECT,
  fieldAt,
  fieldNamed,
  hasField,
  isEmptyObject,
  namesOf,
  objectAt,
  type OpenObject,
  withField,
  withFields,
  withoutField,
} from './open-object';
import { type Operation, pathsOf, perform } from './operations';
import { type Passed, passStage, type Stage, type Stopped } from './stages';

/** The stored record in the newer shape, what the device saw of it in the older one, and what it made of that. */
export interface Sides {
  readonly stored: OpenObject;
  readonly seen: OpenObject;
  readonly incoming: OpenObject;
}

export type Lifted = (Passed & { readonly ok: true; readonly differing: ReadonlySet<string> }) | Stopped;

/**
 * Brings a device's update over one stage. Both what it saw and what it made of that are brought up, and what differs
 * between the two is done to the stored record. All that differs between the two has its field in `differing`, so that
 * no stage has to look at all fields again.
 */
export function lift(stage: Stage, sides: Sides, differing: ReadonlySet<string>): Lifted {
  const { stored, seen, incoming } = sides;
  if (differing.size === 0) return { ok: true, object: stored, differing };
  const before = passStage(stage, 'up', seen);
  if (!before.ok) return before;
  const after = passStage(stage, 'up', incoming);
  if (!after.ok) return after;
  const names = new Set([...differing, ...stage.up.flatMap(pathsOf).map(([name]) => name!)]);
  const edit = edited(stored, before.object, after.object, names, SCHEMA_PATH_NAMES_MAX);
  const object = mended(stage, sides, after.object, edit);
  return { ok: true, object, differing: namesDiffering(stored, object, names) };
}

/** Of those that are named, the fields that differ. */
export function namesDiffering(
  left: OpenObject,
  right: OpenObject,
  names: Iterable<string>,
): ReadonlySet<string> {
  const differing = new Set<string>();
  for (const name of names) if (fieldNamed(left, name) !== fieldNamed(right, name)) differing.add(name);
  return differing;
}

/** No step looks further inwards than `depth`, so what differs there differs by the device alone. */
function edited(
  stored: OpenObject,
  before: OpenObject,
  after: OpenObject,
  names: Iterable<string>,
  depth: number,
): OpenObject {
  const edits = new Map<string, string | OpenObject | undefined>();
  for (const name of names) {
    const was = fieldNamed(before, name);
    const is = fieldNamed(after, name);
    const has = fieldNamed(stored, name);
    if (was === is || has === is) continue;
    const inner = was === has || depth === 1 ? null : editedInside(name, stored, before, after, depth);
    edits.set(name, inner === null || (is === undefined && isEmptyObject(inner)) ? is : inner);
  }
  return edits.size === 0 ? stored : withFields(stored, edits);
}

/** Null where one of the three is another kind of value; one that is missing is as good as an empty object. */
function editedInside(
  name: string,
  stored: OpenObject,
  before: OpenObject,
  after: OpenObject,
  depth: number,
): OpenObject | null {
  const has = objectAt(stored, [name]);
  const was = hasField(before, name) ? objectAt(before, [name]) : EMPTY_OBJECT;
  const is = hasField(after, name) ? objectAt(after, [name]) : EMPTY_OBJECT;
  if (has === undefined || was === undefined || is === undefined) return null;
  const names = new Set([...namesOf(was), ...namesOf(is)]);
  return edited(has, was, is, names, depth - 1);
}

function withOrWithout(
  object: OpenObject,
  path: FieldPath,
  value: string | OpenObject | undefined,
): OpenObject {
  if (value === undefined) return withoutField(object, path, false);
  return withField(object, path, value) ?? object;
}

/** Where it takes more than fields to tell what the device changed. */
function mended(stage: Stage, sides: Sides, after: OpenObject, edit: OpenObject): OpenObject {
  let object = edit;
  let { seen, incoming } = sides;
  for (const operation of stage.up) {
    object = mend(operation, { ...sides, seen, incoming }, after, object);
    seen = performed(operation, seen);
    incoming = performed(operation, incoming);
  }
  return object;
}

/** For operations that were performed before, on the same. */
function performed(operation: Operation, object: OpenObject): OpenObject {
  const done = perform(operation, object);
  return 'object' in done ? done.object : object;
}

function mend(operation: Operation, sides: Sides, after: OpenObject, object: OpenObject): OpenObject {
  const { kind, at } = operation;
  if (kind === 'default') return operation.adds ? keepDefaulted(at, sides, after, object) : object;
  if (kind === 'split') return takeAllParts(operation, sides, after, object);
  if (kind === 'convert' && operation.to === 'array') return keepOtherElements(at, sides, object);
  return object;
}

/** Lacking the field says nothing in a version that it was added to later: its devices may not know of it. */
function keepDefaulted(
  at: FieldPath,
  { stored, incoming }: Sides,
  after: OpenObject,
  object: OpenObject,
): OpenObject {
  const isTold = fieldAt(incoming, at) !== undefined;
  const isHeld = fieldAt(object, at) !== undefined;
  // Setting a field to its default is a change where the stored record lacks it.
  if (isTold) return isHeld ? object : withOrWithout(object, at, fieldAt(after, at));
  const value = fieldAt(stored, at);
  return isHeld && value !== undefined ? withOrWithout(object, at, value) : object;
}

/** The device saw the first element alone. */
function keepOtherElements(at: FieldPath, { stored, seen, incoming }: Sides, object: OpenObject): OpenObject {
  const value = fieldAt(incoming, at);
  const others = splitArray(fieldAt(stored, at) ?? '')?.slice(1) ?? [];
  if (others.length === 0 || value === fieldAt(seen, at)) return object;
  return withOrWithout(object, at, joinArray(value === undefined ? others : [value, ...others]));
}

/** Parts depend on each other: a word more in one moves the next. */
function takeAllParts(
  { at, into }: Extract<Operation, { kind: 'split' }>,
  { seen, incoming }: Sides,
  after: OpenObject,
  object: OpenObject,
): OpenObject {
  if (fieldAt(incoming, at) === fieldAt(seen, at)) return object;
  return into.reduce((left, part) => {
    const value = fieldAt(after, part);
    return value === undefined ? withoutField(left, part, true) : withOrWithout(left, part, value);
  }, object);
}
