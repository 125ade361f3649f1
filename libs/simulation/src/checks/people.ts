import { type HistoryEntry, sameBytes, type SpaceKey } from '@syncline/core';
import { inOldShape, NEW_SHAPE, type NewPerson, PEOPLE, personIn, RANK_DEFAULT } from '../people';
import { type Edit, editKey, fail, historyOf, type WorldRecord } from '../record';

/**
 * Devices of two shapes write to the same records: what is stored has the newest shape, holds what the device said in its
 * own words, and keeps what the device could not know of.
 */
export function checkPeople(record: WorldRecord, space: SpaceKey): void {
  const standing = new Map<string, NewPerson | null>();
  for (const entry of historyOf(record, space)) {
    if (entry.collection !== PEOPLE) continue;
    const before = standing.get(entry.id) ?? null;
    const person = entry.payload === null ? null : personIn(entry.payload);
    standing.set(entry.id, person);
    const edit = record.editOf.get(editKey(space, entry.device, entry.number));
    if (person === null || edit === undefined) continue;
    const problem = record.oldSchemas.has(entry.device)
      ? oldProblem(entry, edit, before, person)
      : newProblem(entry, edit);
    if (problem !== null) fail(record, '3', `people/${entry.id} of ${space} at ${entry.version} ${problem}`);
  }
}

function newProblem({ schemaVersion, payload }: HistoryEntry, { payload: sent }: Edit): string | null {
  if (schemaVersion !== NEW_SHAPE) return `is in shape ${schemaVersion}`;
  return sent === null || sameBytes(payload!, sent) ? null : 'is not what was sent';
}

function oldProblem(
  { schemaVersion, conflict }: HistoryEntry,
  { kind, payload: sent }: Edit,
  before: NewPerson | null,
  person: NewPerson,
): string | null {
  if (schemaVersion !== NEW_SHAPE) return `is in shape ${schemaVersion}`;
  const seen = inOldShape(person);
  const said = sent === null ? null : personIn(sent);
  if (said !== null && (seen.label !== said.label || seen.name !== said.name))
    return `says ${JSON.stringify(seen)}, where ${JSON.stringify(said)} was sent`;
  // Of what the device had not seen there is nothing that it left as it was.
  if (conflict !== null) return null;
  const due = before === null ? RANK_DEFAULT : before.rank;
  if (due !== undefined && person.rank !== due)
    return `has the rank ${person.rank}, where ${due} stood, of which the device knew nothing`;
  if (kind !== 'patch' || before === null) return null;
  const isKept = person.first === before.first && person.last === before.last;
  return isKept ? null : `has another name than before, which was not touched`;
}

/** Whether a copy shows a record in the shape of its device. */
export function showsPerson(isOld: boolean, held: Uint8Array, stored: Uint8Array): boolean {
  const person = personIn(stored);
  return textOf(personIn(held)) === textOf(isOld ? inOldShape(person) : person);
}

const textOf = (fields: object): string =>
  JSON.stringify(Object.entries(fields).sort(([one], [other]) => (one < other ? -1 : 1)));
