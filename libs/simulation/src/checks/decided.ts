import {
  decodeLedger,
  type HistoryEntry,
  type LedgerEntry,
  type LedgerResolution,
  type SpaceKey,
} from '@syncline/core';
import { type Decision, type Edit, editKey, fail, keptKey, keyText, type WorldRecord } from '../record';

const LEDGER = 'sys.conflicts';
/** What a command may hold and still fit one push of the slowest pace. */
export const GROUP_JUDGED_MAX = 8;

/** Follows a space decision by decision, so that each is judged by what stood just before it. */
export function checkDecided(record: WorldRecord, space: SpaceKey): void {
  const changes = new Map(
    record.outcomes
      .filter((each) => each.space === space)
      .map(({ device, change, outcome }) => [
        editKey(space, device, change.number),
        outcome.reason === 'CHANGE_NUMBER_REUSED' ? null : change,
      ]),
  );
  const standing = new Map<string, HistoryEntry>();
  for (const decision of record.decisions) {
    if (decision.space !== space) continue;
    const key = editKey(space, decision.device, decision.number);
    const edit = record.editOf.get(key);
    if (edit === undefined) {
      for (const wrote of decision.wrote) standing.set(keyText(wrote.collection, wrote.id), wrote);
      continue;
    }
    const entry = decision.wrote.find(({ collection }) => collection !== LEDGER);
    const before = standing.get(keyText(edit.collection, edit.id));
    checkDeleted(record, decision, edit, entry, before);
    checkConflict(record, decision, edit, entry, before);
    checkClosed(record, decision, edit, changes.get(key)?.resolves ?? [], standing);
    for (const wrote of decision.wrote) standing.set(keyText(wrote.collection, wrote.id), wrote);
  }
  checkGroups(record, space);
}

const named = ({ device, number, space }: Decision): string => `change ${number} of ${device} in ${space}`;

/** Promise 1: a delete that was taken leaves nothing that lives. */
function checkDeleted(
  record: WorldRecord,
  decision: Decision,
  edit: Edit,
  entry: HistoryEntry | undefined,
  before: HistoryEntry | undefined,
): void {
  if (edit.kind !== 'delete' || decision.receipt.status !== 'APPLIED') return;
  const lives = entry === undefined ? (before?.payload ?? null) !== null : entry.payload !== null;
  if (lives)
    fail(record, '1', `${named(decision)} was taken, and ${keyText(edit.collection, edit.id)} lives on`);
}

/** Promise 6: the answer, the history and the ledger tell of the same conflict, and of the one that it was. */
function checkConflict(
  record: WorldRecord,
  decision: Decision,
  edit: Edit,
  entry: HistoryEntry | undefined,
  before: HistoryEntry | undefined,
): void {
  const { conflict, status } = decision.receipt;
  const say = (what: string): void => fail(record, '6', `${named(decision)} ${what}`);
  if (entry !== undefined && entry.conflict !== (conflict?.id ?? null))
    say(`answers with the conflict ${conflict?.id ?? 'none'}, its history with ${entry.conflict ?? 'none'}`);
  if (conflict === null) {
    // What a data type merges is no conflict.
    const merges = status === 'MERGED' && edit.kind === 'operations';
    if (!merges && (status === 'LOST' || status === 'HELD' || status === 'MERGED'))
      say(`is ${status} without a conflict`);
    return;
  }
  const due = kindDue(record, edit, before);
  if (conflict.kind !== due) say(`is called ${conflict.kind}, where it is ${due ?? 'no conflict'}`);
  const told = decision.wrote.find(({ collection, id }) => collection === LEDGER && id === conflict.id);
  const ledger = told === undefined ? null : decodeLedger(told.payload!);
  if (ledger === null) return say(`names ${conflict.id}, which it did not enter in the ledger`);
  if (ledger.kind !== conflict.kind || ledger.state !== conflict.state)
    say(`is ${conflict.kind} ${conflict.state}, in the ledger ${ledger.kind} ${ledger.state}`);
  if (ledger.collection !== edit.collection || ledger.id !== edit.id) say('is entered for another record');
  const isLate = edit.kind === 'operations' && conflict.kind === 'UPDATE_UPDATE';
  const statuses: readonly string[] =
    isLate && ledger.resolution === 'incoming' ? ['MERGED'] : STATUSES[ledger.resolution];
  if (!statuses.includes(status)) say(`is ${status}, in the ledger the result is ${ledger.resolution}`);
}

