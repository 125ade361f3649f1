import type {
  Access,
  CollectionRules,
  DeviceId,
  Epoch,
  Quota,
  SpaceId,
  SpaceKey,
  TenantId,
  UserId,
} from '@syncline/core';

/**
 * Who and what there is. Contract:
 * - `createSpace` answers false when the space exists already, and changes nothing then. A new space has epoch 1,
 *   head 0, no members and no rules.
 * - `declare` stores the rules under the collection's next rules version, the first being 1, whatever version they
 *   come with, and returns it; merges that begin later use them.
 * - `access` is null for a user who is no member; `setAccess` with null ends a membership.
 * - `newEpoch` brings the space into the state of core's `nextEpoch`, with nothing left to announce; used after a restore
 *   from a backup.
 * - `spacesOf` lists the spaces of a tenant that a user is a member of, in the order of their ids' UTF-8 bytes, from the one
 *   after `after` on.
 * - In a space that does not exist no one has access; whatever else is asked of it rejects, as callers check first.
 * - A change of access or a revoked device is told to every listener, on every gateway, as a rule at once. The news may
 *   be lost; `heads` and `revokedAmong` find out what was missed.
 */
export interface Directory {
  createSpace(space: SpaceKey, quota: Quota | null): Promise<boolean>;
  declare(space: SpaceKey, rules: CollectionRules): Promise<number>;
  access(space: SpaceKey, user: UserId): Promise<Access | null>;
  setAccess(space: SpaceKey, user: UserId, access: Access | null): Promise<void>;
  spacesOf(
    tenant: TenantId,
    user: UserId,
    after: SpaceId | null,
    limit: number,
  ): Promise<readonly Membership[]>;
  setQuota(space: SpaceKey, quota: Quota | null): Promise<void>;
  newEpoch(space: SpaceKey): Promise<Epoch>;
  isRevoked(tenantDevice: TenantDevice): Promise<boolean>;
  /** Those of the devices that are revoked, in one query. */
  revokedAmong(devices: readonly TenantDevice[]): Promise<readonly TenantDevice[]>;
  revoke(tenantDevice: TenantDevice): Promise<void>;
  /** Returns the way to stop listening. */
  onAccessChange(listener: (change: AccessChange) => void): () => void;
}

/** A space as one of its members sees it. */
export interface Membership {
  readonly space: SpaceId;
  readonly access: Access;
}

export interface TenantDevice {
  readonly tenant: string;
  readonly device: DeviceId;
}

export type AccessChange =
  | {
      readonly kind: 'access';
      readonly space: SpaceKey;
      readonly user: UserId;
      readonly access: Access | null;
    }
  | { readonly kind: 'revoked'; readonly device: TenantDevice }
  /** The tenant may not be used any more, or again. */
  | { readonly kind: 'tenant'; readonly tenant: TenantId; readonly standing: TenantStanding }
  /** The space is gone: nobody has access to it. */
  | { readonly kind: 'removed'; readonly space: SpaceKey };

export type TenantStanding = 'active' | 'suspended' | 'removed';
