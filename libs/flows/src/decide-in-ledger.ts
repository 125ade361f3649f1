import {
  type Access,
  type Answer,
  CONFLICTS,
  encodeDecision,
  granted,
  type LedgerDecision,
  mayWrite,
  type Outcome,
  type RecordId,
  recordKey,
  refused,
  sameBytes,
  type SpaceKey,
  type StoredRecord,
  type UserId,
} from '@syncline/core';
import type { DeltaStore } from '@syncline/ports';
import { changeAsService, type ChangeAsServiceDeps, type ServiceChange } from './change-as-service';
import type { Wanted } from './conflict-choice';
import type { LedgerConflict } from './conflict-contents';
import { conflictIn } from './find-conflict';

export interface DecideInLedgerDeps extends ChangeAsServiceDeps {
  readonly deltas: Pick<DeltaStore, 'heads' | 'records'>;
}

/** A conflict, its record, and the space that both are in. */
export interface Met extends LedgerConflict {
  readonly key: SpaceKey;
  readonly stands: StoredRecord | undefined;
}

export interface Planned {
  readonly decision: LedgerDecision;
  readonly wanted: Wanted | 'as-it-is';
  /** Where something was changed meanwhile, look again. */
  readonly again: boolean;
  /** Whose change of the record it is. */
  readonly user: UserId;
}

export interface ToDecide {
  readonly key: SpaceKey;
  readonly access: Access;
  readonly id: RecordId;
}

const TRIES_MAX = 3;

/** Does what is planned for a conflict as it stands, on the very versions that the plan was made for. */
export async function decideInLedger(
  deps: DecideInLedgerDeps,
  { key, access, id }: ToDecide,
  plan: (met: Met) => Promise<Answer<Planned>>,
): Promise<Answer<null>> {
  for (let tried = 1; ; tried++) {
    const found = await conflictIn(deps, key, access, id);
    if (!found.ok) return found;
    const { entry } = found.value;
    if (!mayWrite(access, entry.collection)) return refused('PERMISSION_DENIED');
    const met: Met = { ...found.value, key, stands: await standingRecord(deps, key, found.value) };
    const planned = await plan(met);
    if (!planned.ok) return planned;
    const { user, again } = planned.value;
    const changes = changesFor(met, planned.value);
    const answered = await changeAsService(deps)(key, { user, access, changes });
    if (!answered.ok) return answered;
    const rejected = answered.value.find(({ status }) => status !== 'APPLIED');
    if (rejected === undefined) return granted(null);
    const mayTryAgain = again && tried < TRIES_MAX;
    if (rejected.reason !== 'CHANGED_MEANWHILE' || !mayTryAgain) return refusedFor(rejected);
  }
}

function refusedFor({ reason, message }: Outcome): Answer<never> {
  return refused(reason ?? 'CONFLICT_STATE', message === '' ? {} : { message });
}

/** The record that a conflict is about, as it stands. */
export async function standingRecord(
  { deltas }: Pick<DecideInLedgerDeps, 'deltas'>,
  key: SpaceKey,
  { entry: { collection, id } }: LedgerConflict,
): Promise<StoredRecord | undefined> {
  const name = { collection, id, key: recordKey(collection, id) };
  return (await deltas.records(key, [name]))?.get(name.key);
}

/** The record's own change first: where it is rejected, so is what would be written into the ledger. */
function changesFor(met: Met, { decision, wanted }: Planned): ServiceChange[] {
  const { record, entry, stands } = met;
  const common = { schemaVersion: 0, resolves: [], trace: '' };
  const patch = { set: encodeDecision(decision), remove: [] };
  const told = { collection: CONFLICTS, id: record.id, baseVersion: record.version };
  const inLedger: ServiceChange = { ...common, ...told, kind: 'patch', patch };
  if (wanted === 'as-it-is' || standsAs(stands, wanted.payload)) return [inLedger];
  const { payload, schemaVersion } = wanted;
  const at = {
    ...common,
    collection: entry.collection,
    id: entry.id,
    baseVersion: stands?.version ?? 0,
    schemaVersion,
  };
  if (payload === null) return [{ ...at, kind: 'delete' }, inLedger];
  const kind = stands?.deleted === false ? 'update' : 'create';
  return [{ ...at, kind, payload }, inLedger];
}

function standsAs(stands: StoredRecord | undefined, payload: Uint8Array | null): boolean {
  // Of several contents the payload is one: the others would stay beside it.
  if (stands?.kept?.kind === 'siblings') return false;
  const standing = stands?.payload ?? null;
  if (standing === null || payload === null) return standing === payload;
  return sameBytes(standing, payload);
}
