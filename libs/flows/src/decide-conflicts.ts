import {
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
  type Version,
} from '@syncline/core';
import type { DeltaStore, Identity } from '@syncline/ports';
import { changeAsService, type ChangeAsServiceDeps, type ServiceChange } from './change-as-service';
import { choose, type Decision, type Wanted } from './conflict-choice';
import { type LedgerConflict, wholeContents } from './conflict-contents';
import { type InSpace, inSpace } from './conflict-rights';
import { changedSince, type ConflictTold, type RecordTold, tellRecord } from './conflict-told';
import { conflictIn, type NamedConflict, type ReadConflictsDeps, tellAll } from './find-conflict';
import { undone } from './undone-resolution';

export interface DecideConflictsDeps extends ReadConflictsDeps, ChangeAsServiceDeps {
  readonly deltas: Pick<DeltaStore, 'heads' | 'records' | 'collections'>;
}

export interface ResolveConflictCall extends NamedConflict {
  readonly decision: Decision;
  /** The version of the record that the person saw; null to decide whatever it is now. */
  readonly seenVersion: Version | null;
}

export interface UndoResolutionCall extends NamedConflict {
  readonly overwriteNewer: boolean;
}

export interface ReopenConflictCall extends NamedConflict {
  readonly why: string;
}

/** A conflict and its record after what was done; null where nothing is left of the record. */
export interface ConflictDecided {
  readonly conflict: ConflictTold;
  readonly record: RecordTold | null;
}

/** Whoever may write a record decides its conflicts. */
export function decideConflicts(deps: DecideConflictsDeps) {
  const act =
    <Call extends NamedConflict>(plan: Plan<Call>) =>
    async (identity: Identity, call: Call): Promise<Answer<ConflictDecided>> => {
      const entered = await inSpace(deps, identity, call.space);
      return entered.ok ? decideIn(deps, identity, entered.value, call, plan) : entered;
    };
  return {
    resolve: act<ResolveConflictCall>((conflict, call) => planResolution(deps, conflict, call)),
    undo: act<UndoResolutionCall>((conflict, call) => planUndoing(deps, conflict, call)),
    reopen: act<ReopenConflictCall>(({ entry, stands }, { why }) => {
      if (entry.state !== 'resolved') return Promise.resolve(refused('CONFLICT_STATE'));
      const decision = {
        state: 'reopened',
        standing: stands?.version ?? 0,
        ...(why === '' ? {} : { why }),
      } as const;
      return Promise.resolve(granted({ decision, wanted: 'as-it-is', again: true }));
    }),
  };
}

/** The same for one of many, in a space that was entered. */
export function decideOne(deps: DecideConflictsDeps, identity: Identity, entered: InSpace) {
  return (call: ResolveConflictCall): Promise<Answer<ConflictDecided>> =>
    decideIn(deps, identity, entered, call, (conflict) => planResolution(deps, conflict, call));
}

/** A conflict, its record, and the space that both are in. */
interface Met extends LedgerConflict {
  readonly key: SpaceKey;
  readonly stands: StoredRecord | undefined;
}

interface Planned {
  readonly decision: LedgerDecision;
  readonly wanted: Wanted | 'as-it-is';
  /** Where something was changed meanwhile, look again. */
  readonly again: boolean;
}

type Plan<Call> = (conflict: Met, call: Call) => Promise<Answer<Planned>>;

const TRIES_MAX = 3;

