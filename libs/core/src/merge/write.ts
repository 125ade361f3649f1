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
  if (had === null && records + 1 > quota.recordsMax) return quotaExceeded('records', quota.recordsMax);
  const growth = payload.length - (had?.length ?? 0);
  return growth > 0 && bytes + growth > quota.bytesMax ? quotaExceeded('bytes', quota.bytesMax) : null;
}

/** A change with its time cut off at the limit, so far ahead of that it was, and after nothing that was rejected. */
export type TakenChange = Change & { readonly aheadMs: number };

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
  const asSent = note.asSent && change.aheadMs === 0;
  return draft.write(
    {
      collection,
      id,
      createdVersion: stored?.createdVersion ?? 0,
      previousVersion: stored?.version ?? 0,
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
    },
    {
      ...entryFacts(draft, push, change),
      collection,
      id,
      previousVersion: stored?.version ?? 0,
      payload,
      incoming: note.incoming ?? null,
      about: { collection, id },
      policy: declared.policy,
      rulesVersion: declared.rulesVersion,
      conflict: note.conflict,
    },
  );
}

export function entryFacts(draft: Draft, push: Push, change: Change) {
  return {
    device: push.device,
    user: push.user,
    number: change.number,
    baseVersion: change.baseVersion,
    time: change.time,
    committedAtMs: draft.facts.nowMs,
    schemaVersion: change.schemaVersion,
    trace: change.trace,
  };
}
