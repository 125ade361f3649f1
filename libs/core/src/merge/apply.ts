import { sameBytes } from '../bytes';
import type { Push } from '../changes';
import { CONFLICTS, type Version } from '../ids';
import { applyPatch } from '../json-fields';
import type { Limits } from '../limits';
import type { ConflictKind, ConflictRef, OutcomeStatus } from '../outcomes';
import type { Resolution, Seen, Side } from '../policies/policy';
import type { StoredRecord } from '../records';
import type { Reason } from '../refusals';
import { type ActiveRules, takesShape } from '../rules';
import { askBookkeeping, askPolicy } from './ask-policy';
import { classify } from './classify';
import { closeConflicts, enterLedger } from './conflicts';
import { decideConflict } from './decide-conflict';
import { type Draft, hasSeen } from './draft';
import { ledgerId } from './ledger';
import {
  baseUnknown,
  changedMeanwhile,
  notPatchable,
  payloadUnfit,
  policyFailed,
  recordNotFound,
  recordTooLarge,
  type Rejection,
  shapeNotTaken,
} from './reject';
import { unfitPayload } from './payload-rules';
import { settle, wholePayload } from './settle';
import { growthObstacle, type TakenChange, writeRecord } from './write';

/** What became of a change. */
export interface Verdict {
  readonly status: OutcomeStatus;
  readonly version: Version;
  readonly conflict: ConflictRef | null;
  readonly reason: Reason | null;
  readonly message: string;
}

const rejected = (rejection: Rejection): Verdict => ({
  status: 'REJECTED',
  version: 0,
  conflict: null,
  ...rejection,
});

const verdict = (status: OutcomeStatus, version: Version, conflict: ConflictRef | null = null): Verdict => ({
  status,
  version,
  conflict,
  reason: null,
  message: '',
});

/** Brings a change that is possible in itself into the draft. */
export function applyChange(draft: Draft, push: Push, taken: TakenChange): Verdict {
  const head = draft.facts.space.head;
  if (taken.baseVersion > head) return rejected(baseUnknown(taken.baseVersion, head));
  const rules = draft.facts.rules.of(taken.collection);
  const change = withoutLost(draft, push, taken, rules);
  const stored = draft.record(change.collection, change.id);
  if (push.byService === true && (stored?.version ?? 0) !== change.baseVersion)
    return rejected(changedMeanwhile(change.baseVersion, stored?.version ?? 0));
  if (change.collection === CONFLICTS) return decision(draft, push, change);
  if (change.kind !== 'delete' && !takesShape(change, rules.declared))
    return push.byService === true
      ? rejected(shapeNotTaken)
      : schemaConflict(draft, push, change, rules, stored);
  const meeting = classify(change, push.device, stored);
  switch (meeting.kind) {
    case 'missing':
      return rejected(recordNotFound);
    case 'gone':
      return alreadyGone(draft, push, change, rules, stored);
    case 'create':
      return cleanWrite(draft, push, change, rules, null);
    case 'clean':
      return cleanWrite(draft, push, change, rules, meeting.stored);
    case 'conflict':
      return conflictWrite(draft, push, change, rules, meeting.of, meeting.stored);
  }
}

function decision(draft: Draft, push: Push, change: TakenChange): Verdict {
  const obstacle = decideConflict(draft, push, change);
  return obstacle === null ? verdict('APPLIED', draft.head()) : rejected(obstacle);
}

/**
 * Where whole records win or lose, a patch made on top of an own change that lost stands without it, on what won. Where
 * that is deleted by now, only the own change is left to stand on.
 */
function withoutLost(draft: Draft, push: Push, change: TakenChange, { policy }: ActiveRules): TakenChange {
  if (change.kind !== 'patch' || policy.needsBase) return change;
  if (draft.record(change.collection, change.id)?.deleted !== false) return change;
  return draft.receipt(push.device, change.after)?.status === 'LOST' ? { ...change, after: 0 } : change;
}

