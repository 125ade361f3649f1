import type { SpaceKey, Version } from '@syncline/core';

/**
 * What keeps a space in order behind the scenes. Contract:
 * - `unannounced` lists spaces whose head is above their announced version, the longest waiting first; a crash
 *   between commit and announcement leaves one, and nothing else does. `markAnnounced` never lowers an announced
 *   version, and of several spaces none waits for the merge of another.
 * - `spaces` lists keys in the order of their UTF-8 bytes, from the one after `after` on.
 * - `raiseFloor` removes every tombstone up to the floor and sets the floor, in one transaction; it never lowers
 *   it, never raises it above the head, and a reader sees either both or neither.
 * - `pruneHistory` keeps the newest entries of every record, up to the number given and at least one, everything younger
 *   than the bound, and everything above `upTo`; of one record it removes the oldest first, without leaving a gap. What
 *   is left of a pruned entry is what the audit trail tells of it, and the reach of the history moves along.
 *   `pruneReceipts` forgets receipts that are older than the bound; the last numbers of the devices stay.
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
  ): Promise<{ readonly pruned: number }>;
  pruneReceipts(space: SpaceKey, olderThanMs: number): Promise<{ readonly pruned: number }>;
  lease(task: string, holder: string, nowMs: number, forMs: number): Promise<boolean>;
  release(task: string, holder: string): Promise<void>;
}

export interface Unannounced {
  readonly space: SpaceKey;
  readonly announced: Version;
  readonly head: Version;
}
