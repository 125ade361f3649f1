import { type Change, fingerprint, type Push } from '../changes';
import { type ClampedTime, clamp } from '../clock';
import { type Hash64, sameHash } from '../hash';
import { changeKey } from '../ids';
import type { Outcome, PushResult, Receipt } from '../outcomes';
import { imageOf } from '../records';
import { refusal } from '../refusals';
import { applyChange, type Verdict } from './apply';
import { type Draft, draftOf } from './draft';
import type { MergeFacts, MergePlan } from './facts';
import { pushObstacle, rejectionOf } from './reject';

/**
 * Decides what a batch of pushes does to one space. Pure: the same facts and pushes give the same plan, and
 * whoever saves the plan in the transaction that loaded the facts has kept every promise about changes.
 */
export function planMerge(facts: MergeFacts, pushes: readonly Push[]): MergePlan {
  const draft = draftOf(facts);
  const results = pushes.map((push) => pushInto(draft, push));
  return draft.plan(results);
}

function pushInto(draft: Draft, push: Push): PushResult {
  const { facts } = draft;
  const obstacle = pushObstacle(push, facts.limits);
  if (obstacle !== null) return { kind: 'refused', refusal: obstacle };
  const expected = draft.lastNumber(push.device) + 1;
  const first = push.changes[0]!.number;
  if (first > expected) {
    return {
      kind: 'refused',
      refusal: refusal('CHANGE_NUMBER_GAP', { facts: { expected: String(expected), got: String(first) } }),
    };
  }
  return { kind: 'outcomes', outcomes: push.changes.map((change) => takeChange(draft, push, change)) };
}

function takeChange(draft: Draft, push: Push, change: Change): Outcome {
  const print = fingerprint(change);
  if (change.number <= draft.lastNumber(push.device)) return repeatedOutcome(draft, push, change, print);
  const clamped = clamp(change.time, draft.facts.nowMs, draft.facts.limits.clockSkewMsMax);
  const verdict = decide(draft, push, change, clamped);
  const receipt = receiptOf(draft, push, change, print, clamped, verdict);
  draft.take(receipt);
  return outcomeOf(draft, change, receipt, false);
}

function decide(draft: Draft, push: Push, change: Change, clamped: ClampedTime): Verdict {
  const { rules, limits } = draft.facts;
  const rejected = rejectionOf(change, push, rules, limits);
  if (rejected !== null) return { status: 'REJECTED', version: 0, conflict: null, ...rejected };
  return applyChange(draft, push, { ...change, time: clamped.time });
}

function receiptOf(
  draft: Draft,
  push: Push,
  change: Change,
  print: Hash64,
  clamped: ClampedTime,
  verdict: Verdict,
): Receipt {
  return {
    device: push.device,
    number: change.number,
    fingerprint: print,
    status: verdict.status,
    version: verdict.version,
    conflict: verdict.conflict,
    reason: verdict.reason,
    message: verdict.message,
    aheadMs: clamped.aheadMs,
    committedAtMs: draft.facts.nowMs,
  };
}

/** The first answer again; an answer too old to be remembered is "it was taken". */
function repeatedOutcome(draft: Draft, push: Push, change: Change, print: Hash64): Outcome {
  const receipt = draft.facts.receipts.get(changeKey(push.device, change.number)) ?? null;
  const blank = {
    number: change.number,
    version: 0,
    conflict: null,
    record: null,
    aheadMs: 0,
    repeated: true,
  };
  if (receipt === null) return { ...blank, status: 'APPLIED', reason: null, message: '' };
  if (sameHash(receipt.fingerprint, print)) return outcomeOf(draft, change, receipt, true);
  return {
    ...blank,
    status: 'REJECTED',
    reason: 'CHANGE_NUMBER_REUSED',
    message: refusal('CHANGE_NUMBER_REUSED').message,
  };
}

/** Whoever did not get their way is given what stands instead. */
function outcomeOf(draft: Draft, change: Change, receipt: Receipt, repeated: boolean): Outcome {
  const { number, status, version, conflict, reason, message, aheadMs } = receipt;
  const stands =
    status === 'APPLIED' || status === 'REJECTED' ? undefined : draft.record(change.collection, change.id);
  return {
    number,
    status,
    version,
    conflict,
    record: stands === undefined ? null : imageOf(stands),
    reason,
    message,
    aheadMs,
    repeated,
  };
}
