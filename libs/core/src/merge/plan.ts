import { mayRead } from '../access';
import { type Change, fingerprint, type Push } from '../changes';
import { clamp } from '../clock';
import { type Hash64, sameHash } from '../hash';
import { type ChangeNumber, CONFLICTS } from '../ids';
import type { Limits } from '../limits';
import type { Outcome, PushResult, Receipt } from '../outcomes';
import { imageOf } from '../records';
import { refusal } from '../refusals';
import { wantedImage } from '../shaped-entries';
import { applyChange } from './apply';
import { missingDependency } from './dependencies';
import { type Draft, draftOf } from './draft';
import { effortObstacle } from './effort';
import type { MergeFacts, MergePlan } from './facts';
import { changedMeanwhile, followsOrder, pushObstacle, rejectionOf, type Rejection } from './reject';
import type { Verdict } from './verdict';
import type { TakenChange } from './write';

/**
 * Decides what a batch of pushes does to one space. Pure: the same facts and pushes give the same plan, and
 * whoever saves the plan in the transaction that loaded the facts has kept every promise about changes.
 */
export function planMerge(facts: MergeFacts, pushes: readonly Push[]): MergePlan {
  const draft = draftOf(facts);
  const results = pushes.map((push) => pushInto(draft, push));
  return draft.plan(results);
}

function pushInto(draft: Draft, given: Push): PushResult {
  const { facts } = draft;
  const obstacle = pushObstacle(given, facts.limits);
  if (obstacle !== null) return { kind: 'refused', refusal: obstacle };
  const push = given.byService === true ? numbered(given, draft.lastNumber(given.device)) : given;
  const expected = draft.lastNumber(push.device) + 1;
  const first = push.changes[0]!.number;
  if (first > expected) {
    return {
      kind: 'refused',
      refusal: refusal('CHANGE_NUMBER_GAP', { facts: { expected: String(expected), got: String(first) } }),
    };
  }
  const missing = missingDependency(push, (device) => draft.lastNumber(device));
  if (missing !== null) return { kind: 'refused', refusal: missing };
  const effort = effortObstacle(draft, push);
  if (effort !== null) return { kind: 'refused', refusal: effort };
  draft.beginPush();
  if (holdsDecision(push)) return { kind: 'outcomes', outcomes: takeWhole(draft, push) };
  return { kind: 'outcomes', outcomes: push.changes.map((change) => takeChange(draft, push, change)) };
}

function holdsDecision({ byService, changes }: Push): boolean {
  return byService === true && changes.some(({ collection }) => collection === CONFLICTS);
}

/** What a person decides is done to the record and to the ledger, or to neither: the ledger comes behind. */
function takeWhole(draft: Draft, push: Push): Outcome[] {
  let obstacle: Rejection | null = null;
  for (const { collection, id, baseVersion } of push.changes) {
    const stands = draft.record(collection, id)?.version ?? 0;
    if (stands !== baseVersion) obstacle ??= changedMeanwhile(baseVersion, stands);
  }
  return push.changes.map((change) => {
    const outcome = takeChange(draft, push, change, obstacle);
    const { status, reason, message, violations } = outcome;
    if (status === 'REJECTED' && reason !== null)
      obstacle ??= { reason, message, ...(violations && { violations }) };
    return outcome;
  });
}

function numbered(push: Push, last: ChangeNumber): Push {
  return { ...push, changes: push.changes.map((change, index) => ({ ...change, number: last + 1 + index })) };
}

function takeChange(draft: Draft, push: Push, change: Change, obstacle: Rejection | null = null): Outcome {
  const print = fingerprint(change);
  if (change.number <= draft.lastNumber(push.device)) return repeatedOutcome(draft, push, change, print);
  const { nowMs, limits } = draft.facts;
  const after = followsOrder(change) ? draft.lastBefore(push.device, change.after) : 0;
  const rejected = obstacle ?? rejectionOf(change, push, draft.facts);
  const taken = rejected === null ? takenOf(change, after, nowMs, limits) : null;
  const verdict: Verdict =
    taken === null
      ? { status: 'REJECTED', version: 0, conflict: null, ...rejected! }
      : applyChange(draft, push, taken);
  const receipt: Receipt = {
    device: push.device,
    number: change.number,
    fingerprint: print,
    after,
    aheadMs: taken?.aheadMs ?? 0,
    committedAtMs: nowMs,
    ...verdict,
  };
  draft.take(receipt);
  return outcomeOf(draft, push, change, receipt, false);
}

function takenOf(change: Change, after: ChangeNumber, nowMs: number, limits: Limits): TakenChange {
  const { time, aheadMs } = clamp(change.time, nowMs, limits.clockSkewMsMax);
  if (aheadMs === 0) return after === change.after ? change : { ...change, after };
  return { ...change, after, time, aheadMs };
}

/** The first answer again; an answer too old to be remembered is "it was taken". */
function repeatedOutcome(draft: Draft, push: Push, change: Change, print: Hash64): Outcome {
  const receipt = draft.receipt(push.device, change.number);
  const blank = {
    number: change.number,
    version: 0,
    conflict: null,
    record: null,
    aheadMs: 0,
    repeated: true,
  };
  if (receipt === undefined) return { ...blank, status: 'APPLIED', reason: null, message: '' };
  if (sameHash(receipt.fingerprint, print)) return outcomeOf(draft, push, change, receipt, true);
  return {
    ...blank,
    status: 'REJECTED',
    reason: 'CHANGE_NUMBER_REUSED',
    message: refusal('CHANGE_NUMBER_REUSED').message,
  };
}

/** Whoever did not get their way is given what stands instead. */
function outcomeOf(
  draft: Draft,
  { access, schemaVersions }: Push,
  { collection, id }: Change,
  receipt: Receipt,
  repeated: boolean,
): Outcome {
  const { number, status, version, conflict, reason, message, violations, aheadMs } = receipt;
  const asWished = status === 'APPLIED' || status === 'REJECTED';
  // A first answer may be asked for again after the right to read has gone.
  const stands = asWished || !mayRead(access, collection, id) ? undefined : draft.record(collection, id);
  const image = stands === undefined ? null : imageOf(stands);
  return {
    number,
    status,
    version,
    conflict,
    record: image && wantedImage(draft.facts.rules.of(collection).shapes, image, schemaVersions),
    reason,
    message,
    ...(violations && { violations }),
    aheadMs,
    repeated,
  };
}
