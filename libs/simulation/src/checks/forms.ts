import { decodeUtf8, type HistoryEntry, type SpaceKey } from '@syncline/core';
import { type Edit, editKey, fail, historyOf, type WorldRecord } from '../record';

interface Form {
  readonly tags: readonly string[];
  readonly rows: readonly { readonly id: string }[];
  readonly score: number;
  readonly rest: number;
}

/** What a form says by one field, as a set of things that can be added and taken away. */
const SETS: Record<string, (form: Form) => readonly string[]> = {
  tags: ({ tags }) => tags,
  rows: ({ rows }) => rows.map(({ id }) => id),
};
const EXTREMES: Record<'score' | 'rest', (...values: number[]) => number> = {
  score: Math.max,
  rest: Math.min,
};

/**
 * Where two sides of a form were merged: whatever one of them added is there, whatever stood and was not taken away
 * is there, and a number that both set is the greater or the lesser of the two.
 */
export function checkForms(record: WorldRecord, space: SpaceKey): void {
  const standing = new Map<string, HistoryEntry>();
  const removed = new Map<string, Set<string>>();
  for (const entry of historyOf(record, space)) {
    if (entry.collection !== 'forms') continue;
    const edit = record.editOf.get(editKey(space, entry.device, entry.number));
    const stored = formOf(standing.get(entry.id)?.payload);
    standing.set(entry.id, entry);
    const [viewed, sent, result] = [edit?.viewed, entry.incoming ?? entry.payload, entry.payload].map(formOf);
    if (stored === null || viewed == null || sent == null || result == null) continue;
    if (edit !== undefined && isAfterRejected(record, edit)) {
      // It was made on what nobody else ever saw; what it took away cannot be told from here.
      for (const [field, of] of Object.entries(SETS)) {
        const gone = removed.get(`${entry.id} ${field}`) ?? new Set();
        removed.set(`${entry.id} ${field}`, gone);
        for (const each of of(stored)) if (!of(result).includes(each)) gone.add(each);
      }
      continue;
    }
    const say = (what: string): void =>
      fail(record, '3', `forms/${entry.id} of ${space} at ${entry.version} ${what}`);
    for (const [field, of] of Object.entries(SETS)) {
      const gone = removed.get(`${entry.id} ${field}`) ?? new Set();
      removed.set(`${entry.id} ${field}`, gone);
      const taken = new Set(of(viewed).filter((each) => !of(sent).includes(each)));
      const added = of(sent).filter((each) => !of(viewed).includes(each) && !gone.has(each));
      for (const each of taken) gone.add(each);
      if (entry.conflict === null) continue;
      for (const each of [...added, ...of(stored).filter((one) => !taken.has(one))])
        if (!of(result).includes(each)) say(`has lost ${each} from its ${field}`);
    }
    if (entry.conflict === null) continue;
    for (const [field, extreme] of Object.entries(EXTREMES) as [
      keyof typeof EXTREMES,
      (...values: number[]) => number,
    ][]) {
      const changed = stored[field] !== viewed[field] && sent[field] !== viewed[field];
      const due = extreme(stored[field], sent[field]);
      if (changed && result[field] !== due) say(`has the ${field} ${result[field]} where ${due} was due`);
    }
  }
}

/** Whether a change of the record that the device made before this one was not possible. */
function isAfterRejected({ edits }: WorldRecord, { space, device, collection, id, number }: Edit): boolean {
  return edits.some(
    (each) =>
      each.answered === 'REJECTED' &&
      each.space === space &&
      each.device === device &&
      each.collection === collection &&
      each.id === id &&
      each.number < number,
  );
}

/** Null for what no rule can merge. */
function formOf(payload: Uint8Array | null | undefined): Form | null {
  if (payload == null) return null;
  try {
    const form = JSON.parse(decodeUtf8(payload)) as Partial<Form>;
    const whole = Array.isArray(form.tags) && Array.isArray(form.rows);
    return whole && typeof form.score === 'number' && typeof form.rest === 'number' ? (form as Form) : null;
  } catch {
    return null;
  }
}
