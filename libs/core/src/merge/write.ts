import type { Change, Push } from '../changes';
import { contentHash } from '../digest';
import { ZERO64 } from '../hash';
import type { CommittedOperations } from '../history';
import type { RecordId } from '../ids';
import type { Side } from '../policies/policy';
import { contentBytes, type Kept, type StoredRecord } from '../records';
import type { ActiveRules } from '../rules';
import type { Draft } from './draft';
import { quotaExceeded, recordTooLarge, type Rejection } from './reject';

/** Why a record may not become this large, or come to be at all. */
export function growthObstacle(
  draft: Draft,
  stored: StoredRecord | null,
  next: { readonly payload: Uint8Array | null; readonly kept?: Kept },
): Rejection | null {
  const { limits, quota } = draft.facts;
  if (next.payload === null) return null;
  const size = contentBytes(next);
  if (size > limits.recordBytesMax) return recordTooLarge(size, limits);
  if (quota === null) return null;
  const { records, bytes } = draft.counts();
  if (stored?.deleted !== false && records + 1 > quota.recordsMax)
    return quotaExceeded('records', quota.recordsMax, records + 1);
  const growth = size - (stored === null ? 0 : contentBytes(stored));
  return growth > 0 && bytes + growth > quota.bytesMax
    ? quotaExceeded('bytes', quota.bytesMax, bytes + growth)
    : null;
}

/** A change with its time cut off at the limit, if it was so far ahead, and after nothing that was rejected. */
export type TakenChange = Change & {
  readonly aheadMs?: number;
  /** It was brought to a newer shape, and is not what its device holds. */
  readonly isLifted?: true;
};

interface WriteNote {
  readonly asSent: boolean;
  readonly merged: boolean;
  readonly conflict: RecordId | null;
  readonly incoming?: Uint8Array | null;
  readonly operations?: CommittedOperations;
}

export function writeRecord(
  draft: Draft,
  push: Push,
  change: TakenChange,
  rules: ActiveRules,
  stored: StoredRecord | null,
  side: Side,
  note: WriteNote,
): StoredRecord {
  const { declared } = rules;
  const { collection, id } = change;
  const { payload } = side;
  const version = draft.nextVersion();
  const previousVersion = stored?.version ?? 0;
  const isTaken = note.asSent && change.aheadMs === undefined;
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
    patch: change.kind === 'patch' && isTaken ? change.patch : null,
    asSent: isTaken && change.isLifted !== true,
    resurrected: !side.deleted && note.conflict !== null && (stored === null || stored.deleted),
    ...keptOf(side, stored, rules),
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
    ...(note.operations === undefined ? {} : { operations: note.operations }),
  });
  return record;
}

const NOTHING_KEPT = {};

/** A tombstone that an update may outlive keeps what the update builds on. */
function keptOf(
  { deleted, kept }: Side,
  stored: StoredRecord | null,
  { declared, data }: ActiveRules,
): { readonly kept?: Kept } {
  if (deleted && data?.kind === 'crdt' && declared.deletes === 'resurrect' && stored?.kept?.kind === 'data')
    return { kept: { ...stored.kept, recent: [] } };
  return kept === undefined ? NOTHING_KEPT : { kept };
}
