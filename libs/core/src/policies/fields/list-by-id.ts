import { joinArray, splitArray, splitObject } from '../../json-fields';
import type { Stamp } from '../../records';
import { compareWrites, writeOf } from '../order';
import {
  combineShaped,
  type ElementStamps,
  type FieldConflict,
  type FieldResult,
  type FieldRuleKind,
  type FieldText,
  TAKE_INCOMING,
  TAKE_STORED,
  takeLaterField,
} from './field-rule';

export interface ListByIdOptions {
  /** The member by which elements know each other again: a string or a number, unique in the list. */
  readonly idField: string;
}

const ID_FIELD_LENGTH_MAX = 255;
export const ELEMENT_STAMPS_MAX = 1_000;

/** The text of the element's id → the text of the element. */
type List = ReadonlyMap<string, string>;

const NONE: List = new Map();

/** An array of objects that are merged one by one: each element is the last write of its own. */
export const listById: FieldRuleKind<ListByIdOptions> = {
  orderFree: true,
  readOptions: (reader) => ({ idField: reader.text('idField', ID_FIELD_LENGTH_MAX, 'id') }),
  merge: (conflict, { idField }) =>
    combineShaped(
      conflict,
      (text) => listOf(text, idField),
      (base, stored, incoming) => {
        const before = base ?? NONE;
        // A side that only wrote the same elements in another way gives way to one that changed them.
        if (sameElements(before, incoming)) {
          return sameElements(before, stored) ? takeLaterField(conflict) : TAKE_STORED;
        }
        if (sameElements(before, stored)) return TAKE_INCOMING;
        return mergeLists(conflict, before, stored, incoming);
      },
    ),
  stampElements(before, after, stamps, stamp, { idField }) {
    const next = listOf(after, idField);
    if (next === null) return null;
    const previous = listOf(before, idField);
    if (previous === null) return { all: stamp, own: new Map() };
    const own = new Map(stamps.own);
    for (const [id, text] of next) if (previous.get(id) !== text) own.set(id, stamp);
    for (const id of previous.keys()) if (!next.has(id)) own.set(id, stamp);
    return latest({ all: stamps.all, own });
  },
};

function mergeLists(conflict: FieldConflict, base: List, stored: List, incoming: List): FieldResult {
  const all = conflict.elements?.all ?? conflict.storedStamp;
  const own = new Map(conflict.elements?.own);
  const merged = new Map(stored);
  let changed = false;
  const mergeElement = (id: string, theirs: FieldText): void => {
    const before = base.get(id) ?? null;
    const ours = stored.get(id) ?? null;
    if (theirs === before) return;
    if (ours !== before && !isLater(conflict, theirs, own.get(id) ?? all, ours)) return;
    own.set(id, conflict.incomingStamp);
    changed = true;
    if (theirs === null) merged.delete(id);
    else merged.set(id, theirs);
  };
  for (const [id, text] of incoming) mergeElement(id, text);
  for (const id of base.keys()) if (!incoming.has(id)) mergeElement(id, null);
  const text = conflict.stored === conflict.incoming ? conflict.stored! : joinArray(inOrder(base, merged));
  if (!changed && text === conflict.stored) return TAKE_STORED;
  return { take: 'merged', text, elements: latest({ all, own }) };
}

function isLater(conflict: FieldConflict, theirs: FieldText, storedStamp: Stamp, ours: FieldText): boolean {
  const incomingWrite = writeOf(conflict.incomingStamp, theirs === null);
  return compareWrites(incomingWrite, writeOf(storedStamp, ours === null), conflict.windowMs) > 0;
}

/** In an order that tells nothing of who came first: that of the base, then that of the ids. */
function inOrder(base: List, merged: List): string[] {
  const kept = [...base.keys()].filter((id) => merged.has(id));
  const added = [...merged.keys()].filter((id) => !base.has(id)).sort();
  return [...kept, ...added].map((id) => merged.get(id)!);
}

function listOf(text: FieldText, idField: string): List | null {
  const elements = text === null ? null : splitArray(text);
  if (elements === null) return null;
  const list = new Map<string, string>();
  for (const element of elements) {
    const id = splitObject(element)?.get(idField);
    if (id === undefined || !/^["0-9-]/.test(id) || list.has(id)) return null;
    list.set(id, element);
  }
  return list;
}

function sameElements(left: List, right: List): boolean {
  if (left.size !== right.size) return false;
  for (const [id, text] of left) if (right.get(id) !== text) return false;
  return true;
}

/** Forgets the oldest stamps beyond the limit. */
function latest(stamps: ElementStamps): ElementStamps {
  if (stamps.own.size <= ELEMENT_STAMPS_MAX) return stamps;
  const byTime = [...stamps.own].sort(([, left], [, right]) =>
    compareWrites(writeOf(right, false), writeOf(left, false), 1),
  );
  return { all: stamps.all, own: new Map(byTime.slice(0, ELEMENT_STAMPS_MAX)) };
}
