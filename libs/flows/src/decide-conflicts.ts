import { type Answer, granted, type RecordId, refused, type SpaceKey, type Version } from '@syncline/core';
import type { DeltaStore, Identity } from '@syncline/ports';
import type { ChangeAsServiceDeps } from './change-as-service';
import { choose, type Decision } from './conflict-choice';
import { wholeContents } from './conflict-contents';
import { type InSpace, inSpace } from './conflict-rights';
import { changedSince, type ConflictTold, type RecordTold, tellRecord } from './conflict-told';
import { decideInLedger, type Met, type Planned, standingRecord } from './decide-in-ledger';
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

type PlannedByPerson = Omit<Planned, 'user'>;
type Plan<Call> = (conflict: Met, call: Call) => Promise<Answer<PlannedByPerson>>;

async function decideIn<Call extends NamedConflict>(
  deps: DecideConflictsDeps,
  { user }: Identity,
  { key, access }: InSpace,
  call: Call,
  plan: Plan<Call>,
): Promise<Answer<ConflictDecided>> {
  const { id } = call;
  const decided = await decideInLedger(deps, { key, access, id }, async (met) => {
    const planned = await plan(met, call);
    return planned.ok ? granted({ ...planned.value, user }) : planned;
  });
  return decided.ok ? tellDecided(deps, key, access, id) : decided;
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
  const record = await standingRecord(deps, key, found.value);
  return granted({ conflict: conflict!, record: record === undefined ? null : tellRecord(record) });
}

async function planResolution(
  deps: DecideConflictsDeps,
  met: Met,
  { decision: { choice, why }, seenVersion }: ResolveConflictCall,
): Promise<Answer<PlannedByPerson>> {
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
): Promise<Answer<PlannedByPerson>> {
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
