import type { CollectionName, HistoryEntry, RecordId, SpaceKey, Version } from '@syncline/core';

/**
 * Contract: entries come newest first, and `before` is exclusive. `atOrBefore` finds what a record held at a
 * version: null when that is forgotten, even where earlier versions are not, or the record did not exist yet. A space that does not
 * exist has no history.
 */
export interface HistoryStore {
  ofRecord(
    space: SpaceKey,
    collection: CollectionName,
    id: RecordId,
    before: Version | null,
    limit: number,
  ): Promise<readonly HistoryEntry[]>;
  atOrBefore(
    space: SpaceKey,
    collection: CollectionName,
    id: RecordId,
    version: Version,
  ): Promise<HistoryEntry | null>;
  atVersion(space: SpaceKey, version: Version): Promise<HistoryEntry | null>;
}
