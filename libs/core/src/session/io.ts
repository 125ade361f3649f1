import type { Access } from '../access';
import type { Change } from '../changes';
import type { Cursor } from '../cursor';
import type { Delta, Reader } from '../delta';
import type {
  ChangeNumber,
  CollectionName,
  DeviceId,
  Epoch,
  SessionId,
  SpaceId,
  TenantId,
  UserId,
  Version,
} from '../ids';
import type {
  CheckPlan,
  CheckpointMessage,
  DeviceMessage,
  PageMessage,
  PresenceMessage,
  QuotaState,
  ServerMessage,
  Subscribe,
} from '../messages';
import type { Trail } from '../moments';
import type { PushResult } from '../outcomes';
import type { Announcement, EncodedEntries, PageContent } from '../pages';
import type { Priority } from '../pacing';
import type { ToldDigests } from '../digest';
import type { Refusal } from '../refusals';
import type { SchemaVersions } from '../shaped-entries';
import type { SavedSession } from './saved';

/** What happens to a session. Answers carry the ticket of the opening that they belong to. */
export type SessionInput =
  | { readonly kind: 'message'; readonly message: DeviceMessage }
  /** The device said something that cannot be taken as a message; `ends` where nothing behind it could be relied on. */
  | {
      readonly kind: 'unreadable';
      readonly about: DeviceMessage['kind'] | null;
      readonly space: SpaceId | null;
      readonly refusal: Refusal;
      readonly ends: boolean;
    }
  | { readonly kind: 'authenticated'; readonly identity: VerifiedDevice; readonly saved: SavedSession | null }
  | { readonly kind: 'not-authenticated'; readonly refusal: Refusal }
  | { readonly kind: 'opened'; readonly space: SpaceId; readonly ticket: number; readonly opening: Opening }
  | { readonly kind: 'planned'; readonly space: SpaceId; readonly ticket: number; readonly plan: CheckPlan }
  | {
      readonly kind: 'not-opened';
      readonly space: SpaceId;
      readonly ticket: number;
      readonly refusal: Refusal;
    }
  | {
      readonly kind: 'read';
      readonly space: SpaceId;
      readonly ticket: number;
      readonly delta: Delta<PageContent>;
    }
  | { readonly kind: 'not-read'; readonly space: SpaceId; readonly ticket: number; readonly refusal: Refusal }
  | { readonly kind: 'pushed'; readonly space: SpaceId; readonly ticket: number; readonly answer: PushAnswer }
  | {
      readonly kind: 'announced';
      readonly space: SpaceId;
      readonly announcement: Announcement;
      /** What was made of it for other sessions, and will be used for more. */
      readonly updates?: LiveUpdates;
    }
  | {
      readonly kind: 'presence';
      readonly space: SpaceId;
      readonly message: ServerMessage & { kind: 'presence' };
    }
  | { readonly kind: 'access'; readonly space: SpaceId; readonly access: Access | null }
  | { readonly kind: 'revoked' }
  /** The session is over for a reason that lies outside of it, such as a tenant that was suspended. */
  | { readonly kind: 'shut-out'; readonly refusal: Refusal }
  /** So many bytes have left for the device. */
  | { readonly kind: 'flushed'; readonly bytes: number }
  /** The gateway is about to stop; the device may take that long to move elsewhere. */
  | { readonly kind: 'draining'; readonly inMs: number }
  /** Comes at least every second. */
  | { readonly kind: 'tick' }
  | { readonly kind: 'disconnected' };

/**
 * What an announcement comes to for a scope: the very same messages for every device with that scope, so that they are signed
 * once and can be encoded once. By lane `a` of the scope's hash; they are looked up for every device, and a number is found
 * sooner than a text that would have to be made first.
 */
export type LiveUpdates = Map<number, LiveUpdate[]>;

export interface LiveUpdate {
  /** Where it leads to. */
  readonly cursor: Cursor;
  /** Null where the scope shows none of the entries. */
  readonly page: PageMessage | null;
  readonly checkpoint: CheckpointMessage;
}

export interface VerifiedDevice {
  readonly tenant: TenantId;
  readonly user: UserId;
  readonly expiresAtMs: number;
}

/** What opening a space found. */
export interface Opening {
  readonly access: Access;
  readonly epoch: Epoch;
  readonly head: Version;
  readonly digests: ToldDigests;
  /** Where to read on: at the device's own cursor, or at the beginning. */
  readonly cursor: Cursor;
  /** Why the device has to start over; null when it goes on. */
  readonly reset: Refusal | null;
  readonly lastNumber: ChangeNumber;
  /** Collections in which device and server differ although they stand at the same version. */
  readonly mismatched: readonly CollectionName[];
  /** How often rules had been declared. */
  readonly rulesChanges: number;
}

export interface PushAnswer {
  readonly result: PushResult;
  /** Changes that the rate limits still allow at once. */
  readonly changesRemaining: number;
  /** Those that are nearly used up, where they were looked at. */
  readonly quotas?: readonly QuotaState[];
}

/** A page as it goes out where it was encoded before. */
export interface EncodedPageMessage {
  readonly kind: 'encoded-page';
  readonly space: SpaceId;
  readonly entries: EncodedEntries;
  readonly cursor: Uint8Array;
}

export type SentMessage = ServerMessage | EncodedPageMessage;

/** For worlds in which messages go from hand to hand: nobody in them encodes a page. */
export function plainMessage(message: SentMessage): ServerMessage {
  if (message.kind === 'encoded-page') throw new TypeError('a page was encoded where nobody decodes it');
  return message;
}

/** What the shell around a session is to do, in this order. */
export type SessionEffect =
  | {
      readonly do: 'send';
      readonly message: SentMessage;
      readonly priority: Priority;
      readonly bytes: number;
    }
  | {
      readonly do: 'authenticate';
      readonly token: string;
      readonly device: DeviceId;
      readonly resume: SessionId | null;
    }
  | { readonly do: 'open'; readonly ticket: number; readonly request: OpenRequest }
  | { readonly do: 'plan'; readonly ticket: number; readonly request: Subscribe }
  | { readonly do: 'watch'; readonly space: SpaceId }
  | { readonly do: 'unwatch'; readonly space: SpaceId; readonly trail: Trail | null }
  | {
      readonly do: 'read';
      readonly space: SpaceId;
      readonly ticket: number;
      readonly reader: Reader;
      readonly cursor: Cursor;
      /** The highest version that this session has heard of. */
      readonly knownHead: Version;
    }
  | {
      readonly do: 'push';
      readonly space: SpaceId;
      readonly ticket: number;
      readonly user: UserId;
      readonly device: DeviceId;
      readonly access: Access;
      readonly changes: readonly Change[];
      readonly schemaVersions?: SchemaVersions;
    }
  | {
      readonly do: 'acknowledge';
      readonly space: SpaceId;
      readonly cursor: Uint8Array;
      /** The checkpoint that the device stands at; null where it says only that it is still there. */
      readonly version: Version | null;
    }
  | { readonly do: 'show-presence'; readonly presence: PresenceMessage }
  | { readonly do: 'save'; readonly session: SavedSession }
  | { readonly do: 'forget'; readonly session: SessionId }
  | { readonly do: 'close' };

export interface OpenRequest {
  readonly subscribe: Subscribe;
  /** The space is opened anew although the device did nothing, for this reason. */
  readonly restart: Refusal | null;
}
