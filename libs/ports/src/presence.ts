import type { DeviceId, Link, PresenceStatus, SpaceKey, UserId } from '@syncline/core';

export interface Present {
  readonly device: DeviceId;
  readonly user: UserId;
  readonly status: PresenceStatus;
  readonly text: string;
  readonly batteryPercent: number | null;
  readonly link: Link;
}

/**
 * Who is there now. Contract: best effort. `show` replaces what the device showed before, tells every listener,
 * and lapses after `forMs`; a device that lapses or leaves is told as offline and is no longer on the roster.
 */
export interface Presence {
  show(space: SpaceKey, present: Present, forMs: number): Promise<void>;
  leave(space: SpaceKey, device: DeviceId): Promise<void>;
  roster(space: SpaceKey): Promise<readonly Present[]>;
  listen(space: SpaceKey, listener: (present: Present) => void): () => void;
}

/**
 * The live half of presence, for rosters that cannot tell anyone themselves. Contract: best effort; `publish` resolves
 * when the event has been handed over, and listeners of every process hear of it, the publisher's own included.
 */
export interface PresenceEvents {
  publish(space: SpaceKey, present: Present): Promise<void>;
  /** Returns the way to stop listening. */
  listen(space: SpaceKey, listener: (present: Present) => void): () => void;
}
