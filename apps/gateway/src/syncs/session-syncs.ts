import type { SentMessage, SessionEffect, SpaceId } from '@syncline/core';
import { traceContextOf } from '@syncline/telemetry';
import { type DeviceSession, keyOf } from '../session/device-session';
import { type DeviceSync, deviceSync } from './device-sync';
import type { SyncGathering } from './sync-gathering';

/** A device was sent something. This is on the way of every page. */
export function noteSent(
  syncs: SyncGathering,
  session: DeviceSession,
  message: SentMessage,
  bytes: number,
): void {
  switch (message.kind) {
    case 'encoded-page':
      return receive(syncs, session, message.space, message.entries.count, bytes);
    case 'page':
      return receive(syncs, session, message.space, message.entries.length, bytes);
    case 'checkpoint': {
      receive(syncs, session, message.space, 0, bytes);
      const sync = session.syncs.get(message.space);
      if (sync !== undefined) sync.version = message.version;
      return;
    }
    case 'outcomes': {
      receive(syncs, session, message.space, 0, bytes);
      const sync = session.syncs.get(message.space);
      if (sync === undefined) return;
      sync.pushed += message.outcomes.length;
      for (const { conflict } of message.outcomes) if (conflict !== null) sync.conflicts++;
      return;
    }
    case 'subscribed':
      return begin(syncs, session, message.space);
    case 'reset': {
      const sync = session.syncs.get(message.space);
      if (sync !== undefined) sync.reset = true;
      return;
    }
    case 'refusal': {
      const sync = message.space === null ? undefined : session.syncs.get(message.space);
      if (sync === undefined) return;
      syncs.touch(sync);
      sync.reason = message.refusal.reason;
      return;
    }
    case 'welcome':
    case 'authenticated':
    case 'pace':
    case 'plan':
    case 'presence':
    case 'notice':
      // Of the session, or of what the device only asks about.
      return;
  }
}

function receive(
  syncs: SyncGathering,
  session: DeviceSession,
  space: SpaceId,
  count: number,
  bytes: number,
): void {
  const sync = session.syncs.get(space);
  if (sync === undefined) return;
  syncs.touch(sync);
  sync.received += count;
  sync.receivedBytes += bytes;
}

/** A device is told where a space stands before it is sent anything of it. */
function begin(syncs: SyncGathering, session: DeviceSession, space: SpaceId): void {
  const { state, identity } = session;
  const subscription = state.subscriptions.get(space);
  if (subscription === undefined || identity === null) return;
  const known = session.syncs.get(space);
  if (known !== undefined) syncs.end(known);
  const party = {
    space: keyOf(session, space),
    device: state.hello!.device,
    user: identity.user,
    mode: subscription.mode,
    traceId: traceContextOf(session.traceparent)?.traceId ?? '',
  };
  const sync = deviceSync(party, subscription.opened?.cursor.checkpoint ?? 0);
  session.syncs.set(space, sync);
  syncs.touch(sync);
}

export function notePushed(
  syncs: SyncGathering,
  session: DeviceSession,
  { space, changes }: Extract<SessionEffect, { do: 'push' }>,
): void {
  const sync = session.syncs.get(space);
  if (sync === undefined) return;
  syncs.touch(sync);
  sync.sentBytes += session.receivedPushes.get(changes)?.bytes ?? 0;
}

/** The device left the space, or was sent away. */
export function noteLeft(syncs: SyncGathering, session: DeviceSession, space: SpaceId): void {
  const sync: DeviceSync | undefined = session.syncs.get(space);
  if (sync === undefined) return;
  session.syncs.delete(space);
  sync.reason ??= session.lastRefusal?.reason ?? null;
  syncs.end(sync);
}
