import type { Change } from './changes';
import type { HlcTime } from './clock';
import type { ToldDigests } from './digest';
import type {
  ChangeNumber,
  CollectionName,
  DeviceId,
  SessionId,
  SpaceId,
  TenantId,
  UserId,
  Version,
} from './ids';
import type { SessionLimits } from './limits';
import type { Negotiated, ProtocolRange } from './negotiate';
import type { Outcome } from './outcomes';
import type { PageEntry } from './pages';
import type { Refusal } from './refusals';
import type { Scope } from './scope';

export const SYNC_MODES = ['bidirectional', 'upload-only', 'download-only', 'check-only'] as const;
export type SyncMode = (typeof SYNC_MODES)[number];

export type Link = 'unknown' | 'wifi' | 'cellular' | 'ethernet';
export type PresenceStatus = 'online' | 'away' | 'busy' | 'offline';

export interface DeviceInfo {
  readonly name: string;
  readonly platform: string;
  readonly appVersion: string;
  readonly link: Link;
  /** 0 to 100, null where there is none. */
  readonly batteryPercent: number | null;
}

export interface Hello {
  readonly kind: 'hello';
  readonly protocol: ProtocolRange;
  readonly capabilities: readonly string[];
  readonly tenant: TenantId | null;
  readonly device: DeviceId;
  readonly info: DeviceInfo;
  readonly token: string;
  /** The device's clock as it sends this, to measure its skew. */
  readonly clock: HlcTime;
  /** The shape in which this device writes and reads a collection; current where it names none. */
  readonly schemaVersions: ReadonlyMap<CollectionName, number>;
  /** A session to take up again, on any gateway; null for a new one. */
  readonly resume: SessionId | null;
}

export interface Subscribe {
  readonly kind: 'subscribe';
  readonly space: SpaceId;
  readonly scope: Scope;
  /** As it was handed out; null to start from nothing. */
  readonly cursor: Uint8Array | null;
  readonly mode: SyncMode;
  /** What the device holds, to be compared with what it should hold; empty for no comparison. */
  readonly digests: ToldDigests;
  /** For check-only: the records that the device has changed, and on what base. */
  readonly pending: readonly PendingSummary[];
  /** Tells what this one leads to from what an earlier one did; 0 for none. */
  readonly tag: number;
}

export interface PendingSummary {
  readonly collection: CollectionName;
  readonly id: string;
  readonly baseVersion: Version;
  readonly bytes: number;
}

export interface PushMessage {
  readonly kind: 'push';
  readonly space: SpaceId;
  readonly changes: readonly Change[];
}

export interface AckMessage {
  readonly kind: 'ack';
  readonly space: SpaceId;
  /** The cursor of the last checkpoint that the device has stored. */
  readonly cursor: Uint8Array;
}

export interface PresenceMessage {
  readonly kind: 'presence';
  readonly space: SpaceId;
  readonly status: PresenceStatus;
  readonly text: string;
  readonly batteryPercent: number | null;
  readonly link: Link;
}

export type DeviceMessage =
  | Hello
  | Subscribe
  | PushMessage
  | AckMessage
  | PresenceMessage
  | { readonly kind: 'authenticate'; readonly token: string }
  | { readonly kind: 'unsubscribe'; readonly space: SpaceId }
  | { readonly kind: 'goodbye' };

export interface Welcome {
  readonly kind: 'welcome';
  readonly session: SessionId;
  readonly agreed: Negotiated;
  readonly limits: SessionLimits;
  /** Whose token it is; a copy of another user's data must not be synced on this session. */
  readonly user: UserId;
  readonly tenant: TenantId;
  /** Until the token ends; endless where it does not. */
  readonly expiresInMs: number;
  readonly resumeWithinMs: number;
  /** The server's clock, for the device's own to move on to. */
  readonly clock: HlcTime;
  /** The device's wall clock as Hello told it, the server's when that arrived, and the server's as this is sent. */
  readonly deviceTimeMs: number;
  readonly receivedAtMs: number;
  readonly sentAtMs: number;
  /** How far the device's clock is ahead of the server's, negative when behind. */
  readonly skewMs: number;
  /** Spaces whose subscriptions were taken up again; the device need not subscribe to them. */
  readonly resumed: readonly SpaceId[];
}

