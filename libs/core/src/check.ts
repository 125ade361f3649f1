import { type Version, recordKey, type RecordId, type RecordKey } from './ids';
import type { CheckPlan, PendingSummary } from './messages';

/** What a sync would do, for a device that only asks. */
export function checkPlan(
  head: Version,
  toDownload: { readonly records: number; readonly bytes: number },
  pending: readonly PendingSummary[],
  stored: ReadonlyMap<RecordKey, { readonly version: Version }>,
): CheckPlan {
  let uploadBytes = 0;
  let conflictsExpected = 0;
  for (const { collection, id, baseVersion, bytes } of pending) {
    uploadBytes += bytes;
    const standing = stored.get(recordKey(collection, id as RecordId))?.version ?? 0;
    if (standing > baseVersion || (standing === 0 && baseVersion > 0)) conflictsExpected++;
  }
  const down = toDownload.records > 0;
  const up = pending.length > 0;
  return {
    direction: down && up ? 'bidirectional' : down ? 'download' : up ? 'upload' : 'none',
    head,
    downloadRecords: toDownload.records,
    downloadBytes: toDownload.bytes,
    uploadChanges: pending.length,
    uploadBytes,
    conflictsExpected,
  };
}
