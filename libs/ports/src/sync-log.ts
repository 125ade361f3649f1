import type { DeviceId, Reason, SpaceKey, SyncMode, UserId, Version } from '@syncline/core';

/** One sync of a device in a space: what went either way until it was quiet. */
export interface SyncEntry {
  readonly device: DeviceId;
  readonly user: UserId;
  readonly startedAtMs: number;
  /** Up to what went last. */
  readonly durationMs: number;
  /** Where the device stood before. */
  readonly fromVersion: Version;
  readonly toVersion: Version;
  /** Null for calls, which say nothing of it. */
  readonly mode: SyncMode | null;
  readonly pushedCount: number;
  readonly receivedCount: number;
  /** By the device, as are those that it received. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly conflictCount: number;
  /** Null where it went well. */
  readonly reason: Reason | null;
  readonly reset: boolean;
  /** 32 hex digits; empty for none. */
  readonly traceId: string;
}

export interface PlacedSync {
  readonly space: SpaceKey;
  readonly entry: SyncEntry;
}

/** Where an entry stands among those of its space. */
export type SyncPlace = Pick<SyncEntry, 'startedAtMs' | 'device' | 'durationMs'>;

export interface SyncsRequest {
  readonly space: SpaceKey;
  /** Null for those of every user, as with the device. */
  readonly user: UserId | null;
  readonly device: DeviceId | null;
  /** Begun at this time or later; null for all. */
  readonly fromMs: number | null;
  /** Begun before this time; null for all. */
  readonly toMs: number | null;
  /** Those that come after this one; null to begin with the newest. */
  readonly after: SyncPlace | null;
  readonly limit: number;
}

/**
 * The syncs of spaces. Contract:
 * - `noteSyncs` may be told the same entry twice, and keeps it once. Entries of spaces that do not exist are dropped.
 * - `syncs` goes from the one that began last to the first; those of one moment in the descending order of the bytes of the
 *   device's id, then from the longest to the shortest.
 * - `forgetSyncs` forgets those of a space that began before a time.
 * - Who removes a space removes its syncs.
 */
export interface SyncLog {
  noteSyncs(syncs: readonly PlacedSync[]): Promise<void>;
  syncs(request: SyncsRequest): Promise<readonly SyncEntry[]>;
  forgetSyncs(space: SpaceKey, beforeMs: number): Promise<{ readonly forgotten: number }>;
}
