import { sameBytes } from '../bytes';
import type { OperationsChange, Push } from '../changes';
import type { CrdtEngine, DataType, OtType } from '../data-types';
import type { ChangeNumber, DeviceId } from '../ids';
import type { Resolution, Seen, Side } from '../policies/policy';
import { contentBytes, type Kept, type RecentOperations, type StoredRecord } from '../records';
import type { ActiveRules } from '../rules';
import { type Clash, resolve, sideOf, writtenBy } from './clash';
import { closeConflicts } from './conflicts';
import type { Draft } from './draft';
import { hasSeen } from './has-seen';
import { bridgeFrom, bridgeOver, type Passage, passageOf } from './bridge';
import { PAST_WRITES_MAX } from './past';
import { policyFailed, recordNotFound, type Rejection, stateless, unfitRejection, untaken } from './reject';
import { settle } from './settle';
import { rejected, type Verdict, verdict } from './verdict';
import { growthObstacle, type TakenChange, writeRecord } from './write';

type TakenOperations = TakenChange & OperationsChange;
type Transformed = Extract<DataType, { kind: 'operational-transform' }>;

/** What every step below is about. */
interface Case {
  readonly draft: Draft;
  readonly push: Push;
  readonly change: TakenOperations;
  readonly rules: ActiveRules;
  readonly stored: StoredRecord | null;
}

/**
 * Operations of a data type. What others did meanwhile is no conflict where the data type merges it; a delete is one, and
 * so are operations of which it is not known any more what they have to be merged with.
 */
export function applyOperations(
  draft: Draft,
  push: Push,
  change: TakenOperations,
  rules: ActiveRules,
  stored: StoredRecord | undefined,
): Verdict {
  const { data } = rules;
  if (data === null) throw new TypeError('operations are rejected where no data type takes them');
  const met: Case = { draft, push, change, rules, stored: stored ?? null };
  return data.kind === 'crdt' ? mergeUpdate(met, data.engine) : transformOperation(met, data);
}

/** Whether the record was deleted behind the back of whoever made the change, and had not deleted it as well. */
function meetsUnseenDelete({ draft, push, change, stored }: Case): boolean {
  const knewIt = change.baseVersion > 0 || change.after > 0;
  if (stored === null) return knewIt;
  if (!stored.deleted || !knewIt || hasSeen(stored, push.device, change)) return false;
  const own = draft.receipt(push.device, change.after);
  return own?.status !== 'APPLIED' || own.version !== stored.version;
}

function mergeUpdate(met: Case, engine: CrdtEngine): Verdict {
  const { draft, push, change, rules, stored } = met;
  const wasDeleted = meetsUnseenDelete(met);
  const state = stateBefore(stored, engine, wasDeleted);
  if (state === undefined) return rejected(stateless(engine.name));
  const merged = engine.merge(state, change.operations);
  const type = engine.name;
  if (wasDeleted) {
    const kept: Kept = { kind: 'data', type, state: merged.ok ? merged.state : null, recent: [] };
    const whole = merged.ok ? { payload: merged.view, kept } : null;
    return clash(met, 'UPDATE_DELETE', null, whole);
  }
  if (!merged.ok) return rejected(untaken(merged));
  if (state !== null && sameBytes(merged.state, state)) {
    closeConflicts(draft, push, change);
    return verdict('APPLIED', stored?.version ?? draft.head());
  }
  const isLive = stored?.deleted === false;
  const content = {
    payload: merged.view,
    kept: { kind: 'data', type, state: merged.state, recent: [] },
  } as const;
  const recent = isLive ? recentWith(stored, change.operations, contentBytes(content)) : [];
  const kept: Kept = { ...content.kept, recent };
  const side: Side = { ...sideOf(push, change, merged.view), kept };
  const obstacle = obstacleTo(met, side);
  if (obstacle !== null) return rejected(obstacle);
  const seen = !isLive || hasSeen(stored, push.device, change);
  writeRecord(draft, push, change, rules, stored, side, { asSent: true, merged: !seen, conflict: null });
  closeConflicts(draft, push, change);
  return verdict(seen ? 'APPLIED' : 'MERGED', draft.head());
}

const RECENT_MAX = 32;

/**
 * With what was done last to the record as it stands. More is not kept than would ever be sent: where that would be as much as
 * a good part of the record, the record is sent.
 */
function recentWith(
  { version, kept }: StoredRecord,
  operations: Uint8Array,
  contentSize: number,
): readonly RecentOperations[] {
  const before = kept?.kind === 'data' ? kept.recent : [];
  const recent = [...before, { from: version, operations }].slice(-RECENT_MAX);
  let bytes = recent.reduce((sum, each) => sum + each.operations.length, 0);
  while (recent.length > 1 && 2 * bytes > contentSize) bytes -= recent.shift()!.operations.length;
  return recent;
}

/** Null to begin with nothing; undefined where the record is there and has no state of the engine. */
function stateBefore(
  stored: StoredRecord | null,
  engine: CrdtEngine,
  wasDeleted: boolean,
): Uint8Array | null | undefined {
  const kept = stored?.kept;
  const state = kept?.kind === 'data' && kept.type === engine.name ? kept.state : null;
  if (stored === null || stored.deleted) return wasDeleted ? state : null;
  return state ?? undefined;
}

