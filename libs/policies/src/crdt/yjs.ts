import * as Y from 'yjs';
import { type CrdtEngine, type CrdtMerge, sameBytes, type Untaken } from '@syncline/core';
import { canonicalJson, NESTING_MAX } from '../canonical-json';
import { dependencyMissing, invalid, tooLarge } from '../untaken';
import { TooDeep } from './plain';
import { TooMuchEffort, withinEffort } from './yjs-effort';
import { haveSameItems } from './yjs-same';
import { buildsOnMissing, readUpdate, tooLargeDocument } from './yjs-update';
import { yjsView } from './yjs-view';

/** No client has it, so the document never takes an update for its own. */
const NO_CLIENT = -1;

/** Updates in the first encoding, as `Y.encodeStateAsUpdate` and y-protocols write them. */
export const yjs: CrdtEngine = { name: 'yjs', merge, weight };

/** An item takes as long as so many bytes. */
const ITEM_WEIGHT = 100;

function weight(state: Uint8Array): number {
  return ITEM_WEIGHT * Y.decodeUpdate(state).structs.length;
}

function merge(state: Uint8Array | null, update: Uint8Array): CrdtMerge {
  const read = readUpdate(update);
  if (!read.ok) return read;
  const doc = documentOf(state);
  try {
    if (buildsOnMissing(read.structs, doc) || !withinEffort(() => takes(doc, update)))
      return dependencyMissing('the update builds on one that has not come');
    return tooLargeDocument(doc) ?? withinEffort(() => squashed(doc));
  } catch (fault) {
    return obstacleOf(fault);
  } finally {
    doc.destroy();
  }
}

function documentOf(state: Uint8Array | null): Y.Doc {
  const doc = new Y.Doc({ gc: true });
  doc.clientID = NO_CLIENT;
  if (state !== null) Y.applyUpdate(doc, state);
  return doc;
}

/** False where it needs what is not there. Throws where it cannot be applied, or goes on behind its end. */
function takes(doc: Y.Doc, update: Uint8Array): boolean {
  const reader = { arr: update, pos: 0 };
  Y.readUpdate(reader, doc);
  if (reader.pos !== update.length) throw new RangeError('bytes are left behind the update');
  return doc.store.pendingStructs === null && doc.store.pendingDs === null;
}

/**
 * Read once more from its own encoding, where neighbours grow together that came one after the other. So a state shows
 * nothing of the order in which updates came, and is known to be read within the same effort.
 */
function squashed(doc: Y.Doc): CrdtMerge {
  const again = documentOf(Y.encodeStateAsUpdate(doc));
  try {
    const [state, view] = [Y.encodeStateAsUpdate(again), viewOf(again)];
    const isSettled = haveSameItems(doc, again) || (sameBytes(view, viewOf(doc)) && isReadAs(again, state));
    return isSettled ? { ok: true, state, view } : contradictory;
  } finally {
    again.destroy();
  }
}

function isReadAs(doc: Y.Doc, state: Uint8Array): boolean {
  const again = documentOf(state);
  try {
    return haveSameItems(doc, again);
  } finally {
    again.destroy();
  }
}

const viewOf = (doc: Y.Doc): Uint8Array => canonicalJson(yjsView(doc));

/**
 * Yjs takes such an update, and then shows something else than what it reads back from its own encoding, or reads that
 * differently each time. One that is damaged does it, also where all its items are new, and so does a device that was set
 * back to a backup and went on writing under the client id that it had.
 */
const contradictory = invalid('the update gives other content to items that are there already');

function obstacleOf(fault: unknown): Untaken {
  if (fault instanceof TooMuchEffort) return tooLarge('too many items were put at the same place');
  if (fault instanceof TooDeep) return invalid(`the document is nested deeper than ${NESTING_MAX}`);
  return invalid('the update cannot be applied');
}
