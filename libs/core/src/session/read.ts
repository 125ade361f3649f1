import { checkpointCursor } from '../cursor';
import { type Delta, digestsFor, liveEntries, takesLive } from '../delta';
import { sameHash } from '../hash';
import type { SpaceId, Version } from '../ids';
import { reach } from '../moments';
import { type Announcement, isEncoded, type PageContent } from '../pages';
import { hasRoom } from '../pacing';
import { type Refusal, refusal } from '../refusals';
import { startsOver } from '../starting-over';
import type { LiveUpdate, SentMessage, SessionEffect, SessionInput } from './io';
import { readOn } from './read-on';
import { checkpointMessage, cursorBytes, send } from './send';
import type { OpenedSpace, SessionState, Subscription } from './state';
import { restart } from './subscribe';

const READ_AGAIN_MS = 1_000;
const PROGRESS_MS = 2_000;

export function pageRead(
  state: SessionState,
  sub: Subscription,
  delta: Delta<PageContent>,
  nowMs: number,
): SessionEffect[] {
  const opened = sub.opened!;
  const { page, checkpoint: reached } = delta;
  sub.reading = 'idle';
  const progressed = page.cursor.position > opened.cursor.position;
  opened.cursor = reached?.cursor ?? page.cursor;
  noteSent(sub, opened.cursor.position, nowMs);
  const effects: SessionEffect[] = [];
  // A narrow scope may pass over many records: the device hears now and then how far it has come all the same.
  const quiet = reached === null && nowMs - opened.lastSentAtMs >= PROGRESS_MS;
  if (quiet || holdsAny(page.entries)) {
    opened.lastSentAtMs = nowMs;
    effects.push(
      send(state, pageMessage(sub.space, page.entries, cursorBytes(state, sub.space, page.cursor)), 'bulk'),
    );
  }
  if (reached === null) {
    // Other spaces may have waited longer.
    sub.reading = 'waiting';
    return effects;
  }
  const { version, cursor, clock, digests } = reached;
  // From a checkpoint on, what the device holds is known.
  if (opened.reader.mayHoldMore) opened.reader = { ...opened.reader, mayHoldMore: false };
  effects.push(send(state, checkpointMessage(state, sub, version, cursor, clock, digests), 'live'));
  opened.lastMovedAtMs = nowMs;
  if (sub.announcedTo <= version) return effects;
  // A reader that lags behind the announcements is not asked without end.
  if (!progressed) sub.readAgainAtMs = nowMs + READ_AGAIN_MS;
  sub.reading = 'waiting';
  return effects;
}

function noteSent({ trail }: Subscription, version: Version, nowMs: number): void {
  if (trail !== null) reach(trail.sent, version, nowMs);
}

function holdsAny(entries: PageContent): boolean {
  return isEncoded(entries) ? entries.count > 0 : entries.length > 0;
}

function pageMessage(space: SpaceId, entries: PageContent, cursor: Uint8Array): SentMessage {
  return isEncoded(entries)
    ? { kind: 'encoded-page', space, entries, cursor }
    : { kind: 'page', space, entries, cursor };
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
  { announcement, updates }: Announced,
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
  const { scope } = opened.cursor;
  const ofLane = updates?.get(scope.a) ?? [];
  let update = ofLane.find(({ cursor }) => sameHash(cursor.scope, scope));
  if (update === undefined) {
    update = liveUpdate(state, sub, opened, { ...announcement, entries });
    updates?.set(scope.a, [...ofLane, update]);
  }
  opened.cursor = update.cursor;
  noteSent(sub, announcement.to, nowMs);
  opened.lastMovedAtMs = nowMs;
  const checkpoint = send(state, update.checkpoint, 'live');
  return update.page === null ? [checkpoint] : [send(state, update.page, 'live'), checkpoint];
}

type Announced = Extract<SessionInput, { kind: 'announced' }>;

/** The cursor's scope stands for the readable collections as well, so nothing in it depends on the session. */
function liveUpdate(
  state: SessionState,
  sub: Subscription,
  { access, cursor: { checkpoint: from, scope }, reader }: OpenedSpace,
  announcement: Announcement & { entries: NonNullable<Announcement['entries']> },
): LiveUpdate {
  const { epoch, to, clock } = announcement;
  const cursor = checkpointCursor(epoch, to, scope);
  const entries = liveEntries(reader, announcement.entries);
  const digests = digestsFor(sub.scope, access, announcement.digests);
  const page = (): LiveUpdate['page'] => ({
    kind: 'page',
    space: sub.space,
    entries,
    cursor: cursorBytes(state, sub.space, { ...cursor, checkpoint: from }),
  });
  return {
    cursor,
    page: entries.length === 0 ? null : page(),
    checkpoint: checkpointMessage(state, sub, to, cursor, clock, digests),
  };
}
