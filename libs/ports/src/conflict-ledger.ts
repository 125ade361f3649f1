import type {
  HistoryEntry,
  RecordId,
  RecordKey,
  Seen,
  SeenKey,
  SeenRequest,
  SpaceKey,
  Version,
} from '@syncline/core';
import type { RecordName } from './delta-store';

/**
 * What is asked about conflicts by whoever looks for them, beside their records. Contract:
 * - Rows come by the version of the conflict's record in the ledger, the newest first. Each call reads no more rows than it
 *   returns, along an index that holds nothing but conflicts, and `waiting` along one of those that wait.
 * - `seenBy` tells what devices saw, as `seen` of a merge does, without holding anything up.
 * - `writtenAt` finds what versions did, as far as the history reaches back.
 * - `waitingForResolver` walks over all spaces, in the order of the UTF-8 bytes of their keys and of the ids in them, along an
 *   index that holds nothing but the conflicts that a tenant's resolver has to be asked about.
 * - A space that does not exist has no conflicts, and nothing is known of it.
 */
export interface ConflictLedger {
  conflicts(request: ConflictsRequest): Promise<readonly ConflictRow[]>;
  /** All of them, up to a number at which the counting ends. */
  countConflicts(space: SpaceKey, countMax: number): Promise<number>;
  seenBy(space: SpaceKey, requests: readonly SeenRequest[]): Promise<ReadonlyMap<SeenKey, Seen>>;
  writtenAt(space: SpaceKey, versions: readonly Version[]): Promise<ReadonlyMap<Version, HistoryEntry>>;
  /** The versions at which records stand, live or as tombstones, without their contents. */
  recordVersions(space: SpaceKey, names: readonly RecordName[]): Promise<ReadonlyMap<RecordKey, Version>>;
  /** From the one behind `after` on; null to begin with the first. */
  waitingForResolver(after: WaitingConflict | null, limit: number): Promise<readonly WaitingConflict[]>;
}

/** A conflict that the resolver of its tenant has to be asked about. */
export interface WaitingConflict {
  readonly space: SpaceKey;
  /** Of the conflict's record. */
  readonly id: RecordId;
}

export interface ConflictsRequest {
  readonly space: SpaceKey;
  /** Exclusive; null to begin with the newest. */
  readonly before: Version | null;
  /** Only those that are open, or open again. */
  readonly waiting: boolean;
  readonly limit: number;
}

export interface ConflictRow {
  /** Of the conflict's record. */
  readonly id: RecordId;
  readonly version: Version;
  /** As core keeps them beside it, see `decodeFacts`. */
  readonly facts: Uint8Array;
}
