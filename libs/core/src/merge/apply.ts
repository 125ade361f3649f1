import type { Change, Push } from '../changes';
import type { Version } from '../ids';
import { applyPatch } from '../json-fields';
import type { ConflictKind, ConflictRef, OutcomeStatus } from '../outcomes';
import type { Resolution, Side } from '../policies/policy';
import type { StoredRecord } from '../records';
import type { Reason } from '../refusals';
import type { ActiveRules } from '../rules';
import { classify } from './classify';
import { closeConflicts, enterLedger } from './conflicts';
import type { Draft } from './draft';
import { ledgerId } from './ledger';
import { baseUnknown, notPatchable, recordNotFound, type Rejection } from './reject';
import { settle, wholePayload } from './settle';
import { growthObstacle, writeRecord } from './write';

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
export function applyChange(draft: Draft, push: Push, change: Change): Verdict {
  const head = draft.facts.space.head;
  if (change.baseVersion > head) return rejected(baseUnknown(change.baseVersion, head));
  const rules = draft.facts.rules.of(change.collection);
  const stored = draft.record(change.collection, change.id);
  if (change.kind !== 'delete' && !knownShape(change, rules))
    return schemaConflict(draft, push, change, rules, stored);
  const meeting = classify(change, push.device, stored);
  switch (meeting.kind) {
    case 'missing':
      return rejected(recordNotFound);
    case 'gone':
      return verdict('APPLIED', stored?.version ?? 0);
    case 'create':
      return cleanWrite(draft, push, change, rules, null);
    case 'clean':
      return cleanWrite(draft, push, change, rules, meeting.stored);
    case 'conflict':
      return conflictWrite(draft, push, change, rules, meeting.of, meeting.stored);
  }
}

function knownShape(change: Change, { declared }: ActiveRules): boolean {
  const { oldest, current } = declared.schema;
  return change.schemaVersion >= oldest && change.schemaVersion <= current;
}

function cleanWrite(
  draft: Draft,
  push: Push,
  change: Change,
  rules: ActiveRules,
  stored: StoredRecord | null,
): Verdict {
  const payload =
    change.kind === 'patch' ? applyPatch(stored!.payload!, change.patch) : wholePayload(change, null, stored);
  if (payload === null && change.kind === 'patch') return rejected(notPatchable);
  const incoming = sideOf(push, change, payload ?? null);
  const obstacle = growthObstacle(draft, stored, incoming.payload);
  if (obstacle !== null) return rejected(obstacle);
  const meta = incoming.deleted ? null : rules.policy.remember({ stored, incoming, rule: rules.rule });
  writeRecord(draft, push, change, rules, stored, { ...incoming, meta }, { asSent: true, conflict: null });
  draft.remember(change.collection, change.id, push.device, incoming);
  closeConflicts(draft, push, change);
  return verdict('APPLIED', draft.head());
}

function conflictWrite(
  draft: Draft,
  push: Push,
  change: Change,
  rules: ActiveRules,
  kind: Exclude<ConflictKind, 'SCHEMA'>,
  stored: StoredRecord | null,
): Verdict {
  const seen = draft.seen(change.collection, change.id, push.device, change.baseVersion);
  const payload = wholePayload(change, seen, stored);
  if (payload === undefined) return rejected(stored?.payload ? notPatchable : recordNotFound);
  const incoming = sideOf(push, change, payload);
  const obstacle = growthObstacle(draft, stored, payload);
  if (obstacle !== null) return rejected(obstacle);
  const base = kind === 'CREATE_CREATE' ? null : seen;
  const resolution = settle(kind, base, stored, incoming, rules);
  draft.remember(change.collection, change.id, push.device, incoming);
  return resolve(draft, push, change, rules, kind, stored, incoming, resolution);
}

function resolve(
  draft: Draft,
  push: Push,
  change: Change,
  rules: ActiveRules,
  kind: ConflictKind,
  stored: StoredRecord | null,
  incoming: Side,
  resolution: Resolution,
): Verdict {
  const conflict = ledgerId(change, push.device);
  let result: StoredRecord | null = null;
  if (resolution.take === 'incoming') {
    const meta = incoming.deleted ? null : rules.policy.remember({ stored, incoming, rule: rules.rule });
    const asSent = change.kind !== 'patch';
    result = writeRecord(draft, push, change, rules, stored, { ...incoming, meta }, { asSent, conflict });
  } else if (resolution.take === 'merged') {
    const { payload, meta } = resolution;
    const latest = stored !== null && stored.time > incoming.time ? stored.time : incoming.time;
    const merged: Side = { ...incoming, deleted: false, payload, meta, time: latest };
    result = writeRecord(draft, push, change, rules, stored, merged, {
      asSent: false,
      conflict,
      incoming: incoming.payload,
    });
  }
  if (result !== null) closeConflicts(draft, push, change);
  const open = resolution.take === 'neither' || (resolution.take === 'merged' && resolution.asked.length > 0);
  const ref: ConflictRef = { id: conflict, kind, state: open ? 'open' : 'resolved' };
  enterLedger(draft, push, change, rules, ref, stored, incoming, {
    resolution: resolution.take === 'neither' ? 'none' : resolution.take,
    asked: resolution.take === 'merged' ? resolution.asked : [],
    why: resolution.why,
    resultVersion: result?.version ?? 0,
  });
  return verdict(STATUS_OF[resolution.take], draft.head(), ref);
}

const STATUS_OF = {
  incoming: 'APPLIED',
  stored: 'LOST',
  merged: 'MERGED',
  neither: 'HELD',
} as const satisfies Record<Resolution['take'], OutcomeStatus>;

function schemaConflict(
  draft: Draft,
  push: Push,
  change: Change,
  rules: ActiveRules,
  stored: StoredRecord | undefined,
): Verdict {
  const seen = draft.seen(change.collection, change.id, push.device, change.baseVersion);
  const payload = wholePayload(change, seen, stored ?? null) ?? null;
  const incoming = sideOf(push, change, payload);
  const { oldest, current } = rules.declared.schema;
  const why = `The change has schema version ${change.schemaVersion}; the collection takes ${oldest} to ${current}.`;
  return resolve(draft, push, change, rules, 'SCHEMA', stored ?? null, incoming, { take: 'neither', why });
}

function sideOf(push: Push, change: Change, payload: Uint8Array | null): Side {
  return {
    deleted: payload === null,
    payload,
    meta: null,
    time: change.time,
    device: push.device,
    number: change.number,
  };
}
