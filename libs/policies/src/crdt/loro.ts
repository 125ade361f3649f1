import { decodeImportBlobMeta, LoroDoc, VersionVector } from 'loro-crdt';
import type { CrdtEngine, CrdtMerge } from '@syncline/core';
import { canonicalJson, NESTING_MAX } from '../canonical-json';
import { dependencyMissing, invalid, tooLarge } from '../untaken';
import { plainValue, TooDeep } from './plain';

/** Updates and snapshots as `LoroDoc.export` writes them. Its history stays whole: concurrent updates need it. */
export const loro: CrdtEngine = { name: 'loro', merge, weight };

/** A few bytes can stand for any number of them, and each takes microseconds whenever something is merged. */
const OPERATIONS_MAX = 500_000;

function merge(state: Uint8Array | null, update: Uint8Array): CrdtMerge {
  const doc = replayed(state);
  try {
    const before = doc.oplogVersion();
    if (operationsWith(before, update) > OPERATIONS_MAX)
      return tooLarge(`the document has more than ${OPERATIONS_MAX} operations`);
    if (doc.import(update).pending !== null)
      return dependencyMissing('the update builds on one that has not come');
    const isNews = state === null || doc.oplogVersion().compare(before) !== 0;
    // Asking for a root makes it, so roots without content would depend on who asked.
    doc.setHideEmptyRootContainers(true);
    const view = canonicalJson(plainValue(doc.toJSON()));
    return { ok: true, state: isNews ? doc.export({ mode: 'snapshot' }) : state, view };
  } catch (fault) {
    return fault instanceof TooDeep
      ? invalid(`the document is nested deeper than ${NESTING_MAX}`)
      : invalid('it is no update of Loro');
  } finally {
    doc.free();
  }
}

/** An operation takes as long as so many bytes. */
const OPERATION_WEIGHT = 10;

function weight(state: Uint8Array): number {
  return OPERATION_WEIGHT * operationsWith(new VersionVector(null), state);
}

/** Read without being applied; what is there already counts once. */
function operationsWith(known: VersionVector, update: Uint8Array): number {
  const ends = known.toJSON();
  for (const [peer, end] of decodeImportBlobMeta(update, true).partialEndVersionVector.toJSON())
    ends.set(peer, Math.max(end, ends.get(peer) ?? 0));
  return [...ends.values()].reduce((sum, end) => sum + end, 0);
}

/**
 * A document that takes what comes next in a time that grows as its history does. Read from a snapshot alone it
 * does so in a time that grows far faster, where many operations were made at one place.
 */
function replayed(state: Uint8Array | null): LoroDoc {
  const read = documentOf(state);
  if (state === null) return read;
  try {
    return documentOf(read.export({ mode: 'update' }));
  } finally {
    read.free();
  }
}

function documentOf(state: Uint8Array | null): LoroDoc {
  const doc = new LoroDoc();
  if (state !== null) doc.import(state);
  return doc;
}
