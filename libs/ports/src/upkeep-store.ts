import type {
  ChangeNumber,
  CollectionName,
  DeviceId,
  HistoryBounds,
  RecordId,
  SpaceKey,
  Version,
} from '@syncline/core';

/**
 * What keeps a space in order behind the scenes. Contract:
 * - `unannounced` lists spaces whose head is above their announced version, the longest waiting first; a crash
 *   between commit and announcement leaves one, and nothing else does. `markAnnounced` never lowers an announced
 *   version, and of several spaces none waits for the merge of another.
 * - `spaces` lists keys in the order of their UTF-8 bytes, from the one after `after` on.
 * - `raiseFloor` removes every tombstone up to the floor and sets the floor, in one transaction; it never lowers
 *   it, never raises it above the head, and a reader sees either both or neither.
 * - `pruneHistory` keeps the newest entries of every record, up to the number given and at least one, everything that was
 *   replaced after the bound, as a device may have it in view, and everything above `upTo`. Collections with bounds of their
 *   own go by those instead, of which some are by age and leave gaps; where they have classes, only entries that are old
 *   enough for one are counted, once those that go by age are gone. `spare` is asked about every entry before it goes. What
 *   is left of a pruned entry is what the audit trail tells of it, the reach of its collection moves along, and nothing
 *   tells the entry before it for one that is gone. `pruneReceipts` forgets receipts that are older than the bound; the last numbers of the devices stay.
 * - `lease` gives a task to one holder at a time: true while this holder has it, until it is released or runs
 *   out. The holder extends it by asking again; only the holder can release it.
 * - A space that does not exist is left alone.
 */
export interface UpkeepStore {
  unannounced(limit: number): Promise<readonly Unannounced[]>;
  markAnnounced(versions: ReadonlyMap<SpaceKey, Version>): Promise<void>;
  spaces(after: SpaceKey | null, limit: number): Promise<readonly SpaceKey[]>;
  raiseFloor(space: SpaceKey, floor: Version): Promise<{ readonly purged: number }>;
  pruneHistory(
    space: SpaceKey,
    perRecordMax: number,
    olderThanMs: number,
    upTo: Version,
    more?: PruneMore,
  ): Promise<{ readonly pruned: number }>;
  pruneReceipts(space: SpaceKey, olderThanMs: number): Promise<{ readonly pruned: number }>;
  lease(task: string, holder: string, nowMs: number, forMs: number): Promise<boolean>;
  release(task: string, holder: string): Promise<void>;
}

export interface PruneMore {
  readonly collections: readonly HistoryBounds[];
  /** Asked for once there is something that may go. */
  readonly spare: () => Promise<Spare>;
}

/** Whether an entry stays all the same. */
export type Spare = (entry: Prunable) => boolean;

/** An entry of history that may go. */
export interface Prunable {
  readonly version: Version;
  readonly collection: CollectionName;
  readonly id: RecordId;
  readonly device: DeviceId;
  readonly number: ChangeNumber;
  /** The next entry of the record: up to it, this one says what the record was. */
  readonly next: Version;
}

export interface Unannounced {
  readonly space: SpaceKey;
  readonly announced: Version;
  readonly head: Version;
}
