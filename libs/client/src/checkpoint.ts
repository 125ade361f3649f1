import type { CheckpointMessage, CollectionName, DeviceId } from '@syncline/core';
import { copyOf, copyRecords, editCopy, mismatches } from './copy';
import { downloads, type Space, type Staging } from './state';
import { type RecordRef, stagedRef, type StagedEntry } from './store';
import { notify, saveRow, touch, type Turn, write } from './turn';

/** Everything since the last checkpoint becomes visible at once. Tells the collections whose digest differs. */
export function reachCheckpoint(turn: Turn, space: Space, message: CheckpointMessage): CollectionName[] {
  const { staging, link } = space;
  if (link.repair !== null && link.repair.asOf <= message.version) applyRepair(turn, space);
  if (staging !== null) promote(turn, space, staging);
  coverOwn(turn, space, message);
  dropSettled(turn, space, message);
  space.version = message.version;
  space.cursor = message.cursor;
  space.staging = null;
  saveRow(turn, space);
  notify(turn, { kind: 'checkpoint', space: space.id, version: message.version });
  return mismatches(space.copy, message.digests);
}

function promote(turn: Turn, space: Space, staging: Staging): void {
  const { fresh, entries } = staging;
  for (const entry of entries.values()) touch(turn, space, stagedRef(entry), 'checkpoint');
  if (fresh) {
    for (const record of copyRecords(space.copy)) touch(turn, space, record, 'checkpoint');
    space.copy = copyOf(liveRecords(entries.values()));
  } else {
    const editor = editCopy(space.copy);
    for (const entry of entries.values()) {
      if (entry.kind === 'live') editor.put(entry.record);
      else editor.remove(entry.collection, entry.id);
    }
    editor.finish();
  }
  write(turn, { kind: 'promote', space: space.id, fresh });
}

function* liveRecords(entries: Iterable<StagedEntry>) {
  for (const entry of entries) if (entry.kind === 'live') yield entry.record;
}

/** Moves the vector clock on; own changes that it covers show through the copy from now on. */
function coverOwn(turn: Turn, space: Space, { clock }: CheckpointMessage): void {
  const replace = space.staging?.fresh === true;
  if (replace) space.vector.clear();
  const moved: [DeviceId, number][] = [];
  for (const [device, number] of clock) {
    if ((space.vector.get(device) ?? 0) >= number) continue;
    space.vector.set(device, number);
    moved.push([device, number]);
  }
  if (replace || moved.length > 0) write(turn, { kind: 'vector', space: space.id, replace, numbers: moved });
  const covered = Math.min(space.vector.get(turn.state.config.device) ?? 0, space.sentUpTo);
  for (const [number, { change }] of space.pending) {
    if (number > covered) break;
    if (number > space.coveredUpTo) touch(turn, space, change, 'checkpoint');
  }
  space.coveredUpTo = Math.max(space.coveredUpTo, covered);
}

function dropSettled(turn: Turn, space: Space, { version }: CheckpointMessage): void {
  const numbers: number[] = [];
  for (const [number, settled] of space.settled) {
    if (settled.version > version) continue;
    touch(turn, space, settled.change, 'checkpoint');
    space.settled.delete(number);
    numbers.push(number);
  }
  if (numbers.length > 0) write(turn, { kind: 'drop-settled', space: space.id, numbers });
}

/**
 * Takes over what a comparison with the server found, before the pages since are laid on top. What is newer than the
 * copy is in those pages, unless it has gone again: taken from here, it would stay for ever.
 */
export function applyRepair(turn: Turn, space: Space): void {
  const { repair } = space.link;
  space.link.repair = null;
  space.link.repairing = false;
  if (repair === null || !downloads(space.mode)) return;
  const heldVersion = ({ collection, id }: RecordRef): number =>
    space.copy.collections.get(collection)?.get(id)?.image.version ?? 0;
  const records = repair.records.filter(
    (record) => record.version <= space.version && heldVersion(record) <= record.version,
  );
  const gone = repair.gone.filter((ref) => heldVersion(ref) <= repair.asOf);
  for (const ref of [...records, ...gone]) touch(turn, space, ref, 'repair');
  const editor = editCopy(space.copy);
  for (const record of records) editor.put(record);
  for (const { collection, id } of gone) editor.remove(collection, id);
  editor.finish();
  write(turn, { kind: 'copy', space: space.id, records, gone });
}