export interface Subscribed {
  readonly kind: 'subscribed';
  readonly space: SpaceId;
  readonly head: Version;
  readonly mode: SyncMode;
  /** The last number that was taken from this device, so that it knows what to send again. */
  readonly lastNumber: ChangeNumber;
  /** The device's own epoch must equal this before it sends changes under old numbers. */
  readonly epoch: number;
  /** Collections whose digest differs from the device's. */
  readonly mismatched: readonly CollectionName[];
  /** Of the Subscribe that led to it. */
  readonly tag: number;
}

export interface PageMessage {
  readonly kind: 'page';
  readonly space: SpaceId;
  readonly entries: readonly PageEntry[];
  readonly cursor: Uint8Array;
}

export interface CheckpointMessage {
  readonly kind: 'checkpoint';
  readonly space: SpaceId;
  readonly version: Version;
  readonly cursor: Uint8Array;
  /** Device → last accepted number, for those that moved since the device's last checkpoint. */
  readonly clock: ReadonlyMap<DeviceId, ChangeNumber>;
  readonly digests: ToldDigests;
}

export interface OutcomesMessage {
  readonly kind: 'outcomes';
  readonly space: SpaceId;
  readonly outcomes: readonly Outcome[];
}

export interface CheckPlan {
  readonly direction: 'none' | 'upload' | 'download' | 'bidirectional';
  readonly head: Version;
  readonly downloadRecords: number;
  readonly downloadBytes: number;
  readonly uploadChanges: number;
  readonly uploadBytes: number;
  readonly conflictsExpected: number;
}

export interface Pace {
  readonly kind: 'pace';
  /** Largest push that is welcome now. */
  readonly pushChangesMax: number;
  readonly pushBytesMax: number;
  /** Wait this long before the next push. */
  readonly delayMs: number;
  /** For devices that poll: when to come back. */
  readonly nextPollMs: number;
  /** Changes that may be sent at once before the rate limit bites. */
  readonly changesRemaining: number;
  /** Those that are nearly used up. */
  readonly quotas?: readonly QuotaState[];
}

export interface QuotaState {
  readonly space: SpaceId;
  /** As the protocol spells it. */
  readonly name: string;
  readonly allowed: number;
  readonly used: number;
}

export type NoticeKind = 'draining' | 'token-ends-soon' | 'clock-skewed' | 'rules-changed';

export type ServerMessage =
  | Welcome
  | Subscribed
  | PageMessage
  | CheckpointMessage
  | OutcomesMessage
  | { readonly kind: 'plan'; readonly space: SpaceId; readonly plan: CheckPlan }
  | {
      readonly kind: 'presence';
      readonly space: SpaceId;
      readonly device: DeviceId;
      readonly user: UserId;
      readonly status: PresenceStatus;
      readonly text: string;
    }
  | Pace
  /** Start over: what the device holds of the space cannot be continued; pending changes stay. */
  | { readonly kind: 'reset'; readonly space: SpaceId; readonly refusal: Refusal }
  | { readonly kind: 'notice'; readonly notice: NoticeKind; readonly inMs: number }
  | { readonly kind: 'authenticated'; readonly expiresInMs: number }
  /** Concerns one space, or the session when the space is null; the session stays open unless `closing`. */
  | {
      readonly kind: 'refusal';
      readonly space: SpaceId | null;
      /** What was refused, by the kind of the message. */
      readonly about: DeviceMessage['kind'] | null;
      readonly refusal: Refusal;
      readonly closing: boolean;
    };
