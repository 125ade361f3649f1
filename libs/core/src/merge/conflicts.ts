import type { Change, Push } from '../changes';
import { contentHash } from '../digest';
import type { HistoryEntry } from '../history';
import { CONFLICTS, type RecordId } from '../ids';
import type { ConflictRef } from '../outcomes';
import type { Side } from '../policies/policy';
import type { StoredRecord } from '../records';
import type { ActiveRules } from '../rules';
import type { Draft } from './draft';
import { amendLedger, decodeLedger, encodeLedger, type LedgerEntry, ledgerSide } from './ledger';

/** Writes the ledger record of a conflict: devices read it like any other record. */
export function enterLedger(
  draft: Draft,
  push: Push,
  change: Change,
  { declared }: ActiveRules,
  conflict: ConflictRef,
  stored: StoredRecord | null,
  incoming: Side,
  decided: Pick<LedgerEntry, 'resolution' | 'asked' | 'why' | 'resultVersion'>,
): void {
  const bytesMax = draft.facts.limits.ledgerSideBytesMax;
  const gone = { version: 0, deleted: true, payload: null, device: null, number: null, time: null };
  const entry: LedgerEntry = {
    kind: conflict.kind,
    collection: change.collection,
    id: change.id,
    policy: declared.policy,
    rulesVersion: declared.rulesVersion,
    baseVersion: change.baseVersion,
    stored: ledgerSide(stored ?? gone, bytesMax),
    incoming: ledgerSide({ ...incoming, version: 0 }, bytesMax),
    ...decided,
    state: conflict.state,
    device: push.device,
    user: push.user,
    number: change.number,
    trace: change.trace,
  };
  const about = { collection: change.collection, id: change.id };
  writeLedger(draft, push, change, conflict.id, encodeLedger(entry), { about, incoming: incoming.payload });
}

/** A change that took effect closes the open conflicts that it names, as long as they are about its record. */
export function closeConflicts(draft: Draft, push: Push, change: Change): void {
  for (const id of change.resolves) {
    const payload = draft.record(CONFLICTS, id)?.payload ?? null;
    const entry = payload === null ? null : decodeLedger(payload);
    if (payload === null || entry === null || entry.state === 'resolved') continue;
    if (entry.collection !== change.collection || entry.id !== change.id) continue;
    const resolvedBy = { device: push.device, user: push.user, number: change.number };
    const amended = amendLedger(payload, { state: 'resolved', resolvedBy });
    // It tells nothing of what the device sent for the record: the record's own entry does.
    writeLedger(draft, push, change, id, amended, { about: { collection: CONFLICTS, id }, incoming: null });
  }
}

function writeLedger(
  draft: Draft,
  push: Push,
  change: Change,
  id: RecordId,
  payload: Uint8Array,
  told: Pick<HistoryEntry, 'about' | 'incoming'>,
): void {
  const stored = draft.record(CONFLICTS, id);
  const previousVersion = stored?.version ?? 0;
  const version = draft.nextVersion();
  const { device, user } = push;
  const { number, time } = change;
  const committedAtMs = draft.facts.nowMs;
  // Field by field, as in `writeRecord`: spreading would take longer than all the rest.
  draft.write(
    {
      collection: CONFLICTS,
      id,
      version,
      createdVersion: stored?.createdVersion ?? version,
      previousVersion,
      merged: false,
      deleted: false,
      payload,
      meta: null,
      contentHash: contentHash(id, payload),
      time,
      device,
      number,
      user,
      schemaVersion: 0,
      committedAtMs,
      patch: null,
      asSent: false,
      resurrected: false,
    },
    {
      version,
      collection: CONFLICTS,
      id,
      previousVersion,
      payload,
      incoming: told.incoming,
      about: told.about,
      device,
      user,
      number,
      baseVersion: change.baseVersion,
      time,
      committedAtMs,
      policy: '',
      rulesVersion: 0,
      schemaVersion: change.schemaVersion,
      conflict: id,
      trace: change.trace,
    },
  );
}
