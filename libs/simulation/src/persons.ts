import {
  decodeLedger,
  encodeUtf8,
  type HistoryEntry,
  type LedgerEntry,
  type RecordId,
  refusal,
  type Version,
} from '@syncline/core';
import { changeAsService, decideConflicts, restoreRecord, type SpacePush } from '@syncline/flows';
import type { Identity } from '@syncline/ports';
import { spaceKeyOf, spaceName, TENANT, userOf } from './names';
import type { Action, DecisionPlan } from './plan';
import { Crashed, startProcess, Unreachable } from './process';
import { fail, historyOf, type PersonsDecision } from './record';
import type { World } from './world';

type DecideAction = Action & { readonly kind: 'decide' };

/** The person behind a device decides a conflict, or restores a record, without any device. */
export async function decideAsPerson(world: World, action: DecideAction): Promise<void> {
  const { space, value, what } = action;
  const history = historyOf(world.record, spaceKeyOf(space));
  const about = what === 'restore' ? recordToRestore(history, value) : conflictToDecide(history, what, value);
  if (about === null) return;
  const decision: PersonsDecision = {
    ...about,
    space: spaceKeyOf(space),
    what,
    value,
    seenVersion: seenOf(history, about, value),
    pushes: [],
    ended: null,
  };
  world.record.persons.push(decision);
  try {
    const answer = await carryOut(world, action, decision);
    decision.ended = answer.ok ? 'granted' : answer.refusal.reason;
    world.story.tell(`  ${userOf(action.device)} is told ${decision.ended}`);
  } catch (error) {
    if (error instanceof Crashed || error instanceof Unreachable) return;
    fail(world.record, 'fault', error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
}

type About = Pick<PersonsDecision, 'collection' | 'id' | 'conflict' | 'version'>;

function recordToRestore(history: readonly HistoryEntry[], value: number): About | null {
  const of = history.filter(({ collection }) => collection !== 'sys.conflicts' && collection !== 'tallies');
  const entry = of[value % of.length];
  if (entry === undefined) return null;
  const { collection, id, version } = entry;
  return { collection, id, version, conflict: null };
}

/** Undone and reopened are those that are decided, if there are any. */
function conflictToDecide(history: readonly HistoryEntry[], what: DecisionPlan, value: number): About | null {
  const ledger = new Map<RecordId, LedgerEntry>();
  for (const { collection, id, payload } of history) {
    const entry = collection === 'sys.conflicts' && payload !== null ? decodeLedger(payload) : null;
    // What is counted adds up only as long as nobody decides about it.
    if (entry !== null && entry.collection !== 'tallies') ledger.set(id, entry);
  }
  const all = [...ledger];
  const isDecided = what === 'undo' || what === 'reopen';
  const fitting = all.filter(([, { state }]) => (state === 'resolved') === isDecided);
  const [id, entry] = (fitting.length > 0 ? fitting : all)[value % Math.max(1, fitting.length)] ?? [];
  if (id === undefined || entry === undefined) return null;
  return { collection: entry.collection, id: entry.id, conflict: id, version: 0 };
}

/** Half of them say which version they saw, some of these an earlier one. */
function seenOf(history: readonly HistoryEntry[], { collection, id }: About, value: number): Version | null {
  if (value % 2 === 0) return null;
  const versions = history.filter((each) => each.collection === collection && each.id === id);
  return versions.at(value % 4 === 1 ? -1 : -2)?.version ?? 0;
}

async function carryOut(world: World, { device, space }: DecideAction, decision: PersonsDecision) {
  const { bare, time, random, services } = world;
  const { what, collection, id: record, version, seenVersion, value } = decision;
  const clock = { nowMs: () => time.nowMs() };
  const desk = startProcess('desk', time, random, 8);
  const push = async (made: SpacePush) => {
    const result = await services.push(desk, made);
    if (result.kind === 'outcomes')
      decision.pushes.push({ changes: made.push.changes, outcomes: result.outcomes });
    return result;
  };
  const deps = { deltas: bare, conflicts: bare, devices: bare, directory: bare, past: bare, clock, push };
  const identity: Identity = {
    tenant: TENANT,
    user: userOf(device),
    expiresAtMs: Infinity,
    grants: new Map(),
  };
  const named = { space: spaceName(space) };
  if (what === 'restore')
    return restoreRecord({ ...deps, change: changeAsService(deps) })(identity, {
      ...named,
      collection,
      id: record,
      version,
      seenVersion,
    });
  const id = decision.conflict;
  if (id === null) return { ok: false, refusal: refusal('CONFLICT_NOT_FOUND') } as const;
  const flows = decideConflicts(deps);
  if (what === 'undo') return flows.undo(identity, { ...named, id, overwriteNewer: seenVersion === null });
  if (what === 'reopen') return flows.reopen(identity, { ...named, id, why: 'Look again.' });
  const choice =
    what === 'replace'
      ? ({ kind: what, payload: replacement(value), schemaVersion: null } as const)
      : ({ kind: what } as const);
  return flows.resolve(identity, { ...named, id, decision: { choice, why: '' }, seenVersion });
}

export function replacement(value: number): Uint8Array {
  return encodeUtf8(`{"title":"decided ${value}"}`);
}
