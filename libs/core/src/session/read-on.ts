import { hasRoom } from '../pacing';
import type { SessionEffect } from './io';
import type { SessionState, Subscription } from './state';

/** Asks for the next page, as soon as the send window has room for bulk. */
export function readOn(state: SessionState, sub: Subscription, nowMs: number): SessionEffect[] {
  const { opened } = sub;
  if (opened === null || sub.reading === 'asked') return [];
  sub.reading = 'waiting';
  if (nowMs < sub.readAgainAtMs) return [];
  if (!hasRoom('bulk', state.unsentBytes, state.setup.limits.sendWindowBytesMax)) return [];
  sub.reading = 'asked';
  return [{ do: 'read', space: sub.space, ticket: sub.ticket, reader: opened.reader, cursor: opened.cursor }];
}

/** What was held back for lack of room or after a failure. */
export function readWaiting(state: SessionState, nowMs: number): SessionEffect[] {
  const waiting = [...state.subscriptions.values()].filter(({ reading }) => reading === 'waiting');
  return waiting.flatMap((sub) => readOn(state, sub, nowMs));
}
