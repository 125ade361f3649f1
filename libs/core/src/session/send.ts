import { entriesBytes } from '../pages';
import { type Cursor, encodeCursor } from '../cursor';
import type { ToldDigests } from '../digest';
import { type ChangeNumber, type DeviceId, type SpaceId, spaceKey, type Version } from '../ids';
import type { CheckpointMessage, DeviceMessage } from '../messages';
import { outcomeBytes } from '../outcomes';
import type { Priority } from '../pacing';
import type { Refusal } from '../refusals';
import type { SentMessage, SessionEffect } from './io';
import type { SessionState, Subscription } from './state';

const MESSAGE_BYTES = 64;

export function send(
  state: SessionState,
  message: SentMessage,
  priority: Priority = 'control',
): SessionEffect {
  const bytes = messageBytes(message);
  state.unsentBytes += bytes;
  return { do: 'send', message, priority, bytes };
}

/** A rough size: it bounds what piles up for a slow reader. */
function messageBytes(message: SentMessage): number {
  if (message.kind === 'page') return MESSAGE_BYTES + entriesBytes(message.entries);
  if (message.kind === 'encoded-page') return MESSAGE_BYTES + message.entries.roughBytes;
  if (message.kind === 'outcomes') {
    return message.outcomes.reduce((sum, outcome) => sum + outcomeBytes(outcome), MESSAGE_BYTES);
  }
  return MESSAGE_BYTES;
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
  const unwatch = Array.from(state.subscriptions.values(), ({ space, trail }): SessionEffect => ({
    do: 'unwatch',
    space,
    trail,
  }));
  state.subscriptions.clear();
  state.plansAsked.clear();
  state.early = [];
  return [...unwatch, { do: 'close' }];
}

export function checkpointMessage(
  state: SessionState,
  { space }: Subscription,
  version: Version,
  cursor: Cursor,
  clock: ReadonlyMap<DeviceId, ChangeNumber>,
  digests: ToldDigests,
): CheckpointMessage {
  return {
    kind: 'checkpoint',
    space,
    version,
    cursor: cursorBytes(state, space, cursor),
    clock,
    digests,
  };
}

export function cursorBytes(state: SessionState, space: SpaceId, cursor: Cursor): Uint8Array {
  return encodeCursor(cursor, spaceKey(state.identity!.tenant, space), state.setup.keys);
}
