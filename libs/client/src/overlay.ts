import {
  applyPatch,
  type Change,
  type ChangeNumber,
  type CollectionName,
  type RecordId,
  recordKey,
} from '@syncline/core';
import { copyRecord } from './copy';
import type { Space } from './state';

/** One record as this device's own changes make it look, on top of the copy. */
export interface Overlay {
  readonly collection: CollectionName;
  readonly id: RecordId;
  /** Of the changes, in order; some may have ended since. */
  numbers: ChangeNumber[];
  payload: Uint8Array | null;
  /** The last change that had an effect; null if none has, and the copy shows through. */
  last: Change | null;
}

/** What a record holds in the view; null where there is none. O(1). */
export function viewPayload(space: Space, collection: CollectionName, id: RecordId): Uint8Array | null {
  const overlay = space.overlays.get(recordKey(collection, id));
  if (overlay !== undefined) return overlay.payload;
  return copyRecord(space.copy, collection, id)?.payload ?? null;
}

/** A change that the server has in its records at the copy's version shows through the copy. */
function isCovered(space: Space, number: ChangeNumber): boolean {
  return number <= space.coveredUpTo;
}

/** Puts a new change, the device's latest, on top. */
export function layChange(space: Space, change: Change): void {
  const key = recordKey(change.collection, change.id);
  let overlay = space.overlays.get(key);
  if (overlay === undefined) {
    const { collection, id } = change;
    overlay = { collection, id, numbers: [], payload: viewPayload(space, collection, id), last: null };
    space.overlays.set(key, overlay);
  }
  overlay.numbers.push(change.number);
  replay(overlay, change);
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
  overlay.payload = copyRecord(space.copy, collection, id)?.payload ?? null;
  overlay.last = null;
  for (const number of overlay.numbers) {
    const change = changeUnder(space, number);
    if (change !== null && !(space.pending.has(number) && isCovered(space, number))) replay(overlay, change);
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
    else space.overlays.set(key, { collection, id, numbers: [number], payload: null, last: null });
  }
  for (const { collection, id } of [...space.overlays.values()]) refreshOverlay(space, collection, id);
}

export function changeUnder(space: Space, number: ChangeNumber): Change | null {
  return (space.settled.get(number) ?? space.pending.get(number))?.change ?? null;
}

/**
 * The device's latest own change of a record that its view shows and its copy does not; 0 for none. A further change
 * is made after it.
 */
export function lastOwnNumber(space: Space, collection: CollectionName, id: RecordId): ChangeNumber {
  return space.overlays.get(recordKey(collection, id))?.last?.number ?? 0;
}

function replay(overlay: Overlay, change: Change): void {
  const payload = changedPayload(overlay.payload, change);
  if (payload === undefined) return;
  overlay.payload = payload;
  overlay.last = change;
}

/** What a change makes of a payload; undefined where it finds nothing to change. */
export function changedPayload(payload: Uint8Array | null, change: Change): Uint8Array | null | undefined {
  switch (change.kind) {
    case 'create':
    case 'update':
      return change.payload;
    case 'delete':
      return null;
    case 'patch':
      return payload === null ? undefined : (applyPatch(payload, change.patch) ?? undefined);
    case 'operations':
      return undefined;
  }
}
