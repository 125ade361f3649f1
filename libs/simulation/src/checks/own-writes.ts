import { type EngineState, viewRecord } from '@syncline/client';
import { type HistoryEntry, sameBytes, type SpaceId, type SpaceKey } from '@syncline/core';
import { isTyped, lettersOf } from '../documents';
import { type Edit, fail, historyOf, keyText, type WorldRecord } from '../record';

/**
 * Promise 5: until a checkpoint shows it, a device sees the last thing that it did to a record itself, unless the
 * answer was that something else stands.
 */
export function checkOwnWrites(
  record: WorldRecord,
  key: SpaceKey,
  device: string,
  engine: EngineState,
  space: SpaceId,
): void {
  const held = engine.spaces.get(space);
  if (held === undefined || held.mode === 'upload-only') return;
  for (const edit of latestEdits(record, key, device).values()) {
    if (edit.kind === 'patch' || (edit.kind === 'operations' && edit.letters === null)) continue;
    const waits = held.pending.has(edit.number) && edit.number > held.coveredUpTo;
    const { told } = edit;
    const taken = told !== null && told.status === 'APPLIED' && told.version > held.version;
    if (!waits && !taken) continue;
    const view = viewRecord(engine, space, edit.collection, edit.id)?.payload ?? null;
    if (!shows(view, edit) && !hangsInTheAir(record, edit, view))
      fail(
        record,
        '5',
        `${device} does not see its own change ${edit.number} of ${keyText(edit.collection, edit.id)}`,
      );
  }
}

/** Updates of an engine say nothing without what they build on, which may have gone, or have been begun anew. */
function hangsInTheAir(
  record: WorldRecord,
  { letters, viewed, space, collection, id, seenVersion }: Edit,
  view: Uint8Array | null,
): boolean {
  if (letters === null || viewed === null) return false;
  const isGone = ({ payload, version, ...of }: HistoryEntry): boolean =>
    payload === null && version > seenVersion && of.collection === collection && of.id === id;
  return view === null || historyOf(record, space).some(isGone);
}

function shows(view: Uint8Array | null, { payload, letters, collection }: Edit): boolean {
  if (letters !== null && isTyped(collection))
    return view !== null && lettersOf(collection, view).includes(letters.added);
  return view === null || payload === null ? view === payload : sameBytes(view, payload);
}

function latestEdits(record: WorldRecord, space: SpaceKey, device: string): Map<string, Edit> {
  const latest = new Map<string, Edit>();
  for (const edit of record.edits) {
    if (edit.space === space && edit.device === device) latest.set(keyText(edit.collection, edit.id), edit);
  }
  return latest;
}