/**
 * A delete of what is deleted. It raises no conflict, yet where later writes win it may move the delete's time, which a
 * third device's update is measured by; and a person may have settled a conflict by it.
 */
function alreadyGone(
  draft: Draft,
  push: Push,
  change: TakenChange,
  rules: ActiveRules,
  stored: StoredRecord | undefined,
): Verdict {
  const before = draft.head();
  if (stored !== undefined && !hasSeen(stored, push.device, change)) {
    const incoming = sideOf(push, change, null);
    const decided = askPolicy(rules, { kind: 'DELETE_UPDATE', base: null, stored, incoming });
    if (decided === undefined) return rejected(policyFailed(rules.policy.name));
    const note = { asSent: true, merged: false, conflict: null };
    if (decided.take === 'incoming') writeRecord(draft, push, change, rules, stored, incoming, note);
  }
  closeConflicts(draft, push, change);
  return verdict('APPLIED', draft.head() > before ? draft.head() : (stored?.version ?? draft.head()));
}

function cleanWrite(
  draft: Draft,
  push: Push,
  change: TakenChange,
  rules: ActiveRules,
  stored: StoredRecord | null,
): Verdict {
  const payload =
    change.kind === 'patch' ? applyPatch(stored!.payload!, change.patch) : wholePayload(change, null, stored);
  if (payload === null && change.kind === 'patch') return rejected(notPatchable);
  const incoming = sideOf(push, change, payload ?? null);
  const obstacle =
    unfitRejection(rules, change, incoming.payload) ?? growthObstacle(draft, stored, incoming.payload);
  if (obstacle !== null) return rejected(obstacle);
  const meta = askBookkeeping(rules, { stored, incoming });
  if (meta === undefined) return rejected(policyFailed(rules.policy.name));
  const note = { asSent: true, merged: false, conflict: null };
  writeRecord(draft, push, change, rules, stored, { ...incoming, meta }, note);
  draft.remember(push.device, change, incoming);
  closeConflicts(draft, push, change);
  return verdict('APPLIED', draft.head());
}

function conflictWrite(
  draft: Draft,
  push: Push,
  change: TakenChange,
  rules: ActiveRules,
  kind: Exclude<ConflictKind, 'SCHEMA'>,
  stored: StoredRecord | null,
): Verdict {
  const seen = draft.seen(push.device, change);
  const payload = wholePayload(change, seen, stored);
  if (payload === undefined) return rejected(stored?.payload ? notPatchable : recordNotFound);
  const unfit = sizeObstacle(payload, draft.facts.limits) ?? unfitRejection(rules, change, payload);
  if (unfit !== null) return rejected(unfit);
  const incoming = sideOf(push, change, payload);
  const base = kind === 'CREATE_CREATE' ? null : seen;
  const decided = settle(kind, base, stored, incoming, rules);
  const resolution = decided === undefined ? undefined : fitting(decided, rules, change);
  if (resolution === undefined) return rejected(policyFailed(rules.policy.name));
  const obstacle = growthObstacle(draft, stored, writtenBy(resolution, incoming));
  if (obstacle !== null) return rejected(obstacle);
  draft.remember(push.device, change, incoming);
  return resolve(draft, push, change, rules, { kind, stored, incoming, seen }, resolution);
}

/** Two sides that both fit can make a record that does not. Then a person decides. */
function fitting(decided: Resolution, rules: ActiveRules, change: TakenChange): Resolution {
  const unfit = decided.take === 'merged' ? unfitPayload(rules, change, decided.payload) : null;
  if (unfit === null) return decided;
  return { take: 'neither', why: `What both sides make together is not possible: ${unfit.why}.` };
}

function unfitRejection(
  rules: ActiveRules,
  change: TakenChange,
  payload: Uint8Array | null,
): Rejection | null {
  const unfit = unfitPayload(rules, change, payload);
  return unfit === null ? null : payloadUnfit(unfit);
}

function sizeObstacle(payload: Uint8Array | null, limits: Limits): Rejection | null {
  const bytes = payload?.length ?? 0;
  return bytes > limits.recordBytesMax ? recordTooLarge(bytes, limits) : null;
}

