import {
  applyPatch,
  type Change,
  collectionProblem,
  contentBytes,
  idProblem,
  isSystem,
  parseFields,
  recordKey,
  tick,
  type Version,
} from '@syncline/core';
import { changedContent, isPinned, operated } from './content';
import { copyRecord } from './copy';
import { type LocalReason, type LocalRefusal, localRefusal } from './errors';
import type { Edit } from './inputs';
import { changeUnder, lastOwnNumber, layChange, viewContent } from './overlay';
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
    const change = newChange(turn, space, edit);
    const pending = { change, group: before.counter + 1, ...shownWith(space, change) };
    made.push(pending);
    space.pending.set(pending.change.number, pending);
    layChange(space, pending);
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
  const present = viewContent(space, collection, id);
  if (edit.kind === 'create' && present !== null) return refuse('RECORD_EXISTS');
  if (edit.kind === 'operations') return operationsProblem(space, edit, recordBytesMax, refuse);
  if (edit.kind !== 'create' && present === null) return refuse('RECORD_NOT_FOUND');
  if (edit.kind === 'delete') return null;
  const after = edit.kind === 'patch' ? patched(present?.payload ?? null, edit) : edit.payload;
  if (after === null) return refuse('INVALID_PATCH');
  const bytes = Math.max(after.length, edit.kind === 'patch' ? edit.patch.set.length : 0);
  return bytes > recordBytesMax
    ? refuse('RECORD_TOO_LARGE', `${bytes} bytes, ${recordBytesMax} allowed`)
    : null;
}

function operationsProblem(
  space: Space,
  edit: Edit & { kind: 'operations' },
  bytesMax: number,
  refuse: (reason: LocalReason, detail?: string) => LocalRefusal,
): LocalRefusal | null {
  const { collection, id, type, operations } = edit;
  const { dataTypes } = space;
  if (!dataTypes.engines.has(type) && !dataTypes.types.has(type)) return refuse('UNKNOWN_DATA_TYPE', type);
  const present = viewContent(space, collection, id);
  if (present === null && dataTypes.types.has(type)) return refuse('RECORD_NOT_FOUND');
  const after = operated(present, type, [operations], dataTypes);
  if (after === null) return refuse('INVALID_OPERATIONS');
  const bytes = Math.max(contentBytes(after), operations.length);
  return bytes > bytesMax ? refuse('RECORD_TOO_LARGE', `${bytes} bytes, ${bytesMax} allowed`) : null;
}

/** Operations that fit only what they were made on are shown with that until the server has answered. */
function shownWith(space: Space, change: Change): { readonly shown?: Uint8Array } {
  if (!isPinned(change, space.dataTypes)) return {};
  const content = changedContent(viewContent(space, change.collection, change.id), change, space.dataTypes);
  return content === null || content === undefined ? {} : { shown: content.payload };
}

function patched(present: Uint8Array | null, edit: Edit & { kind: 'patch' }): Uint8Array | null {
  if (present === null || parseFields(edit.patch.set) === null || parseFields(present) === null) return null;
  return applyPatch(present, edit.patch);
}

function newChange({ state, deps }: Turn, space: Space, edit: Edit): Change {
  state.clock = tick(state.clock, deps.nowMs);
  const { collection, id, resolves = [], trace = '', critical, seen = [] } = edit;
  const reliesOn = { seen, dependencies: new Map<never, never>(), artifacts: [] };
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
    ...(seen.length > 0 ? { reliesOn } : {}),
  };
  switch (edit.kind) {
    case 'create':
    case 'update':
      return { ...base, kind: edit.kind, payload: edit.payload };
    case 'patch':
      return { ...base, kind: 'patch', patch: edit.patch };
    case 'operations':
      return { ...base, kind: 'operations', type: edit.type, operations: edit.operations };
    case 'delete':
      return { ...base, kind: 'delete' };
  }
}

/** The version that the device has seen: the one in its copy, or a later one that holds just what it sent. */
function baseOf(space: Space, edit: Edit): Version {
  const { collection, id } = edit;
  let base = copyRecord(space.copy, collection, id)?.version ?? 0;
  const pinned = pinnedBase(space, edit);
  if (pinned !== null) return pinned;
  for (const number of space.overlays.get(recordKey(collection, id))?.numbers ?? []) {
    const settled = space.settled.get(number);
    if (settled?.asSent === true) base = Math.max(base, settled.version);
  }
  return base;
}

/**
 * What is made on top of such operations is made on what they were made on, however far the copy has moved on: that is
 * what the device shows. Null where there are none, or where the server took them as they were sent.
 */
function pinnedBase(space: Space, { collection, id }: Edit): Version | null {
  const last = lastOwnNumber(space, collection, id);
  const change = last === 0 ? null : changeUnder(space, last);
  if (change === null || !isPinned(change, space.dataTypes) || space.settled.get(last)?.asSent === true)
    return null;
  return change.baseVersion;
}
