import type { HistoryEntry, SpaceKey } from '@syncline/core';
import { isTyped, lettersOf, type TypedCollection } from '../documents';
import { type Edit, editKey, fail, historyOf, keyText, type WorldRecord } from '../record';

/**
 * Where records change by operations: each version holds just the letters of the one before, without those that its
 * change took away and with the one that it added, each of them once. So nothing that anyone typed is lost or doubled,
 * whatever it was merged with.
 */
export function checkLetters(record: WorldRecord, space: SpaceKey): void {
  const standing = new Map<string, readonly string[] | null>();
  /** As they stood before the delete. */
  const deleted = new Map<string, readonly string[]>();
  for (const entry of historyOf(record, space)) {
    const { collection, id } = entry;
    if (!isTyped(collection)) continue;
    const key = keyText(collection, id);
    const before = standing.get(key) ?? null;
    const after = lettersIn(collection, entry);
    standing.set(key, after);
    if (after === null) {
      if (before !== null) deleted.set(key, before);
      continue;
    }
    const edit = record.editOf.get(editKey(space, entry.device, entry.number));
    const problem =
      edit?.letters == null ? null : problemOf(entry, edit, { before, after }, deleted.get(key));
    if (problem !== null) fail(record, '1', `${key} of ${space} at ${entry.version} ${problem}`);
  }
  checkRejected(record, space);
}

function lettersIn(collection: TypedCollection, { payload }: HistoryEntry): readonly string[] | null {
  return payload === null ? null : lettersOf(collection, payload);
}

function problemOf(
  { conflict, collection }: HistoryEntry,
  { letters }: Edit,
  { before, after }: { before: readonly string[] | null; after: readonly string[] },
  deleted: readonly string[] = [],
): string | null {
  const { added, erased } = letters!;
  const twice = after.filter((letter, index) => after.indexOf(letter) !== index);
  if (twice.length > 0) return `holds ${twice.join('')} more than once`;
  if (!after.includes(added)) return `lacks ${added}, which was added by it`;
  if (before === null) {
    // An update that outlives a delete brings all back that was there.
    const due = conflict !== null && collection === 'pages' ? deleted : [];
    const lost = due.filter((letter) => !after.includes(letter) && !erased.includes(letter));
    return lost.length === 0 ? null : `has lost ${lost.join('')} although it outlived a delete`;
  }
  if (conflict !== null) return null;
  const due = [...before.filter((letter) => !erased.includes(letter)), added].sort().join('');
  const found = [...after].sort().join('');
  return found === due ? null : `holds ${found}, where ${due} was due`;
}

const POSSIBLE = ['RECORD_TOO_LARGE', 'RECORD_NOT_FOUND'];

/** What others did at the same time is no reason to reject operations, as long as the record was there all along. */
function checkRejected(record: WorldRecord, space: SpaceKey): void {
  const died = new Set(
    historyOf(record, space)
      .filter(({ payload }) => payload === null)
      .map(({ collection, id }) => keyText(collection, id)),
  );
  for (const { space: where, device, change, outcome } of record.outcomes) {
    if (where !== space || change.kind !== 'operations' || outcome.status !== 'REJECTED') continue;
    if (POSSIBLE.includes(outcome.reason ?? '') || outcome.reason === 'CHANGE_NUMBER_REUSED') continue;
    const key = keyText(change.collection, change.id);
    const edit = record.editOf.get(editKey(space, device, change.number));
    if (edit === undefined || died.has(key) || edit.letters === null || isAfterOther(record, edit)) continue;
    fail(
      record,
      '1',
      `${key}: the operations ${change.number} of ${device} were rejected: ${outcome.reason}`,
    );
  }
}

/** Whether the device made it on something of its own that did not come to stand. */
function isAfterOther({ edits }: WorldRecord, { space, device, collection, id, number }: Edit): boolean {
  return edits.some(
    (each) =>
      each.space === space &&
      each.device === device &&
      each.collection === collection &&
      each.id === id &&
      each.number < number &&
      each.answered !== 'APPLIED' &&
      each.answered !== 'MERGED',
  );
}
