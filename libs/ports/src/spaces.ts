import type { Epoch, Quota, SpaceId, SpaceKey, TenantId, Version } from '@syncline/core';
import type { Declaration } from './declarations';
import type { Member } from './members';

/** What may be changed of a space as a whole. */
export interface SpaceSettings {
  readonly name: string;
  /** Changes to collections that were not declared are rejected. */
  readonly declaredOnly: boolean;
}

/** A space from its beginning. */
export interface Founding extends SpaceSettings {
  readonly quota: Quota | null;
  readonly owner: Member;
  readonly collections: readonly Declaration[];
  readonly createdAtMs: number;
}

/** A space as whoever runs it sees it. */
export interface SpaceDetails extends SpaceSettings {
  readonly space: SpaceId;
  readonly epoch: Epoch;
  readonly head: Version;
  readonly announced: Version;
  readonly floor: Version;
  readonly records: number;
  readonly bytes: number;
  readonly quota: Quota | null;
  /** Null where the directory's `createSpace` made it without saying when. */
  readonly createdAtMs: number | null;
  /** When the newest write was committed; null for never. */
  readonly changedAtMs: number | null;
  /** Devices seen since the time that was asked for. */
  readonly devices: number;
  /** Those that wait for someone; no more than `OPEN_CONFLICTS_COUNTED` are counted. */
  readonly openConflicts: number;
}

export const OPEN_CONFLICTS_COUNTED = 10_000;

export interface SpacesRequest {
  readonly tenant: TenantId;
  readonly idPrefix: string;
  readonly after: SpaceId | null;
  readonly limit: number;
  readonly devicesSinceMs: number;
}

/**
 * Spaces from outside. Contract:
 * - `found` makes a space with its owner and its rules, all or nothing; false when it exists already, and then nothing
 *   changes.
 * - `details` and `changeSpace` answer null and false for a space that does not exist. `listSpaces` goes in the order of the
 *   ids' UTF-8 bytes, from the one after `after` on.
 * - `removeSpace` removes the space with everything that belongs to it, and tells the directory's listeners. No merge is
 *   under way in it then, and none finds it afterwards. It answers how many live records went with it, and null when there
 *   was no such space. A space that is made anew under its name, by whichever call, begins as after a restore: in the next
 *   epoch and above all versions of the one before, which devices may still know.
 */
export interface Spaces {
  found(space: SpaceKey, founding: Founding): Promise<boolean>;
  details(space: SpaceKey, devicesSinceMs: number): Promise<SpaceDetails | null>;
  listSpaces(request: SpacesRequest): Promise<readonly SpaceDetails[]>;
  changeSpace(space: SpaceKey, settings: SpaceSettings): Promise<boolean>;
  removeSpace(space: SpaceKey): Promise<{ readonly records: number } | null>;
}
