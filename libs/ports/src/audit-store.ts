import type { AuditedVersion, ChainPoint, Epoch, SpaceKey, Version } from '@syncline/core';

/** How far a space has come, and its hash chain with it. */
export interface ChainState {
  readonly epoch: Epoch;
  readonly head: Version;
  /** The end of the chain; null before it was begun. */
  readonly end: ChainPoint | null;
}

/**
 * What each version did, for good, and the hash chain over it. Contract:
 * - `audited` tells of every version above `after` and up to `upTo`, the oldest first, also of those that were pruned
 *   from the history; not of those that were pruned before there were chains. It never changes what it tells of one, but for
 *   the bytes that are still kept.
 * - `extendChain` moves the end of the chain, and keeps the marks, in one go; false, with nothing done, where the end is
 *   not at `from` any more, which is 0 for a chain that was not begun.
 * - `chainAt` is the furthest of the marks and the end that is not above the version; null where there is none.
 * - A space that does not exist has neither.
 */
export interface AuditStore {
  chainState(space: SpaceKey): Promise<ChainState | null>;
  chainAt(space: SpaceKey, version: Version): Promise<ChainPoint | null>;
  audited(space: SpaceKey, after: Version, upTo: Version, limit: number): Promise<readonly AuditedVersion[]>;
  extendChain(
    space: SpaceKey,
    from: Version,
    marks: readonly ChainPoint[],
    end: ChainPoint,
  ): Promise<boolean>;
}
