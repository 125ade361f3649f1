import type { DeviceId, SpaceId } from '@syncline/core';
import type { ArtifactInfo, ArtifactStanding, SentChunk } from '@syncline/flows';
import {
  ArtifactChunk,
  ArtifactMetadata,
  ArtifactState,
  ArtifactStatus,
  type ArtifactChunk as ProtoChunk,
  type ArtifactMetadata as ProtoMetadata,
  type ArtifactStatus as ProtoStatus,
} from '@syncline/proto';
import { uint32 } from './encoding';
import { textIn, wholeOrNull } from './pair';
import { bytesOrNull, idIn, inside, NO_BYTES, partOf, type Place, whole, wrong } from './place';

const HASH_BYTES = 32;
const NONCE_BYTES_MAX = 64;
const ENCRYPTED_FOR_MAX = 1_000;

export function hashIn(at: Place, name: string | number, bytes: Uint8Array): Uint8Array {
  if (bytes.length !== HASH_BYTES) wrong(at, name, `must have ${HASH_BYTES} bytes`);
  return bytes;
}

export function spaceIn(at: Place, space: string): SpaceId {
  return idIn<SpaceId>(at, 'space', space);
}

export function metadataToProto(info: ArtifactInfo): ProtoMetadata {
  return {
    sha256: info.hash,
    sizeBytes: info.sizeBytes,
    chunkBytes: info.chunkBytes,
    chunkCount: info.chunks,
    mimeType: info.mimeType,
    encrypted: info.encrypted,
    encryptedFor: [...info.encryptedFor],
    keyGeneration: info.keyGeneration,
    plainSha256: info.plainHash ?? NO_BYTES,
    nonce: info.nonce ?? NO_BYTES,
  };
}

export function metadataPart(part: ProtoMetadata | undefined, above: Place): ArtifactInfo {
  const blank = {
    create: () => ArtifactMetadata.create({ sha256: new Uint8Array(HASH_BYTES), chunkBytes: 1 }),
  };
  return metadataFromProto(partOf(above, 'metadata', part, blank), inside(above, 'metadata'));
}

export function metadataFromProto(proto: ProtoMetadata, at: Place): ArtifactInfo {
  const { plainSha256, nonce, encryptedFor, encrypted } = proto;
  const sizeBytes = whole(at, 'size_bytes', proto.sizeBytes);
  const chunkBytes = whole(at, 'chunk_bytes', proto.chunkBytes);
  if (chunkBytes === 0) wrong(at, 'chunk_bytes', 'must be at least 1');
  else if (proto.chunkCount !== Math.ceil(sizeBytes / chunkBytes))
    wrong(at, 'chunk_count', 'must be size_bytes by chunk_bytes, rounded up');
  if (nonce.length > NONCE_BYTES_MAX) wrong(at, 'nonce', `must have at most ${NONCE_BYTES_MAX} bytes`);
  if (encryptedFor.length > ENCRYPTED_FOR_MAX)
    wrong(at, 'encrypted_for', `must be at most ${ENCRYPTED_FOR_MAX}`);
  if (plainSha256.length > 0) hashIn(at, 'plain_sha256', plainSha256);
  return {
    hash: hashIn(at, 'sha256', proto.sha256),
    sizeBytes,
    chunkBytes,
    chunks: proto.chunkCount,
    mimeType: textIn(at, 'mime_type', proto.mimeType),
    encrypted,
    encryptedFor: encryptedFor.map((device) => idIn<DeviceId>(at, 'encrypted_for', device)),
    keyGeneration: proto.keyGeneration,
    plainHash: bytesOrNull(plainSha256),
    nonce: bytesOrNull(nonce),
  };
}

export function chunkToProto({ index, content, crc32c }: SentChunk): ProtoChunk {
  return { index, data: content, crc32c: crc32c ?? undefined };
}

export function chunkPart(part: ProtoChunk | undefined, above: Place): SentChunk {
  return chunkFromProto(partOf(above, 'chunk', part, ArtifactChunk), inside(above, 'chunk'));
}

export function chunkFromProto({ index, data, crc32c }: ProtoChunk, at: Place): SentChunk {
  return { index: whole(at, 'index', index), content: data, crc32c: crc32c ?? null };
}

/** No record can refer to an artifact yet, so none does. */
export function standingToProto(standing: ArtifactStanding): ProtoStatus {
  return {
    metadata: metadataToProto(standing),
    state: stateOf(standing),
    contiguousChunks: uint32(standing.chunksReceived),
    receivedChunks: uint32(standing.chunksStored),
    referenceCount: 0,
    expiresAtMs: standing.expiresAtMs ?? 0,
  };
}

export function standingPart(part: ProtoStatus | undefined, above: Place): ArtifactStanding {
  const blank = { create: () => ArtifactStatus.create({ state: ArtifactState.INCOMPLETE }) };
  return standingFromProto(partOf(above, 'status', part, blank), inside(above, 'status'));
}

export function standingFromProto(proto: ProtoStatus, at: Place): ArtifactStanding {
  const { state } = proto;
  if (!(state in STATES)) wrong(at, 'state', 'must be a known value');
  return {
    ...metadataPart(proto.metadata, at),
    ...STATES[state as keyof typeof STATES],
    chunksReceived: proto.contiguousChunks,
    chunksStored: proto.receivedChunks,
    expiresAtMs: wholeOrNull(at, 'expires_at_ms', proto.expiresAtMs),
  };
}

const STATES = {
  [ArtifactState.INCOMPLETE]: { complete: false, corrupt: false },
  [ArtifactState.COMPLETE]: { complete: true, corrupt: false },
  [ArtifactState.CORRUPT]: { complete: false, corrupt: true },
} as const;

function stateOf({ complete, corrupt }: ArtifactStanding): ArtifactState {
  if (complete) return ArtifactState.COMPLETE;
  return corrupt ? ArtifactState.CORRUPT : ArtifactState.INCOMPLETE;
}
