import {
  type Change,
  type ChangeNumber,
  type CollectionName,
  type RecordId,
  recordKey,
} from '@syncline/core';
import { changedContent, type Content } from './content';
import { copyRecord } from './copy';
import type { Space } from './state';
import type { PendingChange, SettledChange } from './store';

/** One record as this device's own changes make it look, on top of the copy. */
export interface Overlay {
  readonly collection: CollectionName;
  readonly id: RecordId;
  /** Of the changes, in order; some may have ended since. */
  numbers: ChangeNumber[];
  content: Content | null;
  /** The last change that had an effect; null if none has, and the copy shows through. */
  last: Change | null;
}

/** What a record holds in the view; null where there is none. O(1). */
export function viewContent(space: Space, collection: CollectionName, id: RecordId): Content | null {
  const overlay = space.overlays.get(recordKey(collection, id));
  return overlay === undefined ? copiedContent(space, collection, id) : overlay.content;
}

function copiedContent(space: Space, collection: CollectionName, id: RecordId): Content | null {
  const image = copyRecord(space.copy, collection, id);
  if (image === null) return null;
  const { payload, kept } = image;
  return kept === undefined ? { payload } : { payload, kept };
}

/** A change that the server has in its records at the copy's version shows through the copy. */
function isCovered(space: Space, number: ChangeNumber): boolean {
  return number <= space.coveredUpTo;
}

/** Puts a new change, the device's latest, on top. */
export function layChange(space: Space, made: Made): void {
  const { change } = made;
  const key = recordKey(change.collection, change.id);
  let overlay = space.overlays.get(key);
  if (overlay === undefined) {
    const { collection, id } = change;
    overlay = { collection, id, numbers: [], content: viewContent(space, collection, id), last: null };
    space.overlays.set(key, overlay);
  }
  overlay.numbers.push(change.number);
  replay(space, overlay, made);
}

/** Computes a record's overlay again, after the copy under it or the changes on it have changed. */
export function refreshOverlay(space: Space, collection: CollectionName, id: RecordId): void {
  const key = recordKey(collection, id);
  const overlay = space.overlays.get(key);
  if (overlay === undefined) return;
  overlay.numbers = overlay.numbers.filter((number) => changeUnder(space, number) !== null);
  if (overlay.numbers.length === 0) {
    space.overlays.delete(key);
    return;
  }
  overlay.content = copiedContent(space, collection, id);
  overlay.last = null;
  for (const number of overlay.numbers) {
    const made = madeUnder(space, number);
    if (made !== null && !(space.pending.has(number) && isCovered(space, number)))
      replay(space, overlay, made);
  }
}

/** From nothing, after changes were numbered anew or restored. */
export function rebuildOverlays(space: Space): void {
  space.overlays.clear();
  for (const number of [...space.settled.keys(), ...space.pending.keys()]) {
    const change = changeUnder(space, number)!;
    const { collection, id } = change;
    const key = recordKey(collection, id);
    const overlay = space.overlays.get(key);
    if (overlay !== undefined) overlay.numbers.push(number);
    else space.overlays.set(key, { collection, id, numbers: [number], content: null, last: null });
  }
  for (const { collection, id } of [...space.overlays.values()]) refreshOverlay(space, collection, id);
}

type Made = Pick<PendingChange | SettledChange, 'change' | 'shown'>;

function madeUnder(space: Space, number: ChangeNumber): Made | null {
  return space.settled.get(number) ?? space.pending.get(number) ?? null;
}

export function changeUnder(space: Space, number: ChangeNumber): Change | null {
  return madeUnder(space, number)?.change ?? null;
}

/**
 * The device's latest own change of a record that its view shows and its copy does not; 0 for none. A further change
 * is made after it.
 */
export function lastOwnNumber(space: Space, collection: CollectionName, id: RecordId): ChangeNumber {
  return space.overlays.get(recordKey(collection, id))?.last?.number ?? 0;
}

function replay({ dataTypes }: Space, overlay: Overlay, { change, shown }: Made): void {
  const content =
    shown === undefined ? changedContent(overlay.content, change, dataTypes) : { payload: shown };
  if (content === undefined) return;
  overlay.content = content;
  overlay.last = change;
}
