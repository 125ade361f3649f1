import type {
  ChangeNumber,
  CollectionName,
  DeviceId,
  Patch,
  PresenceStatus,
  RecordId,
  RecordImage,
  Refusal,
  Scope,
  ServerMessage,
  SpaceId,
  SyncMode,
  Version,
} from '@syncline/core';
import type { DeviceSnapshot, RecordRef } from './store';

interface EditBase {
  readonly collection: CollectionName;
  readonly id: RecordId;
  /** Open conflicts, by the ids of their ledger records, that this edit settles. */
  readonly resolves?: readonly RecordId[];
  /** W3C traceparent. */
  readonly trace?: string;
  /**
   * Where a record holds several contents: those that this edit replaces, by the changes that wrote them. Without, it
   * replaces all that the device knows of.
   */
  readonly seen?: readonly Dot[];
  /** Is sent at once, with what was made before it, however slowly the server asked to go on. */
  readonly critical?: true;
}

/** Names a change. */
export interface Dot {
  readonly device: DeviceId;
  readonly number: ChangeNumber;
}

/** What the application wants to do to one record. */
export type Edit =
  | (EditBase & { readonly kind: 'create' | 'update'; readonly payload: Uint8Array })
  | (EditBase & { readonly kind: 'patch'; readonly patch: Patch })
  /** Of a data type that the engine was given. A record of an engine for updates comes about by its first ones. */
  | (EditBase & { readonly kind: 'operations'; readonly type: string; readonly operations: Uint8Array })
  | (EditBase & { readonly kind: 'delete' });

export type Command =
  /** Begins to follow a space, or changes its scope or mode. */
  | { readonly kind: 'follow'; readonly space: SpaceId; readonly scope?: Scope; readonly mode?: SyncMode }
  /** Forgets the space and its copy; with `force` also changes that were not sent. */
  | { readonly kind: 'unfollow'; readonly space: SpaceId; readonly force?: boolean }
  /** All edits or none; they travel in one push where they fit. */
  | { readonly kind: 'change'; readonly space: SpaceId; readonly edits: readonly Edit[] }
  | { readonly kind: 'retry-failed'; readonly space: SpaceId; readonly failed: number }
  | { readonly kind: 'discard-failed'; readonly space: SpaceId; readonly failed: number }
  /** Checks now, also what was stopped or waits for its next try. */
  | { readonly kind: 'sync-now'; readonly space?: SpaceId }
  | { readonly kind: 'set-mode'; readonly space: SpaceId; readonly mode: SyncMode }
  | { readonly kind: 'go-online' }
  | { readonly kind: 'go-offline' }
  | {
      readonly kind: 'presence';
      readonly space: SpaceId;
      readonly status: PresenceStatus;
      readonly text?: string;
    }
  /** The answer to the effect `ask-token`; welcome at any time. */
  | { readonly kind: 'token'; readonly token: string };

/** Each names the connection of its `connect` effect; what comes from an earlier one is ignored. */
export type TransportEvent =
  | { readonly kind: 'connected'; readonly connection: number }
  | { readonly kind: 'message'; readonly connection: number; readonly message: ServerMessage }
  | { readonly kind: 'disconnected'; readonly connection: number }
  | { readonly kind: 'connect-failed'; readonly connection: number; readonly refusal?: Refusal };

type SpaceTimer = 'answer' | 'push' | 'restart';
export type TimerName = 'retry' | 'greeting' | 'drain' | `${SpaceTimer}:${string}`;

export type Input =
  | Command
  | TransportEvent
  | { readonly kind: 'timer'; readonly timer: TimerName }
  /** What the store holds, to be given before anything else. */
  | { readonly kind: 'restored'; readonly stored: DeviceSnapshot }
  | Repaired;

/**
 * The answer to the effect `repair`: what differed, as the server held it at the version `asOf`. With nothing in it
 * where the comparison failed: if the next digest differs again, the space starts over.
 */
export interface Repaired {
  readonly kind: 'repaired';
  readonly space: SpaceId;
  readonly asOf: Version;
  readonly records: readonly RecordImage[];
  readonly gone: readonly RecordRef[];
}

export interface StepDeps {
  readonly nowMs: number;
  /** From 0 up to, but not including, 1. */
  readonly chance: number;
}
