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
import { encodeFacts } from './ledger-facts';

/** Writes the ledger record of a conflict: devices read it like any other record. */
export function enterLedger(
  draft: Draft,
  push: Push,
  change: Change,
  { declared }: ActiveRules,
  conflict: ConflictRef,
  stored: StoredRecord | null,
  incoming: Side,
  decided: Pick<LedgerEntry, 'resolution' | 'asked' | 'waitsFor' | 'why' | 'resultVersion'>,
): void {
  const bytesMax = draft.facts.limits.ledgerSideBytesMax;
  const { user } = push;
  const { schemaVersion } = change;
  const entry: LedgerEntry = {
    kind: conflict.kind,
    collection: change.collection,
    id: change.id,
    policy: declared.policy,
    rulesVersion: declared.rulesVersion,
    baseVersion: change.baseVersion,
    after: change.after,
    stored: ledgerSide(stored ?? GONE, bytesMax),
    incoming: ledgerSide({ ...incoming, version: 0, user, schemaVersion }, bytesMax),
    ...decided,
    state: conflict.state,
    device: push.device,
    user,
    number: change.number,
    trace: change.trace,
    detectedAtMs: draft.facts.nowMs,
  };
  const about = { collection: change.collection, id: change.id };
  const written = { entry, payload: encodeLedger(entry) };
  // Operations alone are not what the device had in view.
  const made = incoming.operations === undefined ? incoming.payload : null;
  writeLedger(draft, push, change, conflict.id, written, { about, incoming: made });
}

/** In the place of a record of which not even the tombstone is left. */
const GONE = {
  version: 0,
  deleted: true,
  payload: null,
  device: null,
  number: null,
  user: null,
  time: null,
  schemaVersion: 0,
} as const;

/** A change that took effect closes the open conflicts that it names, as long as they are about its record. */
export function closeConflicts(draft: Draft, push: Push, change: Change): void {
  for (const id of change.resolves) {
    const payload = draft.record(CONFLICTS, id)?.payload ?? null;
    const entry = payload === null ? null : decodeLedger(payload);
    if (payload === null || entry === null || entry.state === 'resolved') continue;
    if (entry.collection !== change.collection || entry.id !== change.id) continue;
    const stands = draft.record(change.collection, change.id);
    if (stands !== undefined && isBeside(stands, entry)) continue;
    const fields: Partial<LedgerEntry> = {
      state: 'resolved',
      resolution: stands?.deleted === false ? 'replaced' : 'deleted',
      ...decidedNow(draft, push, change, stands ?? { version: 0 }),
    };
    amendConflict(draft, push, change, id, { entry, payload }, fields);
  }
}

/** What the conflict was about is still one of several contents. */
function isBeside({ kept }: StoredRecord, { device, number }: LedgerEntry): boolean {
  if (kept?.kind !== 'siblings') return false;
  return kept.siblings.some((sibling) => sibling.device === device && sibling.number === number);
}

/** What is noted of every decision of a person; `stands` is the record after it, which the change may have written. */
export function decidedNow(
  draft: Draft,
  { device, user }: Push,
  { number }: Change,
  stands: Pick<StoredRecord, 'version'> & Partial<Pick<StoredRecord, 'device' | 'number'>>,
): Required<Pick<LedgerEntry, 'resolvedBy' | 'resolvedAtMs' | 'resultVersion' | 'standing'>> {
  const wrote = stands.device === device && stands.number === number;
  const standing = stands.version;
  return {
    resolvedBy: { device, user, number },
    resolvedAtMs: draft.facts.nowMs,
    resultVersion: wrote ? standing : 0,
    standing,
  };
}

interface WrittenEntry {
  readonly entry: LedgerEntry;
  readonly payload: Uint8Array;
}

export function amendConflict(
  draft: Draft,
  push: Push,
  change: Change,
  id: RecordId,
  { entry, payload }: WrittenEntry,
  fields: Partial<LedgerEntry>,
): void {
  const amended = { entry: { ...entry, ...fields }, payload: amendLedger(payload, fields) };
  // It tells nothing of what the device sent for the record: the record's own entry does.
  writeLedger(draft, push, change, id, amended, { about: { collection: CONFLICTS, id }, incoming: null });
}

function writeLedger(
  draft: Draft,
  push: Push,
  change: Change,
  id: RecordId,
  { entry, payload }: WrittenEntry,
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
      meta: encodeFacts(entry),
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
