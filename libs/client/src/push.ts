import { payloadBytes, type Refusal } from '@syncline/core';
import { restAnswerTimer } from './link';
import { renumber } from './numbering';
import { fail } from './outcomes';
import { retryDelayMs } from './retry';
import { type Connection, type Space, uploads } from './state';
import type { PendingChange } from './store';
import {
  answerTimer,
  cancelTimer,
  pushTimer,
  saveRow,
  send,
  setTimer,
  touch,
  type Turn,
  write,
} from './turn';

/** A change's names, numbers and framing, roughly. */
const CHANGE_OVERHEAD_BYTES = 256;
/** A message is never filled to the brim, for sizes are estimates. */
const MESSAGE_SHARE = 0.8;

/** Whether this space sends its changes now, or would if it were not told to wait. */
export function maySend(connection: Connection, space: Space): boolean {
  const { link } = space;
  if (connection.status !== 'open' || connection.reauthenticating) return false;
  if (link.phase !== 'subscribed') return false;
  return uploads(space.mode) && uploads(link.mode) && space.pending.size > 0;
}

/** Sends the next batch, unless one is on its way. */
export function pushNext(turn: Turn, space: Space): void {
  const { connection, config, timers } = turn.state;
  if (!maySend(connection, space) || space.link.inFlight !== null) return;
  const timer = pushTimer(space.id);
  if (timers.has(timer) && (space.link.pushFailures > 0 || !isUrgent(space))) return;
  const waitMs = (connection.pace?.notBeforeMs ?? 0) - turn.deps.nowMs;
  if (waitMs > 0 && !isUrgent(space)) {
    setTimer(turn, timer, waitMs);
    return;
  }
  cancelTimer(turn, timer);
  const batch = nextBatch(connection, space);
  const first = batch[0]!.change.number;
  const last = batch.at(-1)!.change.number;
  if (last > space.sentUpTo) {
    space.sentUpTo = last;
    saveRow(turn, space);
  }
  if (connection.pace !== null) connection.pace.changesRemaining = null;
  space.link.inFlight = { first, last };
  send(turn, { kind: 'push', space: space.id, changes: batch.map(({ change }) => change) });
  setTimer(turn, answerTimer(space.id), config.limits.answerMsMax);
}

/** A critical change waits for no pace; what was made before it goes first, and so does not wait either. */
function isUrgent({ pending }: Space): boolean {
  for (const { change } of pending.values()) if (change.critical === true) return true;
  return false;
}

interface BatchLimits {
  readonly changesMax: number;
  readonly bytesMax: number;
}

function batchLimits({ limits, pace }: Connection, space: Space): BatchLimits {
  const allowed = [limits?.pushChangesMax, pace?.pushChangesMax, pace?.changesRemaining, space.link.batchMax];
  const bytes = [limits === null ? null : limits.messageBytesMax * MESSAGE_SHARE, pace?.pushBytesMax];
  const least = (values: readonly (number | null | undefined)[]) =>
    Math.max(1, Math.min(...values.map((value) => value ?? Infinity)));
  return { changesMax: least(allowed), bytesMax: least(bytes) };
}

/** The longest run of consecutive numbers that fits, cut where changes made together would be torn apart. */
function nextBatch(connection: Connection, space: Space): PendingChange[] {
  const { changesMax, bytesMax } = batchLimits(connection, space);
  const batch: PendingChange[] = [];
  let bytes = 0;
  let cut = 0;
  const repeats = space.pending.keys().next().value! <= space.link.serverLast;
  for (const pending of space.pending.values()) {
    const before = batch.at(-1);
    const { number } = pending.change;
    if (before !== undefined && number !== before.change.number + 1) return batch;
    // If a repeated one turns out to be unknown, those behind it must not have been decided without it.
    if (repeats && number > space.link.serverLast) return batch;
    if (before !== undefined && before.group !== pending.group) cut = batch.length;
    bytes += payloadBytes(pending.change) + CHANGE_OVERHEAD_BYTES;
    if (before !== undefined && (batch.length === changesMax || bytes > bytesMax))
      return cut > 0 ? batch.slice(0, cut) : batch;
    batch.push(pending);
  }
  return batch;
}

/** The push was not taken; it is sent again, later. */
export function holdPush(turn: Turn, space: Space, retryAfterMs: number | null): void {
  const { link } = space;
  endRefused(turn, space);
  link.pushFailures++;
  setTimer(turn, pushTimer(space.id), retryDelayMs(link.pushFailures, turn.deps.chance, retryAfterMs));
}

/** The push was too much, or one change in it is at fault: half of it goes next, until one change is left. */
export function shrinkPush(turn: Turn, space: Space, refusal: Refusal): void {
  const { inFlight } = space.link;
  endRefused(turn, space);
  if (inFlight === null) return;
  const sent = inFlight.last - inFlight.first + 1;
  const pending = space.pending.get(inFlight.first);
  if (sent > 1 || pending === undefined) {
    space.link.batchMax = Math.max(1, Math.floor(sent / 2));
    return;
  }
  touch(turn, space, pending.change, 'outcome');
  space.pending.delete(inFlight.first);
  write(turn, { kind: 'drop-pending', space: space.id, numbers: [inFlight.first] });
  fail(turn, space, pending.change, refusal);
  // A push that is refused uses up no number, so those behind it move up.
  renumber(turn, space, { first: inFlight.first, serverLast: inFlight.first - 1, without: pending.change });
}

/** The server expects another number than was sent. */
export function followGap(turn: Turn, space: Space, refusal: Refusal): void {
  const expected = Number(refusal.facts['expected']);
  const [oldest] = space.pending.keys();
  holdPush(turn, space, refusal.retryAfterMs);
  if (oldest === undefined || !Number.isSafeInteger(expected) || expected < 1) return;
  // Below the oldest nothing waits: the server no longer has what it once took. Above, it took what is sent again.
  if (expected < oldest) renumber(turn, space, { first: oldest, serverLast: expected - 1 });
  if (space.link.pushFailures === 1) cancelTimer(turn, pushTimer(space.id));
}

function endRefused(turn: Turn, space: Space): void {
  space.link.inFlight = null;
  restAnswerTimer(turn, space);
}
