import type { DeviceId, Reason, SpaceKey, SyncMode, UserId, Version } from '@syncline/core';
import type { SyncEntry } from '@syncline/ports';

/** What is gathered of one device in one space, as it happens: a live page adds to a few numbers here, and that is all. */
export interface DeviceSync {
  readonly space: SpaceKey;
  readonly device: DeviceId;
  readonly user: UserId;
  readonly mode: SyncMode | null;
  readonly traceId: string;
  /** Null while nothing goes either way. */
  startedAtMs: number | null;
  lastAtMs: number;
  fromVersion: Version;
  /** Where the device stands. */
  version: Version;
  pushed: number;
  received: number;
  sentBytes: number;
  receivedBytes: number;
  conflicts: number;
  reason: Reason | null;
  reset: boolean;
}

export type SyncParty = Pick<DeviceSync, 'space' | 'device' | 'user' | 'mode' | 'traceId'>;

export function deviceSync(party: SyncParty, version: Version): DeviceSync {
  return {
    ...party,
    startedAtMs: null,
    lastAtMs: 0,
    fromVersion: version,
    version,
    pushed: 0,
    received: 0,
    sentBytes: 0,
    receivedBytes: 0,
    conflicts: 0,
    reason: null,
    reset: false,
  };
}

/** The sync that is over, and a clean slate for the next one. Null where nothing went and nothing was wrong. */
export function taken(sync: DeviceSync): SyncEntry | null {
  const { startedAtMs, pushed, received, reason, reset } = sync;
  const entry: SyncEntry | null =
    startedAtMs === null || (pushed === 0 && received === 0 && reason === null && !reset)
      ? null
      : {
          device: sync.device,
          user: sync.user,
          mode: sync.mode,
          traceId: sync.traceId,
          startedAtMs,
          durationMs: Math.max(0, sync.lastAtMs - startedAtMs),
          fromVersion: sync.fromVersion,
          toVersion: sync.version,
          pushedCount: pushed,
          receivedCount: received,
          sentBytes: sync.sentBytes,
          receivedBytes: sync.receivedBytes,
          conflictCount: sync.conflicts,
          reason,
          reset,
        };
  const { space, device, user, mode, traceId } = sync;
  Object.assign(sync, deviceSync({ space, device, user, mode, traceId }, sync.version));
  return entry;
}
