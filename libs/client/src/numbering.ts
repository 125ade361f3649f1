import type { Change, ChangeNumber, Epoch } from '@syncline/core';
import { rebuildOverlays } from './overlay';
import type { Space } from './state';
import type { PendingChange } from './store';
import { notify, saveRow, touch, type Turn, write } from './turn';

interface Renumbering {
  /** The first of the waiting changes that gets another number. */
  readonly first: ChangeNumber;
  /** What the numbers follow. */
  readonly serverLast: ChangeNumber;
  /** A change that is no longer there; what was made after it was then made after its own forerunner. */
  readonly without?: Change;
}

/**
 * Gives waiting changes new numbers. Only for changes of which the server is known to have taken none under its old
 * number: a change that it may have taken keeps number and bytes.
 */
export function renumber(turn: Turn, space: Space, renumbering: Renumbering): void {
  const { first, serverLast, without } = renumbering;
  const kept = new Map<ChangeNumber, PendingChange>();
  const moved: PendingChange[] = [];
  const numbers = new Map<ChangeNumber, ChangeNumber>();
  const became = new Map<ChangeNumber, ChangeNumber>();
  if (without !== undefined) became.set(without.number, without.after);
  let next = serverLast;
  for (const [from, pending] of space.pending) {
    if (from < first) {
      kept.set(from, pending);
      continue;
    }
    const { change } = pending;
    touch(turn, space, change, 'outcome');
    const to = ++next;
    const after = change.after < first ? change.after : (became.get(change.after) ?? 0);
    const renewed = { ...pending, change: { ...change, number: to, after } };
    kept.set(to, renewed);
    moved.push(renewed);
    numbers.set(from, to);
    became.set(from, to);
  }
  space.pending = kept;
  space.counter = next;
  // What has a new number was never sent under it.
  space.sentUpTo = Math.min(space.sentUpTo, serverLast);
  space.coveredUpTo = Math.min(space.coveredUpTo, serverLast);
  space.link.sentBefore = Math.min(space.link.sentBefore, serverLast);
  rebuildOverlays(space);
  write(turn, { kind: 'drop-pending', space: space.id, numbers: [...numbers.keys()] });
  write(turn, { kind: 'put-pending', space: space.id, pending: moved });
  saveRow(turn, space);
  const changed = [...numbers].filter(([from, to]) => from !== to).map(([from, to]) => ({ from, to }));
  if (changed.length > 0) notify(turn, { kind: 'renumbered', space: space.id, numbers: changed });
}

/** Takes in what the server last took from this device, and under which epoch. */
export function meetServerCount(turn: Turn, space: Space, epoch: Epoch, lastNumber: ChangeNumber): void {
  if (space.epoch !== null && space.epoch !== epoch) enterEpoch(turn, space, lastNumber);
  // A device that was set back to a backup of itself: its numbers begin above what the server has. The changes that
  // wait are sent as they are first, for the server may remember them.
  if (space.counter < lastNumber) space.counter = lastNumber;
  space.epoch = epoch;
  saveRow(turn, space);
}

/**
 * The server was restored from a backup. Settled changes that it no longer has wait again. Changes up to its last
 * number keep their numbers, for it may have taken just these; all others follow after it.
 */
function enterEpoch(turn: Turn, space: Space, lastNumber: ChangeNumber): void {
  const lost = [...space.settled.values()].filter(({ change }) => change.number > lastNumber);
  for (const { change } of lost) space.settled.delete(change.number);
  write(turn, { kind: 'drop-settled', space: space.id, numbers: lost.map(({ change }) => change.number) });
  const again = lost.map(({ change }): PendingChange => ({ change, group: change.number }));
  space.pending = new Map([
    ...again.map((pending) => [pending.change.number, pending] as const),
    ...space.pending,
  ]);
  renumber(turn, space, { first: lastNumber + 1, serverLast: lastNumber });
}
