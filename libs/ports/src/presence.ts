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
