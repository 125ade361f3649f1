import { LoroDoc, VersionVector } from 'loro-crdt';
import type { CrdtEngine, CrdtMerge } from '@syncline/core';
import { canonicalJson, NESTING_MAX } from '../canonical-json';
import { dependencyMissing, invalid } from '../untaken';
import { plainValue, TooDeep } from './plain';

/** Updates and snapshots as `LoroDoc.export` writes them. Its history stays whole: concurrent updates need it. */
export const loro: CrdtEngine = { name: 'loro', merge, knows, lacking };

function merge(state: Uint8Array | null, update: Uint8Array): CrdtMerge {
  const doc = documentOf(state);
  try {
    const before = doc.oplogVersion();
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

function knows(state: Uint8Array): Uint8Array {
  const doc = documentOf(state);
  try {
    return doc.oplogVersion().encode();
  } finally {
    doc.free();
  }
}

function lacking(state: Uint8Array, vector: Uint8Array): Uint8Array {
  const doc = documentOf(state);
  try {
    const part = doc.export({ mode: 'update', from: VersionVector.decode(vector) });
    return part.length < state.length ? part : state;
  } catch {
    return state;
  } finally {
    doc.free();
  }
}

function documentOf(state: Uint8Array | null): LoroDoc {
  const doc = new LoroDoc();
  if (state !== null) doc.import(state);
  return doc;
}
