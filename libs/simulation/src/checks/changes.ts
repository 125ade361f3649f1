import { type HistoryEntry, sameBytes, SERVICE_DEVICE, type SpaceKey } from '@syncline/core';
import { PEOPLE } from '../people';
import { type Edit, editKey, fail, historyOf, keyText, type WorldRecord } from '../record';

const LEDGER = 'sys.conflicts';
const SKEW_MS_MAX = 60_000;

/** Promises 1 and 2: what was acknowledged is there, once, under the answer that was given first. */
export function checkChanges(record: WorldRecord, space: SpaceKey): void {
  const history = historyOf(record, space);
  const taken = new Map<string, HistoryEntry>();
  const ledgers = new Set<string>();
  let version = 0;
  for (const entry of history) {
    const isNext = entry.version === version + 1 || record.epochHeads.has(`${space} ${entry.version - 1}`);
    if (!isNext) return fail(record, '2', `${space} has version ${entry.version} after ${version}`);
    version = entry.version;
    if (entry.time / 1_024 > entry.committedAtMs + SKEW_MS_MAX + 1) {
      fail(record, '3', `version ${version} of ${space} bears a time that is too far ahead`);
    }
    if (entry.collection === LEDGER) {
      ledgers.add(entry.id);
      continue;
    }
    const key = editKey(space, entry.device, entry.number);
    if (taken.has(key))
      fail(record, '2', `change ${entry.number} of ${entry.device} took effect twice in ${space}`);
    taken.set(key, entry);
  }
  for (const { space: where, device, change, status, version: at } of record.answers) {
    if (where !== space || at === 0) continue;
    const entry = taken.get(editKey(space, device, change.number));
    const ledger = `${change.collection}/${device}/${change.number}`;
    if (status === 'APPLIED' || status === 'MERGED') {
      if (entry === undefined && change.kind !== 'delete')
        fail(record, '1', `${device} was told that change ${change.number} is stored; it is not`);
      if (entry !== undefined && entry.version > at)
        fail(record, '5', `${device} was told ${at} for a change of version ${entry.version}`);
    }
    if ((status === 'LOST' || status === 'HELD') && !ledgers.has(ledger)) {
      fail(record, '6', `change ${change.number} of ${device} was ${status} and no ledger entry tells of it`);
    }
  }
}

/** Promise 2: whoever asks again gets the first answer, as long as answers are remembered. */
export function checkAnswers(record: WorldRecord, mayForget: boolean): void {
  const first = new Map<string, string>();
  for (const { space, device, change, outcome } of record.outcomes) {
    const forgotten = outcome.repeated && outcome.version === 0 && outcome.status === 'APPLIED';
    if (outcome.reason === 'CHANGE_NUMBER_REUSED' || (forgotten && mayForget)) continue;
    const key = editKey(space, device, outcome.number);
    const said = `${outcome.status} at ${outcome.version} for ${keyText(change.collection, change.id)}`;
    const before = first.get(key);
    if (before === undefined) first.set(key, said);
    else if (before !== said)
      fail(record, '2', `change ${outcome.number} of ${device} was answered "${before}", then "${said}"`);
  }
}

/** Promise 6: a change that met what its user had not seen says so, and both sides can be found. */
export function checkConflicts(record: WorldRecord, space: SpaceKey): void {
  const history = historyOf(record, space);
  const byRecord = new Map<string, HistoryEntry[]>();
  for (const entry of history) {
    if (entry.collection === LEDGER) continue;
    const key = keyText(entry.collection, entry.id);
    const earlier = byRecord.get(key) ?? [];
    byRecord.set(key, earlier);
    checkEntry(record, space, entry, earlier);
    earlier.push(entry);
  }
  checkLedger(record, space, history);
}

