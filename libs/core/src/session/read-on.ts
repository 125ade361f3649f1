import { hasRoom } from '../pacing';
import type { SessionEffect } from './io';
import type { SessionState, Subscription } from './state';

/** Asks for the next page, as soon as the send window has room for bulk and for what has been asked for already. */
export function readOn(state: SessionState, sub: Subscription, nowMs: number): SessionEffect[] {
  const { opened } = sub;
  if (opened === null || sub.reading === 'asked') return [];
  sub.reading = 'waiting';
  if (nowMs < sub.readAgainAtMs) return [];
  const { sendWindowBytesMax, pageBytesMax } = state.setup.limits;
  const coming = [...state.subscriptions.values()].filter(({ reading }) => reading === 'asked').length;
  if (!hasRoom('bulk', state.unsentBytes + coming * pageBytesMax, sendWindowBytesMax)) return [];
  sub.reading = 'asked';
  sub.turn = ++state.lastTurn;
  const { reader, cursor, head } = opened;
  const knownHead = Math.max(head, cursor.position, sub.announcedTo);
  return [{ do: 'read', space: sub.space, ticket: sub.ticket, reader, cursor, knownHead }];
}

/** What was held back for lack of room or after a failure; who has waited longest comes first. */
export function readWaiting(state: SessionState, nowMs: number): SessionEffect[] {
  // Asked for after everything that leaves for a device, and there is hardly ever anyone who waits.
  if (!isAnyoneWaiting(state)) return [];
  const waiting = [...state.subscriptions.values()].filter(({ reading }) => reading === 'waiting');
  waiting.sort((left, right) => left.turn - right.turn);
  return waiting.flatMap((sub) => readOn(state, sub, nowMs));
}

function isAnyoneWaiting({ subscriptions }: SessionState): boolean {
  for (const { reading } of subscriptions.values()) if (reading === 'waiting') return true;
  return false;
}
