import type { SpaceKey } from '@syncline/core';

export interface ArtifactInfo {
  /** SHA-256 of the content. */
  readonly hash: Uint8Array;
  readonly sizeBytes: number;
  readonly chunks: number;
  readonly mimeType: string;
  readonly encrypted: boolean;
}

export interface ArtifactState extends ArtifactInfo {
  /** Chunks present without a gap from the first on: an upload goes on from here. */
  readonly chunksReceived: number;
  /** All chunks are there and their content has the hash. */
  readonly complete: boolean;
}

/**
 * Content-addressed blobs of a space. Contract:
 * - `begin` is idempotent: what was begun first stands, and its state is the answer.
 * - `putChunk` may be repeated and may come in any order; it changes nothing in a complete artifact. Null stands
 *   for an artifact that was not begun, or that has no chunk of this index.
 * - `complete` verifies the whole content against its hash and size; on a mismatch it drops the chunks and answers
 *   false. While chunks are missing it answers false and keeps the others.
 * - A chunk is readable only once its artifact is complete.
 */
export interface ArtifactStore {
  begin(space: SpaceKey, info: ArtifactInfo): Promise<ArtifactState>;
  state(space: SpaceKey, hash: Uint8Array): Promise<ArtifactState | null>;
  putChunk(
    space: SpaceKey,
    hash: Uint8Array,
    index: number,
    content: Uint8Array,
  ): Promise<ArtifactState | null>;
  complete(space: SpaceKey, hash: Uint8Array): Promise<boolean>;
  chunk(space: SpaceKey, hash: Uint8Array, index: number): Promise<Uint8Array | null>;
  remove(space: SpaceKey, hash: Uint8Array): Promise<void>;
}
