import { entriesBytes, type PushResult, type SpaceKey } from '@syncline/core';
import type { PulledSpace, SpaceCaller } from '@syncline/flows';
import { traceContextOf } from '@syncline/telemetry';
import type { CallContext } from '../unary/methods';
import type { DeviceSync } from './device-sync';
import type { SyncGathering } from './sync-gathering';

/** A device without a session was answered. Bytes are those of contents, as calls can come in several encodings. */
export function notePulled(
  syncs: SyncGathering,
  space: SpaceKey,
  caller: SpaceCaller,
  { opening, pages, checkpoint }: PulledSpace,
  context: CallContext,
): void {
  const sync = syncOf(syncs, space, caller, context, opening.cursor.checkpoint);
  if (sync === null) return;
  for (const { entries } of pages) {
    sync.received += entries.length;
    sync.receivedBytes += entriesBytes(entries);
  }
  if (opening.reset !== null) sync.reset = true;
  if (checkpoint !== null) sync.version = checkpoint.version;
}

export function notePushed(
  syncs: SyncGathering,
  space: SpaceKey,
  caller: SpaceCaller,
  { bytes, result }: { readonly bytes: number; readonly result: PushResult },
  context: CallContext,
): void {
  const sync = syncOf(syncs, space, caller, context, null);
  if (sync === null) return;
  sync.sentBytes += bytes;
  if (result.kind === 'refused') sync.reason = result.refusal.reason;
  else {
    sync.pushed += result.outcomes.length;
    for (const { conflict } of result.outcomes) if (conflict !== null) sync.conflicts++;
  }
}

/** A push does not say where the device stands. */
function syncOf(
  syncs: SyncGathering,
  space: SpaceKey,
  { device, identity: { user } }: SpaceCaller,
  context: CallContext,
  version: number | null,
): DeviceSync | null {
  const traceId = traceContextOf(context.trace)?.traceId ?? '';
  const sync = syncs.ofCaller({ space, device, user, mode: null, traceId }, version ?? 0);
  if (sync === null) return null;
  if (version !== null && sync.version === 0) sync.version = version;
  syncs.touch(sync);
  if (version !== null && sync.fromVersion === 0) sync.fromVersion = version;
  return sync;
}
