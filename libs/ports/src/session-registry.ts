import type { DeviceId, SavedSession, SessionId, TenantId } from '@syncline/core';

/**
 * Remembers sessions so that any gateway can take them up again. Contract: best effort; a forgotten session costs
 * its device one more round trip and nothing else. `save` replaces; a session lapses `forMs` after its last save.
 * `enter` counts the open sessions of a device: false when there are already as many as allowed. A session that
 * enters again is counted once; one that does not do so within `forMs` counts no longer.
 */
export interface SessionRegistry {
  save(session: SavedSession, forMs: number): Promise<void>;
  load(id: SessionId): Promise<SavedSession | null>;
  forget(id: SessionId): Promise<void>;
  enter(tenant: TenantId, device: DeviceId, id: SessionId, openMax: number, forMs: number): Promise<boolean>;
  leave(tenant: TenantId, device: DeviceId, id: SessionId): Promise<void>;
}
