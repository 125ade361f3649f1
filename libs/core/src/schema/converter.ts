import type { Patch } from '../records';
import { CONVERSION_WORK_MAX, costOf, type Way, wayOver } from './cost';
import type { SchemaDeclaration } from './declaration';
import { lift, namesDiffering } from './lift';
import {
  closePayload,
  fieldNamed,
  hasField,
  namesOf,
  type OpenObject,
  openPayload,
  withFields,
} from './open-object';
import { patchThrough } from './patches';
import { type Direction, passStage, type Stage, stagesOf, type Stopped } from './stages';

export type ConvertedPayload =
  /** `work` is what it took, as `CONVERSION_WORK_MAX` counts; left out for none. */
  { readonly ok: true; readonly payload: Uint8Array; readonly work?: number } | Stopped;

/** Brings payloads from one schema version to another. It changes nothing that it is given, and never throws. */
export interface SchemaConverter {
  /**
   * A payload as another version has it; the very same array where the versions hold it alike, so that a new version
   * which only adds fields costs nothing for the records that nobody writes.
   */
  readonly convert: (payload: Uint8Array, from: number, to: number) => ConvertedPayload;
  /**
   * For reading: the patch which does to the converted record what this one does to the record. Null where the whole
   * record has to be converted instead: it says more than which fields became what, or less.
   */
  readonly convertPatch: (patch: Patch, from: number, to: number) => Patch | null;
  /**
   * A record as a device left it that had it in an older version, brought to the version of the stored record it was
   * made of. What the device changed is as it left it; what its version cannot hold is kept. The stored payload comes
   * back as it is, to the byte, where the device has changed nothing.
   */
  readonly updateThrough: (
    stored: Uint8Array,
    storedVersion: number,
    incoming: Uint8Array,
    from: number,
  ) => ConvertedPayload;
}

export function schemaConverter(schema: Pick<SchemaDeclaration, 'current' | 'steps'>): SchemaConverter {
  const stages = stagesOf(schema);
  const first = schema.current - schema.steps.length;
  const ways = new Map<string, Way>();
  const wayFrom = (from: number, to: number): Way => {
    const key = `${from} ${to}`;
    const way = ways.get(key) ?? wayOver(between(stages, from, to));
    ways.set(key, way);
    return way;
  };
  const missing = (from: number, to: number): Stopped | null => {
    const unknown = [from, to].find(
      (version) => !Number.isInteger(version) || version < first || version > schema.current,
    );
    if (unknown === undefined || from === to) return null;
    return {
      ok: false,
      why: `Version ${unknown} has no step; there are versions ${first} to ${schema.current}.`,
    };
  };
  return {
    convert(payload, from, to) {
      return missing(from, to) ?? through(wayFrom(from, to), directionOf(from, to), payload);
    },
    convertPatch(patch, from, to) {
      if (missing(from, to) !== null) return null;
      const { stages, operations } = wayFrom(from, to);
      if (patch.set.length * operations > CONVERSION_WORK_MAX) return null;
      return patchThrough(patch, stages, directionOf(from, to));
    },
    updateThrough(stored, storedVersion, incoming, from) {
      const wrong = missing(from, storedVersion);
      if (wrong !== null) return wrong;
      if (from > storedVersion)
        return { ok: false, why: `Version ${from} is newer than ${storedVersion}, which is stored.` };
      return updated(wayFrom(from, storedVersion), stored, incoming);
    },
  };
}

function directionOf(from: number, to: number): Direction {
  return from <= to ? 'up' : 'down';
}

/** Those that lie between two versions, in the order in which they are gone over. */
function between(stages: readonly Stage[], from: number, to: number): readonly Stage[] {
  if (from === to) return [];
  const [low, high] = from < to ? [from, to] : [to, from];
  const found = stages.filter(({ toVersion }) => toVersion > low && toVersion <= high);
  return from < to ? found : found.reverse();
}

const NO_OBJECT: Stopped = {
  ok: false,
  why: 'The payload is no JSON object whose fields are named once, so no schema version can be told of it.',
};

function through(way: Way, direction: Direction, payload: Uint8Array): ConvertedPayload {
  if (way.stages.length === 0) return { ok: true, payload };
  const object = openPayload(payload);
  if (object === null) return NO_OBJECT;
  const { work, obstacle } = costOf(way, object);
  if (obstacle !== null) return { ok: false, why: obstacle };
  const views = passStages(way.stages, direction, object);
  return views.ok ? { ok: true, payload: closePayload(views.last, payload), work } : views;
}

/** The object before each stage; `last` is what is behind them all. */
type Views =
  { readonly ok: true; readonly views: readonly OpenObject[]; readonly last: OpenObject } | Stopped;

function passStages(stages: readonly Stage[], direction: Direction, object: OpenObject): Views {
  const views: OpenObject[] = [];
  let last = object;
  for (const stage of stages) {
    const passed = passStage(stage, direction, last);
    if (!passed.ok) return passed;
    views.push(last);
    last = passed.object;
  }
  return { ok: true, views, last };
}

/**
 * Down one by one to what the device saw, then up again, each time beside the record as it was there. What no step
 * touches is not carried along: there, what the device left stands.
 */
function updated(way: Way, stored: Uint8Array, incoming: Uint8Array): ConvertedPayload {
  const { stages, touched } = way;
  if (stages.length === 0) return { ok: true, payload: incoming };
  const whole = openPayload(stored);
  let object = openPayload(incoming);
  if (whole === null || object === null) return NO_OBJECT;
  const { work, obstacle } = costOf(way, whole, object);
  if (obstacle !== null) return { ok: false, why: obstacle };
  const downwards = stages.toReversed();
  const down = passStages(downwards, 'down', whole);
  if (!down.ok) return down;
  let seen = down.last;
  const left = leftUntouched(whole, object, touched);
  let differing = namesDiffering(seen, object, touched);
  for (const [index, view] of down.views.toReversed().entries()) {
    const lifted = lift(stages[index]!, { stored: view, seen, incoming: object }, differing);
    if (!lifted.ok) return lifted;
    ({ object, differing } = lifted);
    seen = view;
  }
  // Whoever wrote it has to be able to read it again.
  const readBack = passStages(downwards, 'down', object);
  if (!readBack.ok) return readBack;
  const all = left.size === 0 ? object : withFields(object, left);
  return { ok: true, payload: closePayload(all, stored), work };
}

/** What the device made of the fields that no step touches, as far as it changed them. */
function leftUntouched(
  stored: OpenObject,
  incoming: OpenObject,
  touched: ReadonlySet<string>,
): Map<string, string | undefined> {
  const left = new Map<string, string | undefined>();
  for (const name of namesOf(incoming)) {
    const value = fieldNamed(incoming, name);
    if (!touched.has(name) && fieldNamed(stored, name) !== value) left.set(name, value);
  }
  for (const name of namesOf(stored)) {
    if (!touched.has(name) && !hasField(incoming, name)) left.set(name, undefined);
  }
  return left;
}
