import type { DeviceId, SavedSession, SessionId, TenantId, UserId } from '@syncline/core';

/**
 * Remembers sessions so that any gateway can take them up again, and counts those that are open. Contract: best effort; a
 * forgotten session costs its device one more round trip and nothing else. `save` replaces; a session lapses `forMs`
 * after its last save.
 * - `enter` counts a session for its device, its user and its tenant at once. Where one of them is full, the session of the
 *   same device that was not renewed for the longest gives way to it; of a device that has no other, it is turned away and
 *   counted nowhere. One that enters again is counted once, and never turned away.
 * - A session counts for `forMs`, and as long again with each `renew`. Renewing asks for no room: it also brings back
 *   the count of a session that the registry has lost, but not of one that gave way. Those it answers with.
 * - A session is named by its tenant, device and id; a tenant, user or device has its own room.
 */
export interface SessionRegistry {
  save(session: SavedSession, forMs: number): Promise<void>;
  load(id: SessionId): Promise<SavedSession | null>;
  forget(id: SessionId): Promise<void>;
  enter(session: CountedSession, openMax: OpenSessionsMax, forMs: number): Promise<Entered>;
  renew(sessions: readonly CountedSession[], forMs: number): Promise<readonly CountedSession[]>;
  leave(session: CountedSession): Promise<void>;
}

export interface CountedSession {
  readonly tenant: TenantId;
  readonly user: UserId;
  readonly device: DeviceId;
  readonly id: SessionId;
}

/** How many sessions may be open at a time. */
export interface OpenSessionsMax {
  readonly device: number;
  readonly user: number;
  readonly tenant: number;
}

/** Which room was full; where several were, the smallest. */
export type Entered =
  { readonly entered: true } | { readonly entered: false; readonly full: keyof OpenSessionsMax };