async function decideIn<Call extends NamedConflict>(
  deps: DecideConflictsDeps,
  identity: Identity,
  { key, access }: InSpace,
  call: Call,
  plan: Plan<Call>,
): Promise<Answer<ConflictDecided>> {
  for (let tried = 1; ; tried++) {
    const found = await conflictIn(deps, key, access, call.id);
    if (!found.ok) return found;
    const { entry } = found.value;
    if (!mayWrite(access, entry.collection)) return refused('PERMISSION_DENIED');
    const met: Met = { ...found.value, key, stands: await recordOf(deps, key, found.value) };
    const planned = await plan(met, call);
    if (!planned.ok) return planned;
    const changes = changesFor(met, planned.value);
    const answered = await changeAsService(deps)(key, { user: identity.user, access, changes });
    if (!answered.ok) return answered;
    const rejected = answered.value.find(({ status }) => status !== 'APPLIED');
    if (rejected === undefined) return tellDecided(deps, key, access, call.id);
    const mayTryAgain = planned.value.again && tried < TRIES_MAX;
    if (rejected.reason !== 'CHANGED_MEANWHILE' || !mayTryAgain) return refusedFor(rejected);
  }
}

function refusedFor({ reason, message }: Outcome): Answer<never> {
  return refused(reason ?? 'CONFLICT_STATE', message === '' ? {} : { message });
}

async function recordOf(
  { deltas }: DecideConflictsDeps,
  key: SpaceKey,
  { entry: { collection, id } }: LedgerConflict,
): Promise<StoredRecord | undefined> {
  const name = { collection, id, key: recordKey(collection, id) };
  return (await deltas.records(key, [name]))?.get(name.key);
}

async function tellDecided(
  deps: DecideConflictsDeps,
  key: SpaceKey,
  access: InSpace['access'],
  id: RecordId,
): Promise<Answer<ConflictDecided>> {
  const found = await conflictIn(deps, key, access, id);
  if (!found.ok) return found;
  const contents = await wholeContents(deps.conflicts, key, [found.value]);
  const [conflict] = await tellAll(deps, key, [found.value], contents);
  const record = await recordOf(deps, key, found.value);
  return granted({ conflict: conflict!, record: record === undefined ? null : tellRecord(record) });
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
  const standing = stands?.payload ?? null;
  if (standing === null || payload === null) return standing === payload;
  return sameBytes(standing, payload);
}

async function planResolution(
  deps: DecideConflictsDeps,
  met: Met,
  { decision: { choice, why }, seenVersion }: ResolveConflictCall,
): Promise<Answer<Planned>> {
  const { key, stands, entry } = met;
  const standing = stands?.version ?? 0;
  if (entry.state === 'resolved') return refused('CONFLICT_STATE');
  if (seenVersion !== null && seenVersion !== standing) return refused('CHANGED_MEANWHILE');
  const [contents] = await wholeContents(deps.conflicts, key, [met]);
  const schemaVersion = await newestShape(deps, met);
  const chosen = choose(choice, { conflict: met, contents: contents!, stands, schemaVersion });
  switch (chosen.kind) {
    case 'unknown':
      return refused('VERSION_NOT_FOUND');
    case 'wrong':
      return refused('INVALID_ARGUMENT', { violations: chosen.violations });
    case 'chosen': {
      const { resolution, wanted } = chosen;
      const decision = { state: 'resolved', resolution, standing, ...(why === '' ? {} : { why }) } as const;
      return granted({ decision, wanted, again: seenVersion === null });
    }
  }
}

async function newestShape({ deltas }: DecideConflictsDeps, { key, entry }: Met): Promise<number> {
  const declared = await deltas.collections(key);
  return declared?.rules.get(entry.collection)?.schema.current ?? 0;
}

async function planUndoing(
  deps: DecideConflictsDeps,
  met: Met,
  { overwriteNewer }: UndoResolutionCall,
): Promise<Answer<Planned>> {
  const { key, entry, stands } = met;
  if (entry.state !== 'resolved') return refused('CONFLICT_STATE');
  const standing = stands?.version ?? 0;
  if (!overwriteNewer && changedSince(entry, standing)) return refused('CHANGED_MEANWHILE');
  const [contents] = await wholeContents(deps.conflicts, key, [met]);
  const wanted = await undone(deps.conflicts, key, met, contents!);
  if (wanted === null) return refused('VERSION_NOT_FOUND');
  const decision = { state: 'reopened', resolution: 'none', standing } as const;
  return granted({ decision, wanted, again: overwriteNewer });
}