function transformOperation(met: Case, data: Transformed): Verdict {
  const { draft, push, change, stored } = met;
  const checked = data.type.check(change.operations);
  if (!checked.ok) return rejected(untaken(checked));
  const sent = checked.operation;
  const seen = draft.seen(push.device, change);
  const whole = () => wholeAfter(seen, sent, data.type);
  if (meetsUnseenDelete(met)) return clash(met, 'UPDATE_DELETE', seen, whole());
  if (stored === null || stored.deleted || stored.payload === null) return rejected(recordNotFound);
  const passage = passageTo(met, data.type, sent, stored);
  if (passage === null) return late(met, data, sent, stored, seen, whole());
  const applied = data.type.apply(stored.payload, passage.committed);
  if (!applied.ok) return rejected(untaken(applied));
  return writeMoved(met, data.type, passage, {
    payload: applied.snapshot,
    view: passage.bridge.length > 0 ? (whole()?.payload ?? null) : applied.snapshot,
  });
}

/** How the operation comes to fit what is stored; null where that is not known. */
function passageTo(met: Case, type: OtType, sent: Uint8Array, stored: StoredRecord): Passage | null {
  const { draft, push, change } = met;
  const bridge = hasSeen(stored, push.device, change) ? [] : bridgeTo(met, type, stored);
  return bridge === null ? null : passageOf(sent, bridge, type, draft.transforms());
}

const NO_DEPENDENCIES: ReadonlyMap<DeviceId, ChangeNumber> = new Map();

/** From what the device had in view to what is stored. */
function bridgeTo(
  { draft, push: { device }, change }: Case,
  type: OtType,
  stored: StoredRecord,
): readonly Uint8Array[] | null {
  const { collection, id, baseVersion: base, after } = change;
  const carried = draft.carried(device, change);
  const since = carried?.version ?? base;
  const writes = draft.past({ collection, id, since });
  if (writes === null || writes.length > PAST_WRITES_MAX) return null;
  if ((writes.at(-1)?.version ?? stored.version) !== stored.version) return null;
  if (carried !== undefined) return bridgeFrom(carried, writes, type, draft.transforms());
  const receipt = draft.receipt(device, after);
  const afterInBase = receipt?.status === 'APPLIED' && receipt.version <= base;
  const dependencies = change.reliesOn?.dependencies ?? NO_DEPENDENCIES;
  return bridgeOver(writes, { device, base, dependencies, after, afterInBase }, type, draft.transforms());
}

function writeMoved(
  met: Case,
  type: OtType,
  passage: Passage,
  { payload, view }: { readonly payload: Uint8Array; readonly view: Uint8Array | null },
): Verdict {
  const { draft, push, change, rules, stored } = met;
  const { bridge, sent, committed } = passage;
  const isMoved = bridge.length > 0;
  const recent = recentWith(stored!, committed, payload.length);
  const kept: Kept = { kind: 'data', type: type.name, state: null, recent };
  const side: Side = { ...sideOf(push, change, payload), kept };
  const obstacle = obstacleTo(met, side);
  if (obstacle !== null) return rejected(obstacle);
  writeRecord(draft, push, change, rules, stored, side, {
    asSent: !isMoved,
    merged: isMoved,
    conflict: null,
    incoming: isMoved ? view : null,
    operations: { type: type.name, committed, sent },
  });
  draft.carry(push.device, change, { ...passage, version: draft.head() });
  if (view !== null) draft.remember(push.device, change, { deleted: false, payload: view });
  closeConflicts(draft, push, change);
  return verdict(isMoved ? 'MERGED' : 'APPLIED', draft.head());
}

/** What cannot be transformed any more is decided as the collection declares. */
function late(
  met: Case,
  { type, late: rule }: Transformed,
  sent: Uint8Array,
  stored: StoredRecord,
  seen: Seen | null,
  whole: Whole | null,
): Verdict {
  if (rule !== 'apply') return clash(met, 'UPDATE_UPDATE', seen, whole);
  const applied = type.apply(stored.payload!, sent);
  return clash(met, 'UPDATE_UPDATE', seen, applied.ok ? { payload: applied.snapshot } : null);
}

interface Whole {
  readonly payload: Uint8Array;
  readonly kept?: Kept;
}

function wholeAfter(seen: Seen | null, operation: Uint8Array, type: OtType): Whole | null {
  if (seen === null || seen.payload === null) return null;
  const applied = type.apply(seen.payload, operation);
  return applied.ok ? { payload: applied.snapshot } : null;
}

/** `whole` is what the operations make of the record; null where that is not known, and they alone can be told. */
function clash(
  met: Case,
  kind: Clash['kind'] & ('UPDATE_UPDATE' | 'UPDATE_DELETE'),
  seen: Seen | null,
  whole: Whole | null,
): Verdict {
  const { draft, push, change, rules, stored } = met;
  const side = sideOf(push, change, whole?.payload ?? change.operations);
  const incoming: Side =
    whole === null
      ? { ...side, operations: change.type }
      : { ...side, ...(whole.kept === undefined ? {} : { kept: whole.kept }) };
  const decided = settle(kind, seen, stored, incoming, rules);
  if (decided === undefined) return rejected(policyFailed(rules.policy.name));
  const resolution: Resolution =
    decided.take === 'incoming' && whole === null
      ? { take: 'neither', why: 'What the operations were made on is not known any more.' }
      : decided;
  const obstacle = obstacleTo(met, writtenBy(resolution, incoming));
  if (obstacle !== null) return rejected(obstacle);
  if (whole !== null) draft.remember(push.device, change, { deleted: false, payload: whole.payload });
  return resolve(draft, push, change, rules, { kind, stored, incoming, seen }, resolution);
}

function obstacleTo(
  { draft, change, rules, stored }: Case,
  next: { readonly payload: Uint8Array | null; readonly kept?: Kept },
): Rejection | null {
  return unfitRejection(rules, change, next.payload) ?? growthObstacle(draft, stored, next);
}
