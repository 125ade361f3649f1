import type { Announcement, SpaceKey } from '@syncline/core';

/**
 * How gateways learn that a space was written to. Contract: best effort. An announcement may be lost, repeated or
 * come out of order; whoever listens must not depend on it. `publish` resolves when it has been handed over.
 */
export interface Announcements {
  publish(space: SpaceKey, announcement: Announcement): Promise<void>;
  /** Returns the way to stop listening. */
  listen(space: SpaceKey, listener: (announcement: Announcement) => void): () => void;
}
