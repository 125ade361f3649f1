import { encodeUtf8, decodeUtf8, type Kept } from '@syncline/core';
import { LoroDoc } from 'loro-crdt';
import * as Y from 'yjs';

/** Collections whose records change by operations, and what those are called. */
export const TYPES = { pages: 'yjs', boards: 'loro', texts: 'text', sheets: 'json1' } as const;
export type TypedCollection = keyof typeof TYPES;

export const isTyped = (collection: string): collection is TypedCollection => collection in TYPES;

/** Letters that no one else ever writes: where one went can be told for each. */
export interface Letters {
  readonly added: string;
  readonly erased: readonly string[];
}

export interface Operated extends Letters {
  readonly operations: Uint8Array;
}

export interface Content {
  readonly payload: Uint8Array;
  readonly kept?: Kept;
}

/** The letters of a record, whatever it is made of. */
export function lettersOf(collection: TypedCollection, payload: Uint8Array): string[] {
  const value = JSON.parse(decodeUtf8(payload)) as string | { body?: string; list?: string[] };
  if (typeof value === 'string') return [...value];
  return collection === 'sheets' ? (value.list ?? []) : [...(value.body ?? '')];
}

/** A whole record, where the collection takes those. */
export function documentWith(collection: TypedCollection, letters: readonly string[]): Uint8Array {
  return encodeUtf8(JSON.stringify(collection === 'sheets' ? { list: letters } : letters.join('')));
}

interface Place {
  readonly added: string;
  /** Before the letter at this place. */
  readonly at: number;
  /** Null where none goes. */
  readonly erase: number | null;
}

/** Adds a letter to what an application sees, and sometimes takes one away. Null where it has nothing to work on. */
export function operate(
  collection: TypedCollection,
  content: Content | null,
  { added, value, replica }: { added: string; value: number; replica: number },
): Operated | null {
  const before = content === null ? [] : lettersOf(collection, content.payload);
  const erase = before.length > 0 && (value % 3 === 0 || before.length > 12) ? value % before.length : null;
  const place = { added, at: value % (before.length + 1), erase };
  const erased = erase === null ? [] : [before[erase]!];
  const operations = MAKERS[collection](content, before, place, replica);
  return operations === null ? null : { operations, added, erased };
}

type Maker = (
  content: Content | null,
  before: readonly string[],
  place: Place,
  replica: number,
) => Uint8Array | null;

const MAKERS: Record<TypedCollection, Maker> = {
  pages(content, _before, { added, at, erase }, replica) {
    const state = stateIn(content);
    if (state === undefined) return null;
    const doc = new Y.Doc();
    doc.clientID = replica;
    if (state !== null) Y.applyUpdate(doc, state);
    const known = Y.encodeStateVector(doc);
    const body = doc.getText('body');
    if (erase !== null) body.delete(erase, 1);
    body.insert(Math.min(at, body.length), added);
    return Y.encodeStateAsUpdate(doc, known);
  },
  boards(content, _before, { added, at, erase }, replica) {
    const state = stateIn(content);
    if (state === undefined) return null;
    const doc = new LoroDoc();
    doc.setPeerId(replica);
    if (state !== null) doc.import(state);
    const known = doc.oplogVersion();
    const body = doc.getText('body');
    if (erase !== null) body.delete(erase, 1);
    body.insert(Math.min(at, body.length), added);
    doc.commit();
    return doc.export({ mode: 'update', from: known });
  },
  texts(content, before, { added, at, erase }) {
    if (content === null) return null;
    const parts: (number | string | { d: number })[] = [];
    for (const index of [...before.keys(), before.length]) {
      if (index === at) parts.push(added);
      if (index === erase) parts.push({ d: 1 });
      else if (index < before.length) parts.push(1);
    }
    return encodeUtf8(JSON.stringify(joined(parts)));
  },
  sheets(content, _before, { added, at, erase }) {
    if (content === null) return null;
    const step = erase === null ? ['list', at, { i: added }] : ['list', erase, { r: true, i: added }];
    return encodeUtf8(JSON.stringify(step));
  },
};

/** Undefined where the record is there without what an engine could go on from. */
function stateIn(content: Content | null): Uint8Array | null | undefined {
  if (content === null) return null;
  return (content.kept?.kind === 'data' ? content.kept.state : null) ?? undefined;
}

/** Skips that follow each other are one, and none is last. */
function joined(parts: readonly (number | string | { d: number })[]): unknown[] {
  const whole: (number | string | { d: number })[] = [];
  for (const part of parts) {
    const last = whole.at(-1);
    if (typeof part === 'number' && typeof last === 'number') whole[whole.length - 1] = last + part;
    else whole.push(part);
  }
  if (typeof whole.at(-1) === 'number') whole.pop();
  return whole;
}

/** What two replicas keep of one document, in whatever bytes. */
export function sameDocument(type: string, left: Uint8Array, right: Uint8Array): boolean {
  if (Buffer.compare(left, right) === 0) return true;
  if (type !== 'loro') return false;
  const [one, other] = [new LoroDoc(), new LoroDoc()];
  one.import(left);
  other.import(right);
  return one.oplogVersion().compare(other.oplogVersion()) === 0;
}
