import { checkpointCursor } from '../cursor';
import { type Delta, digestsFor, liveEntries, takesLive } from '../delta';
import type { Announcement } from '../pages';
import { hasRoom } from '../pacing';
import { type Refusal, refusal } from '../refusals';
import { startsOver } from '../starting-over';
import type { SessionEffect } from './io';
import { readOn } from './read-on';
import { checkpoint, cursorBytes, send } from './send';
import type { OpenedSpace, SessionState, Subscription } from './state';
import { restart } from './subscribe';

const READ_AGAIN_MS = 1_000;
const PROGRESS_MS = 2_000;

export function pageRead(
  state: SessionState,
  sub: Subscription,
  delta: Delta,
  nowMs: number,
): SessionEffect[] {
  const opened = sub.opened!;
  const { page, checkpoint: reached } = delta;
  sub.reading = 'idle';
  const progressed = page.cursor.position > opened.cursor.position;
  opened.cursor = reached?.cursor ?? page.cursor;
  const effects: SessionEffect[] = [];
  // A narrow scope may pass over many records: the device hears now and then how far it has come all the same.
  const quiet = reached === null && nowMs - opened.lastSentAtMs >= PROGRESS_MS;
  if (page.entries.length > 0 || quiet) {
    const cursor = cursorBytes(state, sub.space, page.cursor);
    opened.lastSentAtMs = nowMs;
    effects.push(send(state, { kind: 'page', space: sub.space, entries: page.entries, cursor }, 'bulk'));
  }
  if (reached === null) {
    // Other spaces may have waited longer.
    sub.reading = 'waiting';
    return effects;
  }
  const { version, cursor, clock, digests } = reached;
  // From a checkpoint on, what the device holds is known.
  if (opened.reader.mayHoldMore) opened.reader = { ...opened.reader, mayHoldMore: false };
  effects.push(checkpoint(state, sub, version, cursor, clock, digests));
  opened.lastMovedAtMs = nowMs;
  if (sub.announcedTo <= version) return effects;
  // A reader that lags behind the announcements is not asked without end.
  if (!progressed) sub.readAgainAtMs = nowMs + READ_AGAIN_MS;
  sub.reading = 'waiting';
  return effects;
}

export function pageNotRead(
  state: SessionState,
  sub: Subscription,
  why: Refusal,
  nowMs: number,
): SessionEffect[] {
  if (startsOver(why.reason)) return restart(state, sub, why);
  sub.reading = 'waiting';
  sub.readAgainAtMs = nowMs + (why.retryAfterMs ?? READ_AGAIN_MS);
  return [];
}

/**
 * Whoever stands just where the announcement begins is sent its entries as they came. Any other one,
 * or one that cannot take more for now, reads what it lacks.
 */
export function announced(
  state: SessionState,
  sub: Subscription,
  announcement: Announcement,
  nowMs: number,
): SessionEffect[] {
  const { opened } = sub;
  if (opened !== null && announcement.epoch > opened.epoch)
    return restart(state, sub, refusal('EPOCH_CHANGED'));
  // From before a restore, and late.
  if (opened !== null && announcement.epoch < opened.epoch) return [];
  sub.announcedTo = Math.max(sub.announcedTo, announcement.to);
  if (opened === null || sub.mode === 'upload-only') return [];
  if (announcement.to <= opened.cursor.position || sub.reading !== 'idle') return [];
  const { entries } = announcement;
  const follows =
    announcement.from === opened.cursor.checkpoint && opened.cursor.checkpoint === opened.cursor.position;
  const room = hasRoom('live', state.unsentBytes, state.setup.limits.sendWindowBytesMax);
  if (!follows || entries === null || !room || !takesLive(opened.reader, entries))
    return readOn(state, sub, nowMs);
  return liveUpdate(state, sub, opened, { ...announcement, entries }, nowMs);
}

function liveUpdate(
  state: SessionState,
  sub: Subscription,
  opened: OpenedSpace,
  announcement: Announcement & { entries: NonNullable<Announcement['entries']> },
  nowMs: number,
): SessionEffect[] {
  const { epoch, to, clock } = announcement;
  const cursor = checkpointCursor(epoch, to, opened.cursor.scope);
  const pageCursor = { ...cursor, checkpoint: opened.cursor.checkpoint };
  const entries = liveEntries(opened.reader, announcement.entries);
  opened.cursor = cursor;
  opened.lastMovedAtMs = nowMs;
  const effects: SessionEffect[] = [];
  if (entries.length > 0) {
    const page = {
      kind: 'page',
      space: sub.space,
      entries,
      cursor: cursorBytes(state, sub.space, pageCursor),
    } as const;
    effects.push(send(state, page, 'live'));
  }
  const digests = digestsFor(sub.scope, opened.access, announcement.digests);
  effects.push(checkpoint(state, sub, to, cursor, clock, digests));
  return effects;
}
