import type { Change, Push } from '../changes';
import { contentHash } from '../digest';
import { ZERO64 } from '../hash';
import type { RecordId } from '../ids';
import type { Side } from '../policies/policy';
import type { StoredRecord } from '../records';
import type { ActiveRules } from '../rules';
import type { Draft } from './draft';
import { quotaExceeded, recordTooLarge, type Rejection } from './reject';

/** Why a record may not become this large, or come to be at all. */
export function growthObstacle(
  draft: Draft,
  stored: StoredRecord | null,
  payload: Uint8Array | null,
): Rejection | null {
  const { limits, quota } = draft.facts;
  if (payload === null) return null;
  if (payload.length > limits.recordBytesMax) return recordTooLarge(payload.length, limits);
  if (quota === null) return null;
  const { records, bytes } = draft.counts();
  const had = stored?.payload ?? null;
  if (had === null && records + 1 > quota.recordsMax)
    return quotaExceeded('records', quota.recordsMax, records + 1);
  const growth = payload.length - (had?.length ?? 0);
  return growth > 0 && bytes + growth > quota.bytesMax
    ? quotaExceeded('bytes', quota.bytesMax, bytes + growth)
    : null;
}

/** A change with its time cut off at the limit, if it was so far ahead, and after nothing that was rejected. */
export type TakenChange = Change & { readonly aheadMs?: number };

interface WriteNote {
  readonly asSent: boolean;
  readonly merged: boolean;
  readonly conflict: RecordId | null;
  readonly incoming?: Uint8Array | null;
}

export function writeRecord(
  draft: Draft,
  push: Push,
  change: TakenChange,
  { declared }: ActiveRules,
  stored: StoredRecord | null,
  side: Side,
  note: WriteNote,
): StoredRecord {
  const { collection, id } = change;
  const { payload } = side;
  const version = draft.nextVersion();
  const previousVersion = stored?.version ?? 0;
  const asSent = note.asSent && change.aheadMs === undefined;
  // Both are written out field by field: this runs for every change, and spreading would take most of its time.
  const record: StoredRecord = {
    collection,
    id,
    version,
    createdVersion: stored?.createdVersion ?? version,
    previousVersion,
    merged: note.merged,
    deleted: side.deleted,
    payload,
    meta: side.meta,
    contentHash: payload === null ? ZERO64 : contentHash(id, payload),
    time: side.time,
    device: push.device,
    number: change.number,
    user: push.user,
    schemaVersion: change.schemaVersion,
    committedAtMs: draft.facts.nowMs,
    patch: change.kind === 'patch' && asSent ? change.patch : null,
    asSent,
    resurrected: !side.deleted && note.conflict !== null && (stored === null || stored.deleted),
  };
  draft.write(record, {
    version,
    collection,
    id,
    previousVersion,
    payload,
    incoming: note.incoming ?? null,
    about: { collection, id },
    device: push.device,
    user: push.user,
    number: change.number,
    baseVersion: change.baseVersion,
    time: change.time,
    committedAtMs: draft.facts.nowMs,
    policy: declared.policy,
    rulesVersion: declared.rulesVersion,
    schemaVersion: change.schemaVersion,
    conflict: note.conflict,
    trace: change.trace,
  });
  return record;
}
