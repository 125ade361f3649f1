import type { ChangeNumber, DeviceId, SpaceId, SpaceKey, TenantId, UserId, Version } from '@syncline/core';
import type { TenantDevice } from './directory';

/** What a device says of itself. */
export interface DeviceDescription {
  readonly name: string;
  readonly platform: string;
  readonly appVersion: string;
  /** Name and version of its client library. */
  readonly client: string;
}

/** A device as its tenant knows it. */
export interface RegisteredDevice extends DeviceDescription {
  readonly device: DeviceId;
  readonly user: UserId;
  readonly registeredAtMs: number;
  /** Null for never. */
  readonly seenAtMs: number | null;
  readonly skewMs: number;
  readonly revokedAtMs: number | null;
}

export interface Registration extends DeviceDescription {
  readonly device: TenantDevice;
  readonly user: UserId;
  readonly nowMs: number;
  /** The device is here itself, and its clock was measured. */
  readonly seen: { readonly skewMs: number } | null;
  /** Of the same user; those that were shut out do not count. Null for any number. */
  readonly devicesMax: number | null;
}

export type Registered =
  | { readonly kind: 'registered'; readonly device: RegisteredDevice }
  | { readonly kind: 'of-other-user' | 'revoked' }
  | { readonly kind: 'full'; readonly devices: number };

export interface DevicesRequest {
  readonly includeRevoked: boolean;
  readonly after: DeviceId | null;
  readonly limit: number;
}

/** A device in one space that it follows. */
export interface FollowedSpace {
  readonly space: SpaceId;
  readonly lastNumber: ChangeNumber;
  readonly acknowledged: Version;
  readonly head: Version;
  readonly lastSeenMs: number;
  /** The space has collections whose payloads are encrypted. */
  readonly encrypted: boolean;
}

/**
 * The devices of users. Contract:
 * - `registerDevice` makes a device known or brings its description up to date, where an empty text leaves what was told
 *   before. The device stays with its user and keeps the time of its registration.
 * - Lists go in the order of the ids' UTF-8 bytes, from the one after `after` on. `devicesIn` names every device that a space
 *   knows; one that nobody registered has no description.
 * - `shutOut` notes when a device was revoked, if that was not noted before, and forgets its integrity keys; the directory's
 *   `revoke` is what shuts it out. Null stands for a device that was not registered.
 * - `followed` names the spaces that know the device, in the order of their ids.
 * - A new integrity key takes the place of the one before.
 */
export interface DeviceRegistry {
  registerDevice(registration: Registration): Promise<Registered>;
  registered(device: TenantDevice): Promise<RegisteredDevice | null>;
  /** Those of the devices that are registered, in one query. */
  registeredAmong(
    tenant: TenantId,
    devices: readonly DeviceId[],
  ): Promise<ReadonlyMap<DeviceId, RegisteredDevice>>;
  devicesOf(tenant: TenantId, user: UserId, request: DevicesRequest): Promise<readonly RegisteredDevice[]>;
  devicesIn(space: SpaceKey, request: DevicesRequest): Promise<readonly RegisteredDevice[]>;
  renameDevice(device: TenantDevice, name: string): Promise<RegisteredDevice | null>;
  shutOut(device: TenantDevice, nowMs: number): Promise<RegisteredDevice | null>;
  followed(device: TenantDevice): Promise<readonly FollowedSpace[]>;
  putIntegrityKey(device: TenantDevice, key: IntegrityKey): Promise<void>;
  integrityKey(device: TenantDevice): Promise<IntegrityKey | null>;
}

/** With it a device signs its messages. */
export interface IntegrityKey {
  readonly id: string;
  readonly bytes: Uint8Array;
}
