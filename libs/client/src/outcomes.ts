import {
  type Change,
  type Outcome,
  type OutcomesMessage,
  type RecordImage,
  recordKey,
  type Version,
} from '@syncline/core';
import { changedContent } from './content';
import { copyRecord, editCopy } from './copy';
import { restAnswerTimer } from './link';
import { renumber } from './numbering';
import type { Space } from './state';
import type { FailedChange, PendingChange, SettledChange } from './store';
import { notify, saveRow, touch, type Turn, write } from './turn';

/** Takes in the server's answers. An answer that came before changes nothing. */
export function takeOutcomes(turn: Turn, space: Space, { outcomes }: OutcomesMessage): { conflicts: number } {
  const { link } = space;
  turn.state.connection.failures = 0;
  let conflicts = 0;
  for (const outcome of outcomes) {
    const pending = space.pending.get(outcome.number);
    link.serverLast = Math.max(link.serverLast, outcome.number);
    if (pending === undefined || outcome.number > space.sentUpTo) continue;
    if (isOfAnother(space, outcome)) {
      link.reused = true;
      continue;
    }
    if (outcome.conflict !== null) conflicts++;
    answer(turn, space, pending, outcome);
  }
  endFlight(turn, space, outcomes);
  return { conflicts };
}

/**
 * The number belongs to another change, made before this device was set back to a backup. A server that no longer
 * remembers its answer cannot tell; then a change that was never sent before counts as one that it does not know.
 */
function isOfAnother(space: Space, outcome: Outcome): boolean {
  if (outcome.status === 'REJECTED' && outcome.reason === 'CHANGE_NUMBER_REUSED') return true;
  return isForgotten(outcome) && outcome.number > space.link.sentBefore;
}

function isForgotten({ status, version, repeated }: Outcome): boolean {
  return repeated && status === 'APPLIED' && version === 0;
}

function endFlight(turn: Turn, space: Space, outcomes: readonly Outcome[]): void {
  const { link } = space;
  const { inFlight } = link;
  if (inFlight === null || !outcomes.some(({ number }) => number === inFlight.last)) return;
  link.inFlight = null;
  link.pushFailures = 0;
  // Grows again step by step, for what was too much is likely still among those that wait.
  if (link.batchMax !== null) link.batchMax *= 2;
  restAnswerTimer(turn, space);
  if (!link.reused) return;
  link.reused = false;
  const [first] = space.pending.keys();
  if (first !== undefined) renumber(turn, space, { first, serverLast: link.serverLast });
}

function answer(turn: Turn, space: Space, pending: PendingChange, outcome: Outcome): void {
  const { change } = pending;
  const { status, conflict, record, aheadMs } = outcome;
  touch(turn, space, change, 'outcome');
  space.pending.delete(change.number);
  write(turn, { kind: 'drop-pending', space: space.id, numbers: [change.number] });
  const version = outcome.version > 0 ? outcome.version : space.link.head;
  notify(turn, { kind: 'answered', space: space.id, change, status, version: outcome.version, aheadMs });
  switch (status) {
    case 'APPLIED':
    case 'MERGED':
      settle(turn, space, pending, outcome, version);
      break;
    case 'LOST':
    case 'HELD':
      if (space.mode === 'upload-only' && status === 'LOST') fold(turn, space, change, record);
      break;
    case 'REJECTED':
      passOver(turn, space, change);
      fail(turn, space, change, outcome);
      return;
  }
  if (conflict !== null || status === 'LOST' || status === 'HELD')
    notify(turn, { kind: 'conflict', space: space.id, change, status, conflict, record });
}

/** Taken: it stays on top of the copy until a checkpoint shows it. */
function settle(
  turn: Turn,
  space: Space,
  { change, shown }: PendingChange,
  outcome: Outcome,
  version: Version,
): void {
  const asSent = outcome.status === 'APPLIED' && outcome.version > 0;
  if (asSent) rebase(turn, space, change, version);
  if (space.mode === 'upload-only') {
    fold(turn, space, change, outcome.record ?? ownImage(turn, space, change, version));
    return;
  }
  if (version <= space.version) return;
  const settled: SettledChange = { change, version, asSent, ...(shown === undefined ? {} : { shown }) };
  space.settled.set(change.number, settled);
  write(turn, { kind: 'put-settled', space: space.id, settled: [settled] });
}

/** Changes behind it, if they were never sent, were made on what now has a version. */
function rebase(turn: Turn, space: Space, { collection, id }: Change, version: Version): void {
  const numbers = space.overlays.get(recordKey(collection, id))?.numbers ?? [];
  const rebased: PendingChange[] = [];
  for (const number of numbers) {
    const pending = space.pending.get(number);
    if (pending === undefined || number <= space.sentUpTo || pending.change.baseVersion >= version) continue;
    const renewed = { ...pending, change: { ...pending.change, baseVersion: version } };
    space.pending.set(number, renewed);
    rebased.push(renewed);
  }
  if (rebased.length > 0) write(turn, { kind: 'put-pending', space: space.id, pending: rebased });
}

/** Changes behind one that failed, if they were never sent, come after what that one came after. */
function passOver(turn: Turn, space: Space, { collection, id, number: failed, after }: Change): void {
  const numbers = space.overlays.get(recordKey(collection, id))?.numbers ?? [];
  const freed: PendingChange[] = [];
  for (const number of numbers) {
    const pending = space.pending.get(number);
    if (pending === undefined || number <= space.sentUpTo || pending.change.after !== failed) continue;
    const renewed = { ...pending, change: { ...pending.change, after } };
    space.pending.set(number, renewed);
    freed.push(renewed);
  }
  if (freed.length > 0) write(turn, { kind: 'put-pending', space: space.id, pending: freed });
}

/**
 * Where nothing is downloaded, the answers alone keep the copy. From then on it belongs to no checkpoint: whoever
 * downloads again begins anew.
 */
export function fold(turn: Turn, space: Space, { collection, id }: Change, record: RecordImage | null): void {
  const editor = editCopy(space.copy);
  if (record !== null) editor.put(record);
  else editor.remove(collection, id);
  editor.finish();
  const records = record === null ? [] : [record];
  write(turn, { kind: 'copy', space: space.id, records, gone: record === null ? [{ collection, id }] : [] });
  if (space.staging !== null) write(turn, { kind: 'unstage', space: space.id });
  space.staging = null;
  space.cursor = null;
  saveRow(turn, space);
}

/** The record as the device's own change leaves it; null where it deletes it. */
export function ownImage(turn: Turn, space: Space, change: Change, version: Version): RecordImage | null {
  const { collection, id, time, number, schemaVersion } = change;
  const { owner: user, config } = turn.state;
  const { device } = config;
  const before = copyRecord(space.copy, collection, id);
  const content = changedContent(before, change, space.dataTypes);
  if (content === undefined) return before;
  if (content === null) return null;
  return {
    collection,
    id,
    version,
    ...content,
    time,
    device,
    number,
    user,
    schemaVersion,
    resurrected: false,
  };
}

/** Not possible: it is kept aside, and those behind it go on. */
export function fail(
  turn: Turn,
  space: Space,
  change: Change,
  { reason, message, violations }: Pick<Outcome, 'reason' | 'message' | 'violations'>,
): void {
  const id = ++space.failedCounter;
  const told = { reason, message, ...(violations && { violations }) };
  const failed: FailedChange = { id, change, ...told, failedAtMs: turn.deps.nowMs };
  space.failed.set(id, failed);
  write(turn, { kind: 'put-failed', space: space.id, failed });
  saveRow(turn, space);
  notify(turn, { kind: 'change-failed', space: space.id, failed });
}
