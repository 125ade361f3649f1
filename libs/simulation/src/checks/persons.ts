import { decodeLedger, type HistoryEntry, sameBytes, type SpaceKey } from '@syncline/core';
import { replacement } from '../persons';
import { ASKED } from './resolvers';
import { fail, historyOf, keyText, type PersonsDecision, type WorldRecord } from '../record';

const LEDGER = 'sys.conflicts';
const SERVICE = 'sys.service';

/** What persons decide is what comes to stand, on the version that they saw, and the ledger says so in the same commit. */
export function checkPersons(record: WorldRecord, space: SpaceKey): void {
  const history = historyOf(record, space);
  const asked = record.persons.filter((each) => each.space === space);
  for (const decision of asked) {
    const problem = decision.ended === 'granted' ? problemOf(history, decision) : null;
    if (problem !== null) fail(record, '6', `${named(decision)}: ${problem}`);
  }
  checkStates(record, space, history);
}

const named = ({ what, collection, id, conflict, space, value }: PersonsDecision): string =>
  `${what} ${value} of ${conflict ?? keyText(collection, id)} in ${space}`;

function problemOf(history: readonly HistoryEntry[], decision: PersonsDecision): string | null {
  const { what, collection, id, conflict, seenVersion, pushes } = decision;
  const done = pushes.at(-1);
  const ofRecord = history.filter((each) => each.collection === collection && each.id === id);
  if (done === undefined)
    return what === 'restore' ? null : 'was granted, though nobody was asked to write anything';
  const versions = done.outcomes.map(({ version }) => version);
  if (done.outcomes.some(({ status }) => status !== 'APPLIED'))
    return 'was granted, though not all of it was done';
  const last = versions.at(-1)!;
  const own = done.changes.some((change) => change.collection !== LEDGER) ? versions[0]! : null;
  const stands = ofRecord.findLast(({ version }) => version <= last);
  const before = ofRecord.findLast(({ version }) => version < (own ?? last));
  if (own !== null && stands?.version !== own) return `wrote nothing at ${own}`;
  if (seenVersion !== null && what !== 'undo' && what !== 'reopen' && (before?.version ?? 0) !== seenVersion)
    return `was decided on ${before?.version ?? 0}, where ${seenVersion} had been seen`;
  const due = contentDue(history, decision, before);
  if (due !== undefined && !same(stands?.payload ?? null, due))
    return 'left something else than what was chosen';
  if (conflict === null) return null;
  const told = history.find(
    (each) => each.version === last && each.collection === LEDGER && each.id === conflict,
  );
  const state = told?.payload == null ? null : decodeLedger(told.payload)?.state;
  const wanted = what === 'undo' || what === 'reopen' ? 'reopened' : 'resolved';
  return state === wanted ? null : `the ledger says ${state ?? 'nothing'} at ${last}`;
}

/** Undefined where it cannot be told from the outside. */
function contentDue(
  history: readonly HistoryEntry[],
  { what, value, conflict, version, collection, id }: PersonsDecision,
  before: HistoryEntry | undefined,
): Uint8Array | null | undefined {
  switch (what) {
    case 'replace':
      return replacement(value);
    case 'delete':
      return null;
    case 'reopen':
      return before?.payload ?? null;
    case 'restore':
      return history.find(
        (each) => each.version === version && each.collection === collection && each.id === id,
      )?.payload;
    case 'keep-incoming': {
      const raised = history.find((each) => each.collection === LEDGER && each.id === conflict);
      const side = raised?.payload == null ? null : decodeLedger(raised.payload)?.incoming;
      if (raised === undefined || side == null || side.operations !== undefined) return undefined;
      return side.deleted ? null : (raised.incoming ?? undefined);
    }
    case 'keep-stored':
    case 'undo':
      return undefined;
  }
}

function same(left: Uint8Array | null, right: Uint8Array | null): boolean {
  return left === null || right === null ? left === right : sameBytes(left, right);
}

/** The service writes only what a person asked for, and a conflict goes from one state to the other and back. */
function checkStates(record: WorldRecord, space: SpaceKey, history: readonly HistoryEntry[]): void {
  const states = new Map<string, string>();
  for (const { collection, id, payload, device, version } of history) {
    if (collection !== LEDGER || payload === null) continue;
    const before = states.get(id);
    const ledger = decodeLedger(payload);
    const state = ledger?.state ?? 'unreadable';
    states.set(id, state);
    if (device !== SERVICE) continue;
    // A resolver may leave a conflict open as well, or some fields of it.
    const isLeftOpen = state === before && state !== 'resolved' && ledger?.collection === ASKED;
    if (isLeftOpen) continue;
    const isPossible =
      state === 'resolved' ? before !== 'resolved' : state === 'reopened' && before === 'resolved';
    if (!isPossible) fail(record, '6', `${id} of ${space} went from ${before} to ${state} at ${version}`);
  }
}