const STATUSES = {
  incoming: ['APPLIED'],
  stored: ['LOST'],
  merged: ['MERGED'],
  both: ['MERGED'],
  none: ['HELD'],
  // Only persons decide so, afterwards.
  replaced: [],
  deleted: [],
} as const satisfies Record<LedgerResolution, readonly string[]>;

function kindDue(record: WorldRecord, edit: Edit, before: HistoryEntry | undefined): string | null {
  if (edit.kind !== 'delete' && record.oldSchemas.has(edit.device) && edit.collection === 'health')
    return 'SCHEMA';
  if (before === undefined || before.payload === null) return edit.kind === 'delete' ? null : 'UPDATE_DELETE';
  if (edit.kind === 'create') return 'CREATE_CREATE';
  return edit.kind === 'delete' ? 'DELETE_UPDATE' : 'UPDATE_UPDATE';
}

function isBeside(
  { kept }: WorldRecord,
  { space, wrote }: Decision,
  { device, number }: LedgerEntry,
): boolean {
  const own = wrote.find(({ collection }) => collection !== LEDGER);
  const beside = own === undefined ? null : (kept.get(keptKey(space, own.version)) ?? null);
  if (beside?.kind !== 'siblings') return false;
  return beside.siblings.some((each) => each.device === device && each.number === number);
}

/** A change that takes effect closes the open conflicts of its record that it names, and no others are ever closed. */
function checkClosed(
  record: WorldRecord,
  decision: Decision,
  edit: Edit,
  resolves: readonly string[],
  standing: ReadonlyMap<string, HistoryEntry>,
): void {
  const { status } = decision.receipt;
  const takes = status === 'APPLIED' || status === 'MERGED';
  const due = new Set<string>();
  for (const id of takes ? resolves : []) {
    const held = standing.get(keyText(LEDGER, id))?.payload ?? null;
    const ledger = held === null ? null : decodeLedger(held);
    if (ledger?.state === 'resolved' || ledger?.collection !== edit.collection || ledger.id !== edit.id)
      continue;
    // What the conflict was about may be one of several contents still, which one commit after the other tells.
    if (isBeside(record, decision, ledger)) continue;
    due.add(id);
  }
  for (const { collection, id, payload } of decision.wrote) {
    if (collection !== LEDGER || !standing.has(keyText(collection, id))) continue;
    const closed = decodeLedger(payload!)?.state === 'resolved';
    if (!closed || !due.delete(id)) fail(record, '6', `${named(decision)} rewrote ${id}, which it may not`);
  }
  for (const id of due) fail(record, '6', `${named(decision)} settles ${id}, which stays open`);
}

/** Promise 4: what was made together becomes visible together. */
function checkGroups(record: WorldRecord, space: SpaceKey): void {
  const commits = new Map(
    record.decisions
      .filter((decision) => decision.space === space)
      .map(({ device, number, commit }) => [editKey(space, device, number), commit]),
  );
  const groups = new Map<number, Edit[]>();
  for (const edit of record.edits) {
    if (edit.space === space) groups.set(edit.group, [...(groups.get(edit.group) ?? []), edit]);
  }
  for (const [, edits] of groups) {
    const { device, number } = edits[0]!;
    if (edits.length > GROUP_JUDGED_MAX || record.hurried.has(device)) continue;
    const lies = new Set(edits.map((edit) => commits.get(editKey(space, device, edit.number))));
    if (lies.size > 1)
      fail(record, '4', `${edits.length} changes of ${device} from ${number} on lie in ${lies.size} commits`);
  }
}
