import type { DeviceId, SessionId, SpaceId, TenantId, UserId } from '../ids';
import type { SyncMode } from '../messages';
import type { Scope } from '../scope';

/** What another gateway needs to take a session up again. The token is not part of it: the device shows its own. */
export interface SavedSession {
  readonly id: SessionId;
  readonly tenant: TenantId;
  readonly user: UserId;
  readonly device: DeviceId;
  readonly subscriptions: readonly SavedSubscription[];
}

export interface SavedSubscription {
  readonly space: SpaceId;
  readonly scope: Scope;
  readonly mode: SyncMode;
  /** The cursor of the last checkpoint that the device said it has stored; null for none. */
  readonly cursor: Uint8Array | null;
}
