import type {
  Change,
  ChangeNumber,
  CheckPlan,
  CollectionName,
  ConflictRef,
  DeviceId,
  DeviceMessage,
  NoticeKind,
  OutcomeStatus,
  Pace,
  PresenceStatus,
  RecordImage,
  Refusal,
  Scope,
  SpaceId,
  UserId,
  Version,
} from '@syncline/core';
import type { LocalRefusal } from './errors';
import type { TimerName } from './inputs';
import type { FailedChange, RecordRef, StoreWrite } from './store';
import type { SyncEvent, SyncState } from './sync-state';

/** `needs-token` and `stopped` wait for the application, `waiting` for the retry timer. */
export type ConnectionStatus =
  'offline' | 'needs-token' | 'waiting' | 'connecting' | 'greeting' | 'open' | 'stopped';

/** To be performed in their order. */
export type Effect =
  /** Atomic, and stored before anything that comes after it is performed. */
  | { readonly kind: 'persist'; readonly writes: readonly StoreWrite[] }
  | { readonly kind: 'connect'; readonly connection: number }
  | { readonly kind: 'disconnect'; readonly connection: number }
  | { readonly kind: 'send'; readonly connection: number; readonly message: DeviceMessage }
  /** Replaces a timer of the same name. */
  | { readonly kind: 'set-timer'; readonly timer: TimerName; readonly delayMs: number }
  | { readonly kind: 'cancel-timer'; readonly timer: TimerName }
  | { readonly kind: 'ask-token' }
  /** Compare these collections with the server's, and give what differs back as the input `repaired`. */
  | {
      readonly kind: 'repair';
      readonly space: SpaceId;
      readonly scope: Scope;
      readonly cursor: Uint8Array;
      readonly collections: readonly CollectionName[];
    }
  | { readonly kind: 'notify'; readonly notice: AppNotice };

export type ViewCause = 'local' | 'outcome' | 'checkpoint' | 'repair';

export type AppNotice =
  /** The records that look different now. */
  | {
      readonly kind: 'records-changed';
      readonly space: SpaceId;
      readonly cause: ViewCause;
      readonly version: Version;
      readonly records: readonly RecordRef[];
    }
  | {
      readonly kind: 'sync-state';
      readonly space: SpaceId;
      readonly from: SyncState;
      readonly to: SyncState;
      readonly event: SyncEvent;
    }
  /** Every answered change, whatever the answer. */
  | {
      readonly kind: 'answered';
      readonly space: SpaceId;
      readonly change: Change;
      readonly status: OutcomeStatus;
      readonly version: Version;
      readonly aheadMs: number;
    }
  | {
      readonly kind: 'conflict';
      readonly space: SpaceId;
      readonly change: Change;
      readonly status: OutcomeStatus;
      readonly conflict: ConflictRef | null;
      /** The record that stands, where it is not what this device sent. */
      readonly record: RecordImage | null;
    }
  | { readonly kind: 'change-failed'; readonly space: SpaceId; readonly failed: FailedChange }
  | { readonly kind: 'renumbered'; readonly space: SpaceId; readonly numbers: readonly Renumbered[] }
  | { readonly kind: 'checkpoint'; readonly space: SpaceId; readonly version: Version }
  | {
      readonly kind: 'digest-mismatch';
      readonly space: SpaceId;
      readonly collections: readonly CollectionName[];
      /** How often that happened to this space since the start. */
      readonly count: number;
    }
  | { readonly kind: 'started-over'; readonly space: SpaceId; readonly why: string }
  | { readonly kind: 'plan'; readonly space: SpaceId; readonly plan: CheckPlan }
  | {
      readonly kind: 'presence';
      readonly space: SpaceId;
      readonly device: DeviceId;
      readonly user: UserId;
      readonly status: PresenceStatus;
      readonly text: string;
    }
  | { readonly kind: 'pace'; readonly pace: Pace }
  | { readonly kind: 'refusal'; readonly space: SpaceId | null; readonly refusal: Refusal }
  /** The token is of another user than the store: the connection is closed before anything is mixed. */
  | { readonly kind: 'other-user'; readonly owner: UserId; readonly user: UserId }
  /** Nothing goes on without the application; for the whole connection where the space is null. */
  | { readonly kind: 'stopped'; readonly space: SpaceId | null; readonly refusal: Refusal }
  | { readonly kind: 'server-notice'; readonly notice: NoticeKind; readonly inMs: number }
  | { readonly kind: 'connection'; readonly status: ConnectionStatus };

export interface Renumbered {
  readonly from: ChangeNumber;
  readonly to: ChangeNumber;
}

export interface Step {
  readonly effects: readonly Effect[];
  /** Why the command was refused; then nothing else has happened. */
  readonly refused: LocalRefusal | null;
  /** The numbers that the edits of a command were given. */
  readonly numbers: readonly ChangeNumber[];
}