function checkEntry(
  record: WorldRecord,
  space: SpaceKey,
  entry: HistoryEntry,
  earlier: readonly HistoryEntry[],
): void {
  if (entry.device === SERVICE_DEVICE) return;
  const edit = record.editOf.get(editKey(space, entry.device, entry.number));
  if (edit === undefined)
    return fail(record, '2', `${entry.device} never made the change ${entry.number} of ${space}`);
  // Once its own change stands as it was sent, nothing of others is left below that the device has not seen.
  const own =
    earlier.findLast(({ device, incoming }) => device === entry.device && incoming === null)?.version ?? 0;
  const unseen = earlier.filter(
    ({ device, version }) => device !== entry.device && version > edit.seenVersion,
  );
  const last = earlier[earlier.length - 1];
  const dangerous = unseen.some(({ version }) => version > own) && last !== undefined;
  // Whoever sees nothing begins a record of an engine, as if it were created.
  const kind = edit.kind === 'operations' && edit.viewed === null ? 'create' : edit.kind;
  const creates = kind === 'create' && last?.payload === null;
  const bothDelete = last?.payload === null && entry.payload === null;
  // What becomes of several contents, and of what was typed, has checks of its own.
  const isMerged =
    entry.collection === 'choices' ||
    (edit.kind === 'operations' && last !== undefined && last.payload !== null);
  if (dangerous && !creates && !bothDelete && !isMerged && entry.conflict === null) {
    fail(
      record,
      '6',
      `change ${entry.number} of ${entry.device} overwrote ${keyText(entry.collection, entry.id)} unseen`,
    );
  }
  // Creating what it has created before, out of its own scope and sight, is a conflict with itself.
  if (
    edit.kind !== 'create' &&
    !record.moved.has(entry.device) &&
    !failedBefore(record, space, edit) &&
    unseen.length === 0 &&
    earlier.every(({ device, incoming }) => device === entry.device && incoming === null) &&
    entry.conflict !== null
  ) {
    fail(
      record,
      '6',
      `change ${entry.number} of ${entry.device} was called a conflict though nobody else wrote`,
    );
  }
  checkDelete(record, entry, last, kind, edit.seenVersion);
}

/** What a device built on something of its own that did not get its way may have had nothing to stand on. */
function failedBefore(
  record: WorldRecord,
  space: SpaceKey,
  { device, collection, id, number }: Edit,
): boolean {
  return record.edits.some(
    (edit) =>
      edit.space === space &&
      edit.device === device &&
      keyText(edit.collection, edit.id) === keyText(collection, id) &&
      edit.number < number &&
      ['REJECTED', 'LOST', 'HELD'].includes(edit.answered ?? ''),
  );
}

/** Promise 7: what was deleted returns only by being created, or by a decision that is on record. */
function checkDelete(
  record: WorldRecord,
  entry: HistoryEntry,
  last: HistoryEntry | undefined,
  kind: string,
  seenVersion: number,
): void {
  if (last === undefined || last.payload !== null || entry.payload === null) return;
  const knew = last.device === entry.device || seenVersion >= last.version;
  if (kind !== 'create' && !knew && entry.conflict === null) {
    fail(
      record,
      '7',
      `${keyText(entry.collection, entry.id)} came back to life by change ${entry.number} of ${entry.device}`,
    );
  }
}

function checkLedger(record: WorldRecord, space: SpaceKey, history: readonly HistoryEntry[]): void {
  const raised = new Map(
    history.filter(({ collection }) => collection === LEDGER).map((entry) => [entry.id as string, entry]),
  );
  for (const { space: where, device, change, outcome } of record.outcomes) {
    if (where !== space || outcome.conflict === null) continue;
    const entry = history.find(({ collection, id }) => collection === LEDGER && id === outcome.conflict!.id);
    if (!raised.has(outcome.conflict.id) || entry === undefined) {
      fail(record, '6', `conflict ${outcome.conflict.id} of ${device} is not in the ledger`);
      continue;
    }
    const sent = change.kind === 'create' || change.kind === 'update' ? change.payload : null;
    // What was sent in an old shape is entered in the newest, which has checks of its own.
    const isLifted = change.collection === PEOPLE;
    if (sent !== null && !isLifted && (entry.incoming === null || !sameBytes(entry.incoming, sent))) {
      fail(record, '6', `what ${device} sent in change ${change.number} cannot be found any more`);
    }
    const refused = outcome.status === 'LOST' || outcome.status === 'HELD' || outcome.status === 'MERGED';
    const stands = history.findLast(
      ({ collection, id, version }) =>
        collection === change.collection && id === change.id && version <= entry.version,
    );
    if (refused && !outcome.repeated && stands?.payload != null && outcome.record === null) {
      fail(record, '6', `${device} was not given the record that won over its change ${change.number}`);
    }
  }
}
