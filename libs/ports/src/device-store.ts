import type { ChangeNumber, DeviceId, SpaceKey, UserId, Version } from '@syncline/core';

/** A device as a space knows it. */
export interface SpaceDevice {
  readonly device: DeviceId;
  readonly user: UserId;
  readonly lastNumber: ChangeNumber;
  /** The device holds a checkpoint of this version or later; it needs no delete up to here. */
  readonly acknowledged: Version;
  readonly lastSeenMs: number;
  readonly skewMs: number;
}

/**
 * Contract: `open` makes a device known with the given acknowledged version if it is new, and otherwise leaves
 * the acknowledged version as it is; `acknowledge` never lowers it, `restart` sets it. All three move `lastSeenMs`
 * forward and store the skew; a device stays with the user who made it known. The last two make a device known as
 * well, and do nothing in a space that does not exist. `acknowledge` takes those of many devices in one go, each device of a
 * space at most once; all of them are kept, or none. A device that has pushed and was never opened holds no copy,
 * so `devices` leaves it out. Null stands for a space that does not exist.
 */
export interface DeviceStore {
  open(space: SpaceKey, seen: DeviceSeen, acknowledged: Version): Promise<SpaceDevice | null>;
  acknowledge(several: readonly Acknowledgement[]): Promise<void>;
  /** The device begins to keep a copy, or ceases to: from now on it holds back the floor from here. */
  restart(space: SpaceKey, seen: DeviceSeen, version: Version): Promise<void>;
  devices(space: SpaceKey): Promise<readonly SpaceDevice[] | null>;
}

/** The device holds a checkpoint of the version. */
export interface Acknowledgement {
  readonly space: SpaceKey;
  readonly seen: DeviceSeen;
  readonly version: Version;
}

export interface DeviceSeen {
  readonly device: DeviceId;
  readonly user: UserId;
  readonly nowMs: number;
  readonly skewMs: number;
}
