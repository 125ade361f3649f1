import { type EngineState, viewRecord } from '@syncline/client';
import { sameBytes, type SpaceId, type SpaceKey } from '@syncline/core';
import { type Edit, fail, keyText, type WorldRecord } from '../record';

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
    if (edit.kind === 'patch') continue;
    const waits = held.pending.has(edit.number) && edit.number > held.coveredUpTo;
    const { told } = edit;
    const taken = told !== null && told.status === 'APPLIED' && told.version > held.version;
    if (!waits && !taken) continue;
    const view = viewRecord(engine, space, edit.collection, edit.id)?.payload ?? null;
    const same =
      view === null || edit.payload === null ? view === edit.payload : sameBytes(view, edit.payload);
    if (!same)
      fail(
        record,
        '5',
        `${device} does not see its own change ${edit.number} of ${keyText(edit.collection, edit.id)}`,
      );
  }
}

function latestEdits(record: WorldRecord, space: SpaceKey, device: string): Map<string, Edit> {
  const latest = new Map<string, Edit>();
  for (const edit of record.edits) {
    if (edit.space === space && edit.device === device) latest.set(keyText(edit.collection, edit.id), edit);
  }
  return latest;
}
