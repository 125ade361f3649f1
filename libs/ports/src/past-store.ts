import type { CollectionName, HistoryEntry, PastVersion, RecordId, SpaceKey, Version } from '@syncline/core';

/** How far back the history of a space, or of some of its collections, tells everything. */
export interface Reach {
  readonly head: Version;
  /** As of this version and later ones, history knows what every record held; below, some may be forgotten. */
  readonly keptFrom: Version;
}

export interface VersionsRequest {
  readonly space: SpaceKey;
  readonly collection: CollectionName;
  readonly id: RecordId;
  /** Exclusive; null to begin with the newest. */
  readonly before: Version | null;
  readonly versionsMax: number;
  /** Of contents; the first one comes whatever its size. */
  readonly bytesMax: number;
}

export interface PastVersions {
  /** Newest first. */
  readonly versions: readonly PastVersion[];
  readonly more: boolean;
}

/** Where a record stood at a version. */
export interface PastPlace {
  readonly id: RecordId;
  /** Null where it did not exist yet. */
  readonly version: Version | null;
  /** Of its content; null where it had none. */
  readonly bytes: number | null;
}

/** A version after a moment, and what its record was then. */
export interface ChangedSince {
  readonly version: Version;
  readonly collection: CollectionName;
  readonly id: RecordId;
  /** It is the last version of its record of those that were asked for; the rest is told of such ones alone. */
  readonly isLast: boolean;
  /** SHA-256 of the content; null for a delete. */
  readonly content: Uint8Array | null;
  /** Null where the record had no version then. */
  readonly pastVersion: Version | null;
  /** The same of its content then; null also where it was deleted. */
  readonly pastContent: Uint8Array | null;
  readonly pastBytes: number;
}

/**
 * What records and whole spaces were. Contract:
 * - Nothing that is told of a version that the reach includes changes any more, so parts that are read one after the other are
 *   of the same moment, as long as the reach still includes it after the last one.
 * - `versionAt` is the last version that was committed up to that time, and 0 where there is none; where clocks were set
 *   back, it is one of those for which that can be said. That its content is forgotten makes no difference.
 * - `placesAt` goes by the ids of a collection in the order of their bytes, from the one after `after` on, and names every
 *   record that was ever in it and has history.
 * - `entriesAt` finds entries by their versions, in order, and the reach at the same moment.
 * - `changedSince` goes by version, from the one after `after` on up to `upTo`; collections of the system are left out.
 * - A space that does not exist has no reach and no history.
 */
export interface PastStore {
  /** Of these collections; of none means of all. */
  reach(space: SpaceKey, collections?: readonly CollectionName[]): Promise<Reach | null>;
  versionAt(space: SpaceKey, timeMs: number): Promise<Version>;
  versionsOf(request: VersionsRequest): Promise<PastVersions>;
  /** Those that history tells of, in the order of their bytes. */
  pastCollections(space: SpaceKey): Promise<readonly CollectionName[]>;
  placesAt(
    space: SpaceKey,
    collection: CollectionName,
    version: Version,
    after: RecordId | null,
    limit: number,
  ): Promise<readonly PastPlace[]>;
  entriesAt(
    space: SpaceKey,
    versions: readonly Version[],
    collections?: readonly CollectionName[],
  ): Promise<{ readonly reach: Reach; readonly entries: readonly HistoryEntry[] } | null>;
  changedSince(
    space: SpaceKey,
    moment: Version,
    after: Version,
    upTo: Version,
    limit: number,
  ): Promise<readonly ChangedSince[]>;
}
