import { type HistoryEntry, type Kept, sameBytes, type SpaceKey } from '@syncline/core';
import { editKey, fail, historyOf, keptKey, type WorldRecord, type Written } from '../record';

interface Content {
  readonly by: Written;
  readonly payload: Uint8Array | null;
}

/**
 * Where a collection keeps several contents of a record: one goes only by a change whose maker had it in view, or named
 * it, and whatever was not replaced so is there. Worked out from what devices showed, write by write.
 */
export function checkSiblings(record: WorldRecord, space: SpaceKey): void {
  const held = new Map<string, readonly Content[]>();
  for (const entry of historyOf(record, space)) {
    if (entry.collection !== 'choices') continue;
    const due = contentsAfter(record, space, entry, held.get(entry.id) ?? []);
    held.set(entry.id, due);
    if (!record.kept.has(keptKey(space, entry.version))) continue;
    const kept = record.kept.get(keptKey(space, entry.version)) ?? null;
    const found = contentsIn(record, space, entry, kept);
    const [one, other] = [textOf(found), textOf(due)];
    if (one !== other)
      fail(record, '1', `choices/${entry.id} of ${space} at ${entry.version} holds ${one}, not ${other}`);
  }
}

function contentsAfter(
  record: WorldRecord,
  space: SpaceKey,
  { device, number, incoming, payload: stored }: HistoryEntry,
  before: readonly Content[],
): readonly Content[] {
  const edit = record.editOf.get(editKey(space, device, number));
  const payload = edit === undefined ? stored : sentBy(edit.kind, incoming, stored);
  // Whoever creates what is gone does not write beside its delete. The service writes on the very version that a person saw.
  const isAnew = edit?.kind === 'create' && before.every((each) => each.payload === null);
  const stay = edit === undefined || isAnew ? [] : before.filter(({ by }) => !edit.saw.includes(by));
  const by = edit ?? `${device} ${number}`;
  const isThere = stay.some((each) => sameContent(each.payload, payload));
  const after = isThere ? stay : [...stay, { by, payload }];
  // Of a record that is deleted, nothing is kept but that; and a content that is alone bears the stamp of the record.
  if (after.every((each) => each.payload === null)) return [{ by, payload: null }];
  return after.length === 1 ? [{ by, payload: after[0]!.payload }] : after;
}

function sentBy(kind: string, incoming: Uint8Array | null, stored: Uint8Array | null): Uint8Array | null {
  return kind === 'delete' ? null : (incoming ?? stored);
}

function contentsIn(
  record: WorldRecord,
  space: SpaceKey,
  { device, number, payload }: HistoryEntry,
  kept: Kept | null,
): readonly Content[] {
  const writer = (by: string, its: number): Written =>
    record.editOf.get(editKey(space, by, its)) ?? `${by} ${its}`;
  if (kept?.kind !== 'siblings') return [{ by: writer(device, number), payload }];
  return kept.siblings.map((each) => ({ by: writer(each.device, each.number), payload: each.payload }));
}

function sameContent(left: Uint8Array | null, right: Uint8Array | null): boolean {
  return left === null || right === null ? left === right : sameBytes(left, right);
}

/** Of one content that is left, the payload says all: who wrote it first may not be who wrote last. */
function textOf(contents: readonly Content[]): string {
  const texts = contents.map(({ by, payload }) => {
    const content = payload === null ? 'a delete' : Buffer.from(payload).toString();
    if (contents.length === 1) return content;
    return typeof by === 'string' ? `${content} (${by})` : `${content} (${by.device} ${by.number})`;
  });
  return texts.sort().join(' and ');
}
