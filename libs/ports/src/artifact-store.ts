import type { DeviceId, SpaceKey, TenantId } from '@syncline/core';

/** What an artifact is, as whoever uploads it says. */
export interface ArtifactInfo {
  /** SHA-256 of the content. */
  readonly hash: Uint8Array;
  readonly sizeBytes: number;
  /** Of every chunk but the last. */
  readonly chunkBytes: number;
  readonly chunks: number;
  readonly mimeType: string;
  readonly encrypted: boolean;
  /** The devices that were given the key; empty for all that have the space's key. */
  readonly encryptedFor: readonly DeviceId[];
  /** 0 where it is not encrypted with the space's key. */
  readonly keyGeneration: number;
  /** SHA-256 of the content before encryption; null when not told. */
  readonly plainHash: Uint8Array | null;
  /** What the encryption needs beside the bytes; null for nothing. */
  readonly nonce: Uint8Array | null;
}

export interface ArtifactState extends ArtifactInfo {
  /** Chunks present without a gap from the first on: an upload goes on from here. */
  readonly chunksReceived: number;
  /** Chunks present in all. */
  readonly chunksStored: number;
  /** All chunks are there and their content has the hash. */
  readonly complete: boolean;
  /** All chunks were there, and their content had another hash or size; they are gone, and nothing has come since. */
  readonly corrupt: boolean;
  /** When it was begun, or its last chunk came. */
  readonly touchedAtMs: number;
}

/**
 * Content-addressed blobs of a space. Contract:
 * - `begin` is idempotent: what was begun first stands, and its state is the answer. Only what was found to be corrupt is
 *   begun anew, with what is told now.
 * - `putChunk` may be repeated and may come in any order; it changes nothing in a complete artifact. Null stands
 *   for an artifact that was not begun, or that has no chunk of this index.
 * - `complete` verifies the whole content against its hash and size; on a mismatch the artifact is corrupt from then on, and
 *   the answer is false. While chunks are missing it answers false and changes nothing.
 * - `verify` reads a complete artifact again and answers the hash of what is stored; where that is another one, the artifact
 *   is corrupt from then on. Null stands for an artifact that is not complete.
 * - A chunk is readable only while its artifact is complete.
 * - `states` answers those that there are, in the order asked for. `list` goes in the order of the hashes' bytes, from the one
 *   after `after` on.
 * - `usedBytes` adds up the sizes of all artifacts of a tenant, those that are still being uploaded with their full size; it
 *   locks nothing, and neither does any call lock another space.
 * - `removeAbandoned` removes what is not complete and was not touched since the time that is given.
 * - When a space is removed, its artifacts are gone with it.
 */
export interface ArtifactStore {
  begin(space: SpaceKey, info: ArtifactInfo, nowMs: number): Promise<ArtifactState>;
  state(space: SpaceKey, hash: Uint8Array): Promise<ArtifactState | null>;
  states(space: SpaceKey, hashes: readonly Uint8Array[]): Promise<readonly ArtifactState[]>;
  list(space: SpaceKey, after: Uint8Array | null, limit: number): Promise<readonly ArtifactState[]>;
  putChunk(
    space: SpaceKey,
    hash: Uint8Array,
    chunk: ArtifactChunk,
    nowMs: number,
  ): Promise<ArtifactState | null>;
  complete(space: SpaceKey, hash: Uint8Array): Promise<boolean>;
  verify(space: SpaceKey, hash: Uint8Array): Promise<Uint8Array | null>;
  chunk(space: SpaceKey, hash: Uint8Array, index: number): Promise<Uint8Array | null>;
  /** False when there was none. */
  remove(space: SpaceKey, hash: Uint8Array): Promise<boolean>;
  usedBytes(tenant: TenantId): Promise<number>;
  removeAbandoned(space: SpaceKey, untouchedSinceMs: number): Promise<{ readonly removed: number }>;
}

export interface ArtifactChunk {
  /** Counted from 0. */
  readonly index: number;
  readonly content: Uint8Array;
}
