import {
  applyPatch,
  type Change,
  collectionProblem,
  idProblem,
  isSystem,
  parseFields,
  recordKey,
  tick,
  type Version,
} from '@syncline/core';
import { copyRecord } from './copy';
import { type LocalReason, type LocalRefusal, localRefusal } from './errors';
import type { Edit } from './inputs';
import { lastOwnNumber, layChange, viewPayload } from './overlay';
import type { EngineState, Space } from './state';
import type { PendingChange } from './store';
import { saveRow, touch, type Turn, write } from './turn';

/** Makes changes of edits, all or none, puts them on top of the view and into the queue. */
export function makeChanges(turn: Turn, space: Space, edits: readonly Edit[]): void {
  const { state } = turn;
  turn.refused = commandProblem(state, space, edits);
  if (turn.refused !== null) return;
  const before = { counter: space.counter, clock: state.clock };
  const made: PendingChange[] = [];
  for (const [index, edit] of edits.entries()) {
    const refused = editProblem(state, space, edit, index);
    if (refused !== null) {
      undo(turn, space, made, before);
      turn.refused = refused;
      return;
    }
    touch(turn, space, edit, 'local');
    const pending = { change: newChange(turn, space, edit), group: before.counter + 1 };
    made.push(pending);
    space.pending.set(pending.change.number, pending);
    layChange(space, pending.change);
  }
  turn.numbers = made.map(({ change }) => change.number);
  write(turn, { kind: 'put-pending', space: space.id, pending: made });
  saveRow(turn, space);
}

function undo(
  turn: Turn,
  space: Space,
  made: readonly PendingChange[],
  before: { counter: number; clock: EngineState['clock'] },
): void {
  for (const { change } of made) space.pending.delete(change.number);
  space.counter = before.counter;
  turn.state.clock = before.clock;
}

function commandProblem({ config }: EngineState, space: Space, edits: readonly Edit[]): LocalRefusal | null {
  const { editsMax, changesHeldMax } = config.limits;
  if (space.mode === 'download-only') return localRefusal('DOWNLOAD_ONLY');
  if (edits.length === 0) return localRefusal('NO_EDITS');
  if (edits.length > editsMax) return localRefusal('TOO_MANY_EDITS', null, `editsMax: ${editsMax} allowed`);
  const held = space.pending.size + space.failed.size + edits.length;
  return held > changesHeldMax
    ? localRefusal('QUEUE_FULL', null, `changesHeldMax: ${changesHeldMax} allowed`)
    : null;
}

function editProblem({ config }: EngineState, space: Space, edit: Edit, index: number): LocalRefusal | null {
  const refuse = (reason: LocalReason, detail: string | null = null) => localRefusal(reason, index, detail);
  const { collection, id } = edit;
  const { recordBytesMax } = config.limits;
  const idFault = collectionProblem(collection) ?? idProblem(id);
  if (idFault !== null) return refuse('INVALID_ID', idFault);
  if (isSystem(collection)) return refuse('COLLECTION_RESERVED');
  const present = viewPayload(space, collection, id);
  if (edit.kind === 'create' && present !== null) return refuse('RECORD_EXISTS');
  if (edit.kind !== 'create' && present === null) return refuse('RECORD_NOT_FOUND');
  if (edit.kind === 'delete') return null;
  const after = edit.kind === 'patch' ? patched(present, edit) : edit.payload;
  if (after === null) return refuse('INVALID_PATCH');
  const bytes = Math.max(after.length, edit.kind === 'patch' ? edit.patch.set.length : 0);
  return bytes > recordBytesMax
    ? refuse('RECORD_TOO_LARGE', `${bytes} bytes, ${recordBytesMax} allowed`)
    : null;
}

function patched(present: Uint8Array | null, edit: Edit & { kind: 'patch' }): Uint8Array | null {
  if (present === null || parseFields(edit.patch.set) === null || parseFields(present) === null) return null;
  return applyPatch(present, edit.patch);
}

function newChange({ state, deps }: Turn, space: Space, edit: Edit): Change {
  state.clock = tick(state.clock, deps.nowMs);
  const { collection, id, resolves = [], trace = '', critical } = edit;
  const base = {
    number: ++space.counter,
    collection,
    id,
    baseVersion: baseOf(space, edit),
    after: lastOwnNumber(space, collection, id),
    time: state.clock,
    schemaVersion: state.config.schemaVersions.get(collection) ?? 0,
    resolves,
    trace,
    ...(critical === true ? { critical } : {}),
  };
  switch (edit.kind) {
    case 'create':
    case 'update':
      return { ...base, kind: edit.kind, payload: edit.payload };
    case 'patch':
      return { ...base, kind: 'patch', patch: edit.patch };
    case 'delete':
      return { ...base, kind: 'delete' };
  }
}

/** The version that the device has seen: the one in its copy, or a later one that holds just what it sent. */
function baseOf(space: Space, { collection, id }: Edit): Version {
  let base = copyRecord(space.copy, collection, id)?.version ?? 0;
  for (const number of space.overlays.get(recordKey(collection, id))?.numbers ?? []) {
    const settled = space.settled.get(number);
    if (settled?.asSent === true) base = Math.max(base, settled.version);
  }
  return base;
}
