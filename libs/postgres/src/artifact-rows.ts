import type { DeviceId } from '@syncline/core';
import type { ArtifactInfo, ArtifactState } from '@syncline/ports';
import type { Param } from './sql';

export interface ArtifactRow {
  readonly hash: Uint8Array;
  readonly size_bytes: number;
  readonly chunk_bytes: number;
  readonly chunks: number;
  readonly mime_type: string;
  readonly encrypted: boolean;
  readonly encrypted_for: readonly DeviceId[];
  readonly key_generation: number;
  readonly plain_hash: Uint8Array | null;
  readonly nonce: Uint8Array | null;
  readonly received: number;
  readonly stored: number;
  readonly complete: boolean;
  readonly corrupt: boolean;
  readonly touched_at_ms: number;
}

/** What is told when an upload begins, in the order of `infoParams`. */
export const INFO_COLUMNS =
  'size_bytes, chunk_bytes, chunks, mime_type, encrypted, encrypted_for, key_generation, plain_hash, nonce, touched_at_ms';
export const ARTIFACT_COLUMNS = `hash, ${INFO_COLUMNS}, received, stored, complete, corrupt`;

/** $3 to $12 of a statement whose first two are the space and the hash. */
export const INFO_VALUES =
  '$3::int8, $4::int8, $5::int8, $6::text, $7::bool, $8::text::jsonb, $9::int8, $10::bytea, $11::bytea, $12::int8';

export function infoParams(info: ArtifactInfo, nowMs: number): Param[] {
  return [
    info.sizeBytes,
    info.chunkBytes,
    info.chunks,
    info.mimeType,
    info.encrypted,
    JSON.stringify(info.encryptedFor),
    info.keyGeneration,
    info.plainHash,
    info.nonce,
    nowMs,
  ];
}

export function artifactOf(row: ArtifactRow): ArtifactState {
  return {
    hash: row.hash,
    sizeBytes: row.size_bytes,
    chunkBytes: row.chunk_bytes,
    chunks: row.chunks,
    mimeType: row.mime_type,
    encrypted: row.encrypted,
    encryptedFor: row.encrypted_for,
    keyGeneration: row.key_generation,
    plainHash: row.plain_hash,
    nonce: row.nonce,
    chunksReceived: row.received,
    chunksStored: row.stored,
    complete: row.complete,
    corrupt: row.corrupt,
    touchedAtMs: row.touched_at_ms,
  };
}
