import type { Access, SpaceKey, UserId } from '@syncline/core';

export interface Member {
  readonly user: UserId;
  readonly access: Access;
  readonly addedAtMs: number;
  /** When the membership ends by itself; null for never. */
  readonly expiresAtMs: number | null;
}

/**
 * Who belongs to a space. Contract:
 * - `putMember` adds or replaces; who is a member already keeps the time of joining. The answer is what holds now, and null
 *   in a space that does not exist. The directory's `access` knows of it, and its listeners are told.
 * - A membership that has ended is none for the directory's `access` and for `member`. `endMemberships` ends those whose
 *   time has come, as `setAccess` with null does, and answers how many; calling it every few seconds is what makes
 *   sessions that are open notice.
 * - `members` goes in the order of the users' UTF-8 bytes, from the one after `after` on.
 */
export interface Members {
  putMember(space: SpaceKey, member: Member): Promise<Member | null>;
  member(space: SpaceKey, user: UserId): Promise<Member | null>;
  members(space: SpaceKey, after: UserId | null, limit: number): Promise<readonly Member[]>;
  endMemberships(nowMs: number): Promise<number>;
}
