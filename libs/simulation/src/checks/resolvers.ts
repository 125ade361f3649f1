import { decodeLedger, type HistoryEntry, sameBytes, type SpaceKey } from '@syncline/core';
import { fail, historyOf, keyText, type WorldRecord } from '../record';

export const ASKED = 'asked';
const LEDGER = 'sys.conflicts';
const SERVICE = 'sys.service';

/**
 * Where a tenant's resolver decides: whatever it wrote is a side of a conflict or what it answered, and what it did not
 * take is in the ledger still. In the end no conflict waits for it.
 */
export function checkResolvers(record: WorldRecord, space: SpaceKey): void {
  const history = historyOf(record, space);
  // Whose answer was lost may have written all the same.
  const byPersons = new Set(
    record.persons
      .filter((each) => each.space === space)
      .map(({ collection, id }) => keyText(collection, id)),
  );
  const raised = new Map<string, HistoryEntry[]>();
  const latest = new Map<string, HistoryEntry>();
  for (const entry of history) {
    if (entry.collection === LEDGER) {
      if (!latest.has(entry.id)) raised.set(entry.about.id, [...(raised.get(entry.about.id) ?? []), entry]);
      latest.set(entry.id, entry);
      const first = raised.get(entry.about.id)?.find(({ id }) => id === entry.id);
      if (
        first !== undefined &&
        entry.device === SERVICE &&
        !byPersons.has(keyText(first.about.collection, first.about.id))
      )
        checkTaken(record, space, history, first, entry);
      continue;
    }
    if (entry.collection !== ASKED || entry.device !== SERVICE || byPersons.has(keyText(ASKED, entry.id)))
      continue;
    if (!isKnown(record, entry, raised.get(entry.id) ?? []))
      fail(record, '6', `${ASKED}/${entry.id} of ${space} at ${entry.version} holds what nobody answered`);
  }
  for (const [id, { payload }] of latest) {
    const ledger = payload === null ? null : decodeLedger(payload);
    if (ledger?.collection !== ASKED) continue;
    if (ledger.waitsFor === 'resolver' && ledger.state === 'open')
      fail(record, '6', `${id} of ${space} waits for its resolver still`);
    if (ledger.resolution === 'none' && ledger.state === 'resolved')
      fail(record, '6', `${id} of ${space} is settled, and nobody has decided it`);
  }
}

/** What it took stands with the ledger's word that it did. */
function checkTaken(
  record: WorldRecord,
  space: SpaceKey,
  history: readonly HistoryEntry[],
  first: HistoryEntry,
  { payload, version, id }: HistoryEntry,
): void {
  const ledger = payload === null ? null : decodeLedger(payload);
  if (ledger === null || ledger.collection !== ASKED || ledger.resolution !== 'incoming') return;
  const due = ledger.incoming.deleted ? null : first.incoming;
  const stands = history.findLast(
    (each) => each.collection === ASKED && each.id === ledger.id && each.version < version,
  );
  const found = stands?.payload ?? null;
  const isThere = due === null || found === null ? due === found : sameBytes(due, found);
  if (!isThere) fail(record, '6', `${id} of ${space} says at ${version} that it took what does not stand`);
}

function isKnown(
  { resolverAnswers }: WorldRecord,
  { payload, id }: HistoryEntry,
  raised: readonly HistoryEntry[],
): boolean {
  const same = (other: Uint8Array | null): boolean =>
    payload === null || other === null ? payload === other : sameBytes(payload, other);
  if (raised.some(({ incoming, about }) => about.collection === ASKED && same(incoming))) return true;
  return resolverAnswers.some(({ question, asked }) => {
    if (question.record !== id || asked.kind !== 'answered') return false;
    const { answer } = asked;
    return answer.take === 'delete' ? payload === null : answer.take === 'merged' && same(answer.payload);
  });
}
