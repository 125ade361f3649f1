import type { DeviceId, SpaceId } from '@syncline/core';
import type { ArtifactInfo, ArtifactStanding, SentChunk } from '@syncline/flows';
import type {
  DownloadArtifactRequest,
  DownloadArtifactResponse,
  UploadArtifactRequest,
  UploadArtifactResponse,
} from '@syncline/proto';
import {
  chunkFromProto,
  chunkToProto,
  hashIn,
  metadataFromProto,
  metadataPart,
  metadataToProto,
  spaceIn,
  standingPart,
  standingToProto,
} from './artifacts';
import { uint32 } from './encoding';
import { pair, wholeOrNull } from './pair';
import { idIn, inside, type Place, whole, wrong } from './place';

const PRIORITY_MAX = 255;

export interface BeginUpload {
  readonly kind: 'begin';
  readonly space: SpaceId;
  readonly device: DeviceId;
  readonly info: ArtifactInfo;
  /** 0 last, 255 first. */
  readonly priority: number;
}

/** What a device says on the stream of an upload; null for what is not known. */
export type UploadMessage = BeginUpload | { readonly kind: 'chunk'; readonly chunk: SentChunk } | null;

export const uploadMessage = pair<UploadArtifactRequest, UploadMessage>(
  (message) => ({ message: message === null ? undefined : uploadToProto(message) }),
  ({ message }, at) => {
    if (message === undefined) return null;
    if (message.$case === 'chunk')
      return { kind: 'chunk', chunk: chunkFromProto(message.chunk, inside(at, 'chunk')) };
    const { begin } = message;
    const within = inside(at, 'begin');
    return {
      kind: 'begin',
      space: spaceIn(within, begin.space),
      device: idIn<DeviceId>(within, 'device', begin.device),
      info: metadataPart(begin.metadata, within),
      priority: priorityIn(within, begin.priority),
    };
  },
);

function uploadToProto(message: Exclude<UploadMessage, null>): UploadArtifactRequest['message'] {
  if (message.kind === 'chunk') return { $case: 'chunk', chunk: chunkToProto(message.chunk) };
  const { space, device, info, priority } = message;
  return { $case: 'begin', begin: { space, device, metadata: metadataToProto(info), priority } };
}

/** How an upload goes on. */
export interface UploadProgress {
  readonly standing: ArtifactStanding;
  readonly delayMs: number;
  readonly done: boolean;
}

export const uploadProgress = pair<UploadArtifactResponse, UploadProgress>(
  ({ standing, delayMs, done }) => ({
    status: standingToProto(standing),
    delayMs: uint32(delayMs),
    done,
  }),
  ({ status, delayMs, done }, at) => ({ standing: standingPart(status, at), delayMs, done }),
);

export interface DownloadCall {
  readonly space: SpaceId;
  readonly device: DeviceId;
  readonly hash: Uint8Array;
  readonly fromChunk: number;
  /** Null for all that follow. */
  readonly chunks: number | null;
  /** 0 last, 255 first. */
  readonly priority: number;
}

export const downloadCall = pair<DownloadArtifactRequest, DownloadCall>(
  ({ space, device, hash, fromChunk, chunks, priority }) => ({
    space,
    device,
    sha256: hash,
    fromChunk,
    chunkCount: chunks ?? 0,
    priority,
  }),
  (proto, at) => ({
    space: spaceIn(at, proto.space),
    device: idIn<DeviceId>(at, 'device', proto.device),
    hash: hashIn(at, 'sha256', proto.sha256),
    fromChunk: whole(at, 'from_chunk', proto.fromChunk),
    chunks: wholeOrNull(at, 'chunk_count', proto.chunkCount),
    priority: priorityIn(at, proto.priority),
  }),
);

/** A piece of a download; null for what is not known. */
export type DownloadPart =
  | { readonly kind: 'metadata'; readonly info: ArtifactInfo }
  | { readonly kind: 'chunk'; readonly chunk: SentChunk }
  | null;

export const downloadPart = pair<DownloadArtifactResponse, DownloadPart>(
  (part) => ({ message: part === null ? undefined : partToProto(part) }),
  ({ message }, at) => {
    if (message === undefined) return null;
    return message.$case === 'chunk'
      ? { kind: 'chunk', chunk: chunkFromProto(message.chunk, inside(at, 'chunk')) }
      : { kind: 'metadata', info: metadataFromProto(message.metadata, inside(at, 'metadata')) };
  },
);

function partToProto(part: Exclude<DownloadPart, null>): DownloadArtifactResponse['message'] {
  return part.kind === 'chunk'
    ? { $case: 'chunk', chunk: chunkToProto(part.chunk) }
    : { $case: 'metadata', metadata: metadataToProto(part.info) };
}

function priorityIn(at: Place, priority: number): number {
  if (priority > PRIORITY_MAX) wrong(at, 'priority', `must be at most ${PRIORITY_MAX}`);
  return priority;
}
