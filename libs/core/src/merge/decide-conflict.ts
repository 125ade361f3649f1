import type { Push } from '../changes';
import { CONFLICTS } from '../ids';
import { decodeUtf8 } from '../utf8';
import { amendConflict, decidedNow } from './conflicts';
import type { Draft } from './draft';
import { decodeLedger, type LedgerEntry } from './ledger';
import type { LedgerDecision } from './ledger-decision';
import { conflictNotFound, type Rejection } from './reject';
import type { TakenChange } from './write';

/** Writes a decision into the ledger. What it does to the record is done by the change before it in the same push. */
export function decideConflict(draft: Draft, push: Push, change: TakenChange): Rejection | null {
  const payload = draft.record(CONFLICTS, change.id)?.payload ?? null;
  const entry = payload === null ? null : decodeLedger(payload);
  if (payload === null || entry === null || change.kind !== 'patch') return conflictNotFound;
  const decision = JSON.parse(decodeUtf8(change.patch.set)) as LedgerDecision;
  const { state, resolution, why, standing, asked, byPolicy } = decision;
  const writing = push.changes.find(
    ({ collection, id }) => collection === entry.collection && id === entry.id,
  );
  // What a change does to its record and to the ledger bears one number. A record that this push does not write was not loaded.
  const as = writing === undefined ? change : { ...change, number: writing.number };
  const stands = writing === undefined ? undefined : draft.record(entry.collection, entry.id);
  const { resolvedBy, ...done } = decidedNow(draft, push, as, stands ?? { version: standing });
  const fields: Partial<LedgerEntry> = {
    state,
    ...(resolution === undefined ? {} : { resolution, ...done }),
    ...(state === 'resolved' && byPolicy !== true ? { resolvedBy } : {}),
    ...(why === undefined ? {} : { why }),
    ...(asked === undefined ? {} : { asked }),
    ...(entry.waitsFor === undefined ? {} : { waitsFor: 'person' }),
  };
  amendConflict(draft, push, as, change.id, { entry, payload }, fields);
  return null;
}
