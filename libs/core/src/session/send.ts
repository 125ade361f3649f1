import { entryBytes } from '../pages';
import { type Cursor, encodeCursor } from '../cursor';
import type { Digests } from '../digest';
import { type ChangeNumber, type DeviceId, type SpaceId, spaceKey, type Version } from '../ids';
import type { DeviceMessage, ServerMessage } from '../messages';
import type { Outcome } from '../outcomes';
import type { Priority } from '../pacing';
import type { Refusal } from '../refusals';
import type { SessionEffect } from './io';
import type { SessionState, Subscription } from './state';

const MESSAGE_BYTES = 64;

export function send(
  state: SessionState,
  message: ServerMessage,
  priority: Priority = 'control',
): SessionEffect {
  const bytes = messageBytes(message);
  state.unsentBytes += bytes;
  return { do: 'send', message, priority, bytes };
}

/** A rough size: it bounds what piles up for a slow reader. */
function messageBytes(message: ServerMessage): number {
  if (message.kind === 'page')
    return message.entries.reduce((sum, entry) => sum + entryBytes(entry), MESSAGE_BYTES);
  if (message.kind === 'outcomes') {
    return message.outcomes.reduce((sum, outcome) => sum + outcomeBytes(outcome), MESSAGE_BYTES);
  }
  return MESSAGE_BYTES;
}

export function outcomeBytes({ record }: Outcome): number {
  return MESSAGE_BYTES + (record?.payload.length ?? 0);
}

export function refuse(
  state: SessionState,
  refusal: Refusal,
  about: DeviceMessage['kind'] | null,
  space: SpaceId | null = null,
): SessionEffect[] {
  return [send(state, { kind: 'refusal', space, about, refusal, closing: false })];
}

export function closeWith(
  state: SessionState,
  refusal: Refusal,
  about: DeviceMessage['kind'] | null = null,
): SessionEffect[] {
  const last = send(state, { kind: 'refusal', space: null, about, refusal, closing: true });
  return [last, ...leave(state)];
}

/** Lets go of everything; what was asked for and comes later finds the session closed. */
export function leave(state: SessionState): SessionEffect[] {
  if (state.phase === 'closed') return [];
  state.phase = 'closed';
  const unwatch = [...state.subscriptions.keys()].map((space): SessionEffect => ({ do: 'unwatch', space }));
  state.subscriptions.clear();
  state.plansAsked.clear();
  state.early = [];
  return [...unwatch, { do: 'close' }];
}

export function checkpoint(
  state: SessionState,
  sub: Subscription,
  version: Version,
  cursor: Cursor,
  clock: ReadonlyMap<DeviceId, ChangeNumber>,
  digests: Digests,
): SessionEffect {
  const bytes = cursorBytes(state, sub.space, cursor);
  return send(
    state,
    { kind: 'checkpoint', space: sub.space, version, cursor: bytes, clock, digests },
    'live',
  );
}

export function cursorBytes(state: SessionState, space: SpaceId, cursor: Cursor): Uint8Array {
  return encodeCursor(cursor, spaceKey(state.identity!.tenant, space), state.setup.keys);
}
