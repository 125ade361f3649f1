import { sameBytes } from '../bytes';
import type { Change, Push } from '../changes';
import type { ConflictKind, ConflictRef, OutcomeStatus } from '../outcomes';
import type { Resolution, Seen, Side } from '../policies/policy';
import type { Kept, StoredRecord } from '../records';
import type { ActiveRules } from '../rules';
import { askBookkeeping } from './ask-policy';
import { closeConflicts, enterLedger } from './conflicts';
import type { Draft } from './draft';
import { ledgerId } from './ledger';
import { policyFailed } from './reject';
import { putBeside } from './siblings';
import { rejected, type Verdict, verdict } from './verdict';
import { type TakenChange, writeRecord } from './write';

/** The content that a decision writes, as far as it comes from one side or is merged of both. */
export function writtenBy(resolution: Resolution, incoming: Side): Written {
  if (resolution.take === 'merged') return resolution;
  return resolution.take === 'incoming' ? incoming : NOTHING;
}

interface Written {
  readonly payload: Uint8Array | null;
  readonly kept?: Kept;
}

const NOTHING: Written = { payload: null };

/** What met what; `seen` is null where it is no longer known on what the device built. */
export interface Clash {
  readonly kind: ConflictKind;
  readonly stored: StoredRecord | null;
  readonly incoming: Side;
  readonly seen: Seen | null;
}

/** Does what was decided, and enters it into the ledger. */
export function resolve(
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
    const isWhole = change.kind !== 'patch' && change.kind !== 'operations';
    const isOnTop = change.kind === 'patch' || change.isLifted === true;
    const onTop = change.kind === 'operations' || (isOnTop && seen === null);
    const note = { asSent: isWhole, merged: onTop, conflict };
    result = writeRecord(draft, push, change, rules, stored, { ...incoming, meta }, note);
  } else if (resolution.take === 'merged') {
    const { payload, meta } = resolution;
    const latest = stored !== null && stored.time > incoming.time ? stored.time : incoming.time;
    const merged: Side = { ...incoming, deleted: false, payload, meta, time: latest };
    const sent = cameOutAsMade ? null : incoming.payload;
    const note = { asSent: false, merged: !cameOutAsMade, conflict, incoming: sent };
    result = writeRecord(draft, push, change, rules, stored, merged, note);
  } else if (resolution.take === 'both') {
    const { payload, kept, schemaVersion } = putBeside(stored!, push, change, incoming, draft.nextVersion());
    const all: Side = { ...incoming, deleted: payload === null, payload, ...(kept && { kept }) };
    const note = { asSent: false, merged: true, conflict, incoming: incoming.payload };
    result = writeRecord(draft, push, { ...change, schemaVersion }, rules, stored, all, note);
  }
  if (result !== null) closeConflicts(draft, push, change);
  const open = resolution.take === 'merged' ? resolution.asked.length > 0 : waits(resolution, result);
  const ref: ConflictRef = { id: conflict, kind, state: open ? 'open' : 'resolved' };
  enterLedger(draft, push, change, rules, ref, stored, incoming, {
    resolution: cameOutAsMade ? 'incoming' : resolution.take === 'neither' ? 'none' : resolution.take,
    asked: resolution.take === 'merged' ? resolution.asked : [],
    ...(resolution.take === 'neither' && resolution.waitsFor && { waitsFor: resolution.waitsFor }),
    why: resolution.why,
    resultVersion: result?.version ?? 0,
  });
  const status = isOnOther(change, kind, resolution)
    ? 'MERGED'
    : cameOutAsMade
      ? 'APPLIED'
      : STATUS_OF[resolution.take];
  return verdict(status, draft.head(), ref);
}

/** Operations that came too late stand on something else than they were made on. */
function isOnOther(change: Change, kind: ConflictKind, { take }: Resolution): boolean {
  return change.kind === 'operations' && kind === 'UPDATE_UPDATE' && take === 'incoming';
}

/** A person has still to say what is to stand. */
function waits({ take }: Resolution, result: StoredRecord | null): boolean {
  return take === 'neither' || (take === 'both' && result?.kept !== undefined);
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
  both: 'MERGED',
  neither: 'HELD',
} as const satisfies Record<Resolution['take'], OutcomeStatus>;

export function sideOf(push: Push, change: TakenChange, payload: Uint8Array | null): Side {
  return {
    deleted: payload === null,
    payload,
    meta: null,
    time: change.time,
    device: push.device,
    number: change.number,
  };
}
