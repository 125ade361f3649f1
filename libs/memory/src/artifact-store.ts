import { createHash } from 'node:crypto';
import type { SpaceKey } from '@syncline/core';
import type { ArtifactInfo, ArtifactState, ArtifactStore } from '@syncline/ports';

interface Artifact {
  readonly info: ArtifactInfo;
  readonly chunks: Map<number, Uint8Array>;
  complete: boolean;
}

export function memoryArtifacts(): ArtifactStore {
  const artifacts = new Map<string, Artifact>();
  const keyOf = (space: SpaceKey, hash: Uint8Array) => `${space}\u0000${Buffer.from(hash).toString('hex')}`;
  const find = (space: SpaceKey, hash: Uint8Array) => artifacts.get(keyOf(space, hash));

  return {
    async begin(space, info) {
      const artifact = find(space, info.hash) ?? { info, chunks: new Map(), complete: false };
      artifacts.set(keyOf(space, info.hash), artifact);
      return stateOf(artifact);
    },
    async state(space, hash) {
      const artifact = find(space, hash);
      return artifact === undefined ? null : stateOf(artifact);
    },
    async putChunk(space, hash, index, content) {
      const artifact = find(space, hash);
      if (artifact === undefined || index < 0 || index >= artifact.info.chunks) return null;
      // The caller may use its buffer again.
      if (!artifact.complete) artifact.chunks.set(index, content.slice());
      return stateOf(artifact);
    },
    async complete(space, hash) {
      const artifact = find(space, hash);
      if (artifact === undefined) return false;
      if (artifact.complete) return true;
      if (artifact.chunks.size < artifact.info.chunks) return false;
      artifact.complete = isWhole(artifact);
      if (!artifact.complete) artifact.chunks.clear();
      return artifact.complete;
    },
    async chunk(space, hash, index) {
      const artifact = find(space, hash);
      return artifact?.complete ? (artifact.chunks.get(index) ?? null) : null;
    },
    async remove(space, hash) {
      artifacts.delete(keyOf(space, hash));
    },
  };
}

function stateOf({ info, chunks, complete }: Artifact): ArtifactState {
  let chunksReceived = 0;
  while (chunks.has(chunksReceived)) chunksReceived++;
  return { ...info, chunksReceived, complete };
}

function isWhole({ info, chunks }: Artifact): boolean {
  const sha256 = createHash('sha256');
  let sizeBytes = 0;
  for (let index = 0; index < info.chunks; index++) {
    const chunk = chunks.get(index)!;
    sha256.update(chunk);
    sizeBytes += chunk.length;
  }
  return sizeBytes === info.sizeBytes && sha256.digest().equals(info.hash);
}
