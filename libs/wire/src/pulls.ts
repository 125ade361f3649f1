import type {
  Answer,
  CheckpointMessage,
  ChangeNumber,
  CollectionName,
  ToldDigests,
  Epoch,
  KnownCollection,
  Pace,
  PageMessage,
  Role,
  Scope,
  SpaceId,
} from '@syncline/core';
import { type Page, type PullRequest, type PullResponse, Role as ProtoRole } from '@syncline/proto';
import { type Caller, callerFromProto, callerToProto } from './callers';
import { checkpointFromProto, checkpointToProto } from './checkpoints';
import type { Compressor } from './compressor';
import { digestsFromProto, digestsToProto } from './digests';
import { uint32 } from './encoding';
import { roles } from './identity';
import { knownCollectionFromProto, knownCollectionToProto } from './known-collections';
import { packedPageToProto, pageFromProto, pageToProto } from './pages';
import { bytesOrNull, each, idIn, inside, NO_BYTES, reading, whole } from './place';
import { paceOrNothing, paceOrNull } from './polling';
import { scopeFromProto, scopeToProto } from './scopes';
import { collectionsFromProto, type ResetMessage, resetFromProto, resetToProto } from './subscribed';

/** What a client that polls lacks, and in the same call what it has seen so far. */
export interface PullCall {
  readonly caller: Caller;
  readonly space: SpaceId;
  readonly scope: Scope;
  /** Null to begin. */
  readonly cursor: Uint8Array | null;
  /** Of the last checkpoint that the device has stored; null for none. */
  readonly acknowledged: Uint8Array | null;
  /** Null for what the server thinks fit. */
  readonly bytesMax: number | null;
  readonly digests: ToldDigests;
}

export function pullCallToProto(call: PullCall): PullRequest {
  const { caller, space, scope, cursor, acknowledged, bytesMax, digests } = call;
  return {
    caller: callerToProto(caller),
    space,
    scope: scopeToProto(scope),
    cursor: cursor ?? NO_BYTES,
    acknowledgedCursor: acknowledged ?? NO_BYTES,
    bytesMax: bytesMax === null ? 0 : uint32(bytesMax),
    digests: digestsToProto(digests),
  };
}

export function pullCallFromProto(proto: PullRequest): Answer<PullCall> {
  return reading('', (at) => {
    const bytesMax = whole(at, 'bytes_max', proto.bytesMax);
    return {
      caller: callerFromProto(proto.caller, at),
      space: idIn<SpaceId>(at, 'space', proto.space),
      scope: scopeFromProto(proto.scope, at),
      cursor: bytesOrNull(proto.cursor),
      acknowledged: bytesOrNull(proto.acknowledgedCursor),
      bytesMax: bytesMax === 0 ? null : bytesMax,
      digests: digestsFromProto(proto.digests, at, 'digests'),
    };
  });
}

export interface Pulled {
  readonly reset: ResetMessage | null;
  readonly pages: readonly PageMessage[];
  /** Null while there is more to pull. */
  readonly checkpoint: CheckpointMessage | null;
  readonly lastNumber: ChangeNumber;
  readonly epoch: Epoch;
  /** Null where it was not told. */
  readonly role: Role | null;
  readonly collections: readonly KnownCollection[];
  readonly mismatched: readonly CollectionName[];
  readonly pace: Pace | null;
  readonly serverTimeMs: number;
}

/** How pages are packed for a device that can read them so; smaller ones go as they are. */
export interface Packing {
  readonly compressor: Compressor;
  readonly packBytesMin: number;
}

export function pulledToProto(pulled: Pulled, packing: Packing | null = null): PullResponse {
  const { reset, pages, checkpoint, lastNumber, epoch, role, collections, mismatched, pace } = pulled;
  return {
    reset: reset === null ? undefined : resetToProto(reset),
    pages: pages.map((page) =>
      packing === null
        ? pageToProto(page)
        : packedPageToProto(page, packing.compressor, packing.packBytesMin),
    ),
    checkpoint: checkpoint === null ? undefined : checkpointToProto(checkpoint),
    lastChangeNumber: lastNumber,
    mismatchedCollections: [...mismatched],
    pace: paceOrNothing(pace),
    epoch,
    role: role === null ? ProtoRole.UNSPECIFIED : roles.code(role),
    collections: collections.map(knownCollectionToProto),
    serverTimeMs: pulled.serverTimeMs,
  };
}

export function pulledFromProto(proto: PullResponse, compressor: Compressor | null = null): Answer<Pulled> {
  const { reset, checkpoint } = proto;
  return reading('', (at) => ({
    reset: reset === undefined ? null : resetFromProto(reset, inside(at, 'reset')),
    pages: each<Page, PageMessage>(at, 'pages', proto.pages, (page, within) =>
      pageFromProto(page, within, compressor),
    ),
    checkpoint: checkpoint === undefined ? null : checkpointFromProto(checkpoint, inside(at, 'checkpoint')),
    lastNumber: whole(at, 'last_change_number', proto.lastChangeNumber),
    epoch: whole(at, 'epoch', proto.epoch),
    role: roles.name(proto.role),
    collections: each(at, 'collections', proto.collections, knownCollectionFromProto),
    serverTimeMs: whole(at, 'server_time_ms', proto.serverTimeMs),
    mismatched: collectionsFromProto(proto.mismatchedCollections, at, 'mismatched_collections'),
    pace: paceOrNull(proto.pace, at),
  }));
}
