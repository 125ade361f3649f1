import type { Push } from '../changes';
import { CONFLICTS } from '../ids';
import { applyPatch } from '../json-fields';
import type { Limits } from '../limits';
import type { ConflictKind } from '../outcomes';
import type { Resolution } from '../policies/policy';
import type { StoredRecord } from '../records';
import type { ActiveRules } from '../rules';
import { askBookkeeping, askPolicy } from './ask-policy';
import { type Clash, resolve, sideOf, writtenBy } from './clash';
import { classify } from './classify';
import { closeConflicts } from './conflicts';
import { decideConflict } from './decide-conflict';
import type { Draft } from './draft';
import { hasSeen } from './has-seen';
import { applyOperations } from './operations';
import { unfitPayload } from './payload-rules';
import {
  baseUnknown,
  changedMeanwhile,
  notPatchable,
  policyFailed,
  recordNotFound,
  recordTooLarge,
  type Rejection,
  shapeNotTaken,
  unfitRejection,
} from './reject';
import { settle, wholePayload } from './settle';
import { type LiftedChange, liftChange } from './shape';
import { type Beside, putBeside } from './siblings';
import { rejected, type Verdict, verdict } from './verdict';
import { growthObstacle, type TakenChange, writeRecord } from './write';

/** Brings a change that is possible in itself into the draft. */
export function applyChange(draft: Draft, push: Push, taken: TakenChange): Verdict {
  const head = draft.facts.space.head;
  if (taken.baseVersion > head) return rejected(baseUnknown(taken.baseVersion, head));
  const rules = draft.facts.rules.of(taken.collection);
  const made = withoutLost(draft, push, taken, rules);
  const stored = draft.record(made.collection, made.id);
  if (push.byService === true && (stored?.version ?? 0) !== made.baseVersion)
    return rejected(changedMeanwhile(made.baseVersion, stored?.version ?? 0));
  if (made.collection === CONFLICTS) return decision(draft, push, made);
  const lifted = liftChange(draft, push, made, rules, stored);
  if (!lifted.ok)
    return push.byService === true
      ? rejected({ ...shapeNotTaken, message: `${lifted.why} ${shapeNotTaken.message}` })
      : schemaConflict(draft, push, made, rules, stored, lifted);
  const { change } = lifted;
  if (change.kind === 'operations') return applyOperations(draft, push, change, rules, stored);
  const meeting = classify(change, push.device, stored, rules.siblingsMax > 0);
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
  const obstacle = unfitRejection(rules, change, incoming.payload) ?? growthObstacle(draft, stored, incoming);
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
  if (decided === undefined) return rejected(policyFailed(rules.policy.name));
  const resolution = fitting(decided, draft, push, change, rules, { stored, incoming });
  const obstacle = growthObstacle(draft, stored, writtenBy(resolution, incoming));
  if (obstacle !== null) return rejected(obstacle);
  draft.remember(push.device, change, incoming);
  return resolve(draft, push, change, rules, { kind, stored, incoming, seen }, resolution);
}

/** Two sides that both fit can make a record that does not. Then a person decides. */
function fitting(
  decided: Resolution,
  draft: Draft,
  push: Push,
  change: TakenChange,
  rules: ActiveRules,
  { stored, incoming }: Pick<Clash, 'stored' | 'incoming'>,
): Resolution {
  if (decided.take === 'both') {
    if (stored === null)
      return { take: 'stored', why: 'The record was deleted too long ago to be kept beside.' };
    return fittingBeside(
      decided,
      draft,
      rules,
      stored,
      putBeside(stored, push, change, incoming, draft.nextVersion()),
    );
  }
  const unfit = decided.take === 'merged' ? unfitPayload(rules, change, decided.payload) : null;
  if (unfit === null) return decided;
  return { take: 'neither', why: `What both sides make together is not possible: ${unfit.why}.` };
}

function fittingBeside(
  decided: Resolution,
  draft: Draft,
  { siblingsMax }: ActiveRules,
  stored: StoredRecord,
  together: Beside,
): Resolution {
  if (together.isAsBefore) return { take: 'stored', why: 'The record holds this content already.' };
  if (together.count > siblingsMax)
    return {
      take: 'neither',
      why: `The record holds ${siblingsMax} contents already, and no more are kept.`,
    };
  const obstacle = growthObstacle(draft, stored, together);
  return obstacle === null ? decided : { take: 'neither', why: `Both cannot be kept: ${obstacle.message}` };
}

function sizeObstacle(payload: Uint8Array | null, limits: Limits): Rejection | null {
  const bytes = payload?.length ?? 0;
  return bytes > limits.recordBytesMax ? recordTooLarge(bytes, limits) : null;
}

function schemaConflict(
  draft: Draft,
  push: Push,
  change: TakenChange,
  rules: ActiveRules,
  stored: StoredRecord | undefined,
  { why, payload: made }: LiftedChange & { readonly ok: false },
): Verdict {
  const seen = draft.seen(push.device, change);
  const payload = made ?? wholePayload(change, seen, stored ?? null);
  if (payload === undefined) return rejected(stored?.payload ? notPatchable : recordNotFound);
  const incoming = sideOf(push, change, payload);
  draft.remember(push.device, change, incoming);
  const clash: Clash = { kind: 'SCHEMA', stored: stored ?? null, incoming, seen };
  return resolve(draft, push, change, rules, clash, { take: 'neither', why });
}
