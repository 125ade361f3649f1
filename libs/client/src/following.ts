import { recordKey, type Scope, type SpaceId, type SyncMode, WHOLE_SPACE } from '@syncline/core';
import type { DataTypes } from './content';
import { copyOf } from './copy';
import { localRefusal } from './errors';
import { fold, ownImage } from './outcomes';
import { rebuildOverlays } from './overlay';
import { newLink, newSpace, type Space } from './state';
import { type SpaceSnapshot, stagedRef } from './store';
import { subscribe, unsubscribe } from './subscription';
import { cancelTimer, restartTimer, saveRow, touch, type Turn, write } from './turn';

export function follow(turn: Turn, id: SpaceId, scope: Scope | undefined, mode: SyncMode | undefined): void {
  const { spaces, config } = turn.state;
  const known = spaces.get(id);
  if (known === undefined) {
    if (spaces.size >= config.limits.spacesMax) {
      turn.refused = localRefusal('TOO_MANY_SPACES', null, `spacesMax: ${config.limits.spacesMax} allowed`);
      return;
    }
    const space = newSpace(id, scope ?? WHOLE_SPACE, mode ?? 'bidirectional', config.dataTypes);
    spaces.set(id, space);
    saveRow(turn, space);
    subscribe(turn, space);
    return;
  }
  const newScope = scope !== undefined && !sameScope(scope, known.scope);
  const newMode = mode !== undefined && mode !== known.mode;
  if (newScope) useScope(turn, known, scope);
  if (newMode) useMode(turn, known, mode);
  if (newScope || newMode) reopen(turn, known);
}

function sameScope(left: Scope, right: Scope): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

/** Another part of the space is another copy; the old one stays visible until the new one is there. */
function useScope(turn: Turn, space: Space, scope: Scope): void {
  space.scope = scope;
  if (space.staging !== null) write(turn, { kind: 'unstage', space: space.id });
  space.staging = null;
  space.cursor = null;
  saveRow(turn, space);
}

function useMode(turn: Turn, space: Space, mode: SyncMode): void {
  space.mode = mode;
  if (mode === 'upload-only') foldSettled(turn, space);
  saveRow(turn, space);
}

/** No checkpoint will come to show what is settled, so the copy takes it over now. */
function foldSettled(turn: Turn, space: Space): void {
  const numbers = [...space.settled.keys()];
  for (const { change, version } of [...space.settled.values()]) {
    touch(turn, space, change, 'local');
    space.settled.delete(change.number);
    fold(turn, space, change, ownImage(turn, space, change, version));
  }
  if (numbers.length > 0) write(turn, { kind: 'drop-settled', space: space.id, numbers });
}

/** On other terms: a subscription that was stopped for the old ones may go on under the new ones. */
function reopen(turn: Turn, space: Space): void {
  cancelTimer(turn, restartTimer(space.id));
  if (space.link.phase === 'stopped') space.link = newLink(space.mode);
  if (turn.state.connection.status === 'open') subscribe(turn, space);
  else space.link = { ...newLink(space.mode), wanted: space.link.wanted };
}

export function unfollow(turn: Turn, space: Space, force: boolean): void {
  if (!force && space.pending.size > 0) {
    turn.refused = localRefusal('CHANGES_PENDING');
    return;
  }
  unsubscribe(turn, space);
  turn.state.spaces.delete(space.id);
  write(turn, { kind: 'forget-space', space: space.id });
}

/** A space as it was stored; what was in flight is found out again. */
export function restoreSpace(stored: SpaceSnapshot, dataTypes: DataTypes): Space {
  const { row, records, staged, pending, settled, failed, vector } = stored;
  const space: Space = {
    ...newSpace(row.space, row.scope, row.mode, dataTypes),
    copy: copyOf(records),
    version: row.version,
    cursor: row.cursor,
    epoch: row.epoch,
    counter: row.counter,
    sentUpTo: row.sentUpTo,
    coveredUpTo: row.coveredUpTo,
    failedCounter: row.failedCounter,
    pending: new Map(pending.map((entry) => [entry.change.number, entry])),
    settled: new Map(settled.map((entry) => [entry.change.number, entry])),
    failed: new Map(failed.map((entry) => [entry.id, entry])),
    vector: new Map(vector),
  };
  if (row.staging !== null) {
    const entries = new Map(
      staged.map((entry) => {
        const { collection, id } = stagedRef(entry);
        return [recordKey(collection, id), entry] as const;
      }),
    );
    space.staging = { ...row.staging, entries };
  }
  rebuildOverlays(space);
  return space;
}

export function syncSpace(turn: Turn, space: Space): void {
  const { connection } = turn.state;
  cancelTimer(turn, restartTimer(space.id));
  if (space.link.phase === 'stopped') space.link = newLink(space.mode);
  if (connection.status !== 'open') space.link.wanted = true;
  else subscribe(turn, space);
}