function writtenBy(resolution: Resolution, incoming: Side): Uint8Array | null {
  if (resolution.take === 'merged') return resolution.payload;
  return resolution.take === 'incoming' ? incoming.payload : null;
}

/** What met what; `seen` is null where it is no longer known on what the device built. */
interface Clash {
  readonly kind: ConflictKind;
  readonly stored: StoredRecord | null;
  readonly incoming: Side;
  readonly seen: Seen | null;
}

function resolve(
  draft: Draft,
  push: Push,
  change: TakenChange,
  rules: ActiveRules,
  { kind, stored, incoming, seen }: Clash,
  resolution: Resolution,
): Verdict {
  const conflict = ledgerId(change, push.device);
  const cameOutAsMade = isAsMade(resolution, incoming);
  let result: StoredRecord | null = null;
  if (resolution.take === 'incoming') {
    const meta = askBookkeeping(rules, { stored, incoming });
    if (meta === undefined) return rejected(policyFailed(rules.policy.name));
    const patched = change.kind === 'patch';
    const note = { asSent: !patched, merged: patched && seen === null, conflict };
    result = writeRecord(draft, push, change, rules, stored, { ...incoming, meta }, note);
  } else if (resolution.take === 'merged') {
    const { payload, meta } = resolution;
    const latest = stored !== null && stored.time > incoming.time ? stored.time : incoming.time;
    const merged: Side = { ...incoming, deleted: false, payload, meta, time: latest };
    const sent = cameOutAsMade ? null : incoming.payload;
    const note = { asSent: false, merged: !cameOutAsMade, conflict, incoming: sent };
    result = writeRecord(draft, push, change, rules, stored, merged, note);
  }
  if (result !== null) closeConflicts(draft, push, change);
  const open = resolution.take === 'neither' || (resolution.take === 'merged' && resolution.asked.length > 0);
  const ref: ConflictRef = { id: conflict, kind, state: open ? 'open' : 'resolved' };
  enterLedger(draft, push, change, rules, ref, stored, incoming, {
    resolution: cameOutAsMade ? 'incoming' : resolution.take === 'neither' ? 'none' : resolution.take,
    asked: resolution.take === 'merged' ? resolution.asked : [],
    why: resolution.why,
    resultVersion: result?.version ?? 0,
  });
  return verdict(cameOutAsMade ? 'APPLIED' : STATUS_OF[resolution.take], draft.head(), ref);
}

/** A merge may come to just what the device made. */
export function isAsMade(resolution: Resolution, incoming: Side): boolean {
  if (resolution.take !== 'merged' || resolution.asked.length > 0 || incoming.payload === null) return false;
  return sameBytes(resolution.payload, incoming.payload);
}

export const STATUS_OF = {
  incoming: 'APPLIED',
  stored: 'LOST',
  merged: 'MERGED',
  neither: 'HELD',
} as const satisfies Record<Resolution['take'], OutcomeStatus>;

function schemaConflict(
  draft: Draft,
  push: Push,
  change: TakenChange,
  rules: ActiveRules,
  stored: StoredRecord | undefined,
): Verdict {
  const seen = draft.seen(push.device, change);
  const payload = wholePayload(change, seen, stored ?? null);
  if (payload === undefined) return rejected(stored?.payload ? notPatchable : recordNotFound);
  const incoming = sideOf(push, change, payload);
  draft.remember(push.device, change, incoming);
  const { oldest, current } = rules.declared.schema;
  const why = `The change has schema version ${change.schemaVersion}; the collection takes ${oldest} to ${current}.`;
  const clash: Clash = { kind: 'SCHEMA', stored: stored ?? null, incoming, seen };
  return resolve(draft, push, change, rules, clash, { take: 'neither', why });
}

function sideOf(push: Push, change: TakenChange, payload: Uint8Array | null): Side {
  return {
    deleted: payload === null,
    payload,
    meta: null,
    time: change.time,
    device: push.device,
    number: change.number,
  };
}
