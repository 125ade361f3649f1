import type { Access } from '../access';
import type { Change } from '../changes';
import type { Cursor, CursorKeys } from '../cursor';
import type { Reader } from '../delta';
import type { DeviceId, Epoch, SessionId, SpaceId, TenantId, UserId, Version } from '../ids';
import type { Limits } from '../limits';
import type { DeviceMessage, Hello, PresenceMessage, SyncMode } from '../messages';
import type { Trail } from '../moments';
import type { Capability, Negotiated } from '../negotiate';
import type { PaceState } from '../pacing';
import type { Scope } from '../scope';
import type { OpenRequest } from './io';

/** Fixed for the life of a session. */
export interface SessionSetup {
  readonly limits: Limits;
  readonly keys: CursorKeys;
  readonly capabilities: readonly Capability[];
  readonly newSession: SessionId;
  readonly openedAtMs: number;
}

/** A device on its stream. Plain data; only `stepSession` changes it. */
export interface SessionState {
  readonly setup: SessionSetup;
  /** `greeted`: the token is being looked at, and what the device sent meanwhile waits in `early`. */
  phase: 'new' | 'greeted' | 'open' | 'closed';
  hello: Hello | null;
  helloAtMs: number;
  agreed: Negotiated | null;
  identity: SessionIdentity | null;
  /** A fresh token is being looked at while the session goes on. */
  reauthenticating: boolean;
  endNoticed: boolean;
  early: EarlyMessage[];
  readonly subscriptions: Map<SpaceId, Subscription>;
  /** Tickets of plans that were asked for and not answered yet. */
  readonly plansAsked: Set<number>;
  /** Given to each opening of a space, so that answers to an earlier one are known as stale. */
  lastTicket: number;
  /** Counts reads, so that spaces take turns. */
  lastTurn: number;
  pace: PaceState;
  unsentBytes: number;
  draining: boolean;
}

export type EarlyMessage = Exclude<DeviceMessage, { kind: 'hello' | 'authenticate' | 'goodbye' }>;

export interface SessionIdentity {
  readonly session: SessionId;
  readonly tenant: TenantId;
  readonly user: UserId;
  readonly device: DeviceId;
  expiresAtMs: number;
}

/** One space on a session. */
export interface Subscription {
  readonly space: SpaceId;
  ticket: number;
  readonly mode: SyncMode;
  readonly scope: Scope;
  /** To ask once more, should something change while the space is being opened. */
  readonly asked: OpenRequest;
  /** Null until the space is open. */
  opened: OpenedSpace | null;
  reading: 'idle' | 'waiting' | 'asked';
  /** When it last read, in turns. */
  turn: number;
  /** Not before then, after a failed read. */
  readAgainAtMs: number;
  /** The highest version that an announcement of this epoch spoke of, to know after a read whether there is more. */
  announcedTo: Version;
  /** The cursor of the last checkpoint that the device has stored. */
  acknowledged: Uint8Array | null;
  /** For whoever asks where a change is. Null until the space was open for the first time. */
  trail: Trail | null;
  /** When the device was last counted as seen. */
  seenAtMs: number;
  /** Taken up at the cursor that was acknowledged last: the device may have read further. */
  readonly resumed: boolean;
  push: PushInFlight | null;
  readonly queue: (readonly Change[])[];
  /** Shown to others once it is certain that the user may be here. */
  presence: PresenceMessage | null;
}

export interface OpenedSpace {
  readonly access: Access;
  reader: Reader;
  readonly epoch: Epoch;
  /** Where the space stood when it was opened. */
  readonly head: Version;
  /** How far this session has sent. */
  cursor: Cursor;
  lastMovedAtMs: number;
  lastSentAtMs: number;
}

export interface PushInFlight {
  readonly sentAtMs: number;
}

export function newSession(setup: SessionSetup, pace: PaceState): SessionState {
  return {
    setup,
    phase: 'new',
    hello: null,
    helloAtMs: setup.openedAtMs,
    agreed: null,
    identity: null,
    reauthenticating: false,
    endNoticed: false,
    early: [],
    subscriptions: new Map(),
    plansAsked: new Set(),
    lastTicket: 0,
    lastTurn: 0,
    pace,
    unsentBytes: 0,
    draining: false,
  };
}
