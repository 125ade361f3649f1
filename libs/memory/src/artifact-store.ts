import { createHash } from 'node:crypto';
import { sameBytes, type SpaceKey, type TenantId, tenantOf } from '@syncline/core';
import type { ArtifactInfo, ArtifactState, ArtifactStore } from '@syncline/ports';
import type { StoreTables } from './store-tables';

export interface Artifact {
  readonly info: ArtifactInfo;
  readonly chunks: Map<number, Uint8Array>;
  complete: boolean;
  corrupt: boolean;
  touchedAtMs: number;
}

/** Those of one space, by their hashes in hexadecimal. */
export type SpaceArtifacts = Map<string, Artifact>;

type Tables = Pick<StoreTables, 'artifacts'>;

export function artifactStore({ artifacts }: Tables): ArtifactStore {
  const inSpace = (space: SpaceKey): SpaceArtifacts => artifacts.get(space) ?? new Map<never, never>();
  const find = (space: SpaceKey, hash: Uint8Array) => inSpace(space).get(hexOf(hash));
  const enter = (space: SpaceKey, info: ArtifactInfo, nowMs: number): Artifact => {
    const artifact = { info, chunks: new Map(), complete: false, corrupt: false, touchedAtMs: nowMs };
    artifacts.set(space, inSpace(space).set(hexOf(info.hash), artifact));
    return artifact;
  };

  return {
    async begin(space, info, nowMs) {
      const known = find(space, info.hash);
      return stateOf(known === undefined || known.corrupt ? enter(space, info, nowMs) : known);
    },
    async state(space, hash) {
      const artifact = find(space, hash);
      return artifact === undefined ? null : stateOf(artifact);
    },
    states: async (space, hashes) => hashes.flatMap((hash) => find(space, hash) ?? []).map(stateOf),
    async list(space, after, limit) {
      const later = [...inSpace(space)].filter(([name]) => after === null || name > hexOf(after));
      return later
        .sort(([left], [right]) => (left < right ? -1 : 1))
        .slice(0, limit)
        .map(([, artifact]) => stateOf(artifact));
    },
    async putChunk(space, hash, { index, content }, nowMs) {
      const artifact = find(space, hash);
      if (artifact === undefined || index < 0 || index >= artifact.info.chunks) return null;
      if (artifact.complete) return stateOf(artifact);
      // The caller may use its buffer again.
      artifact.chunks.set(index, content.slice());
      return stateOf(Object.assign(artifact, { corrupt: false, touchedAtMs: nowMs }));
    },
    async complete(space, hash) {
      const artifact = find(space, hash);
      if (artifact === undefined) return false;
      if (artifact.complete) return true;
      if (artifact.chunks.size < artifact.info.chunks || artifact.corrupt) return false;
      return settle(artifact, isWhole(artifact));
    },
    async verify(space, hash) {
      const artifact = find(space, hash);
      if (!artifact?.complete) return null;
      const found = contentOf(artifact).hash;
      settle(artifact, sameBytes(found, hash));
      return found;
    },
    async chunk(space, hash, index) {
      const artifact = find(space, hash);
      return artifact?.complete ? (artifact.chunks.get(index) ?? null) : null;
    },
    remove: async (space, hash) => inSpace(space).delete(hexOf(hash)),
    usedBytes: async (tenant) => usedBytes({ artifacts }, tenant),
    async removeAbandoned(space, untouchedSinceMs) {
      let removed = 0;
      for (const [name, { complete, touchedAtMs }] of inSpace(space)) {
        if (!complete && touchedAtMs < untouchedSinceMs && inSpace(space).delete(name)) removed++;
      }
      return { removed };
    },
  };
}

export function usedBytes({ artifacts }: Tables, tenant: TenantId): number {
  const own = [...artifacts].filter(([space]) => tenantOf(space) === tenant);
  return own
    .flatMap(([, held]) => [...held.values()])
    .reduce((sum, { info: { sizeBytes } }) => sum + sizeBytes, 0);
}

const hexOf = (hash: Uint8Array): string => Buffer.from(hash).toString('hex');

function stateOf({ info, chunks, complete, corrupt, touchedAtMs }: Artifact): ArtifactState {
  let chunksReceived = 0;
  while (chunks.has(chunksReceived)) chunksReceived++;
  return { ...info, chunksReceived, chunksStored: chunks.size, complete, corrupt, touchedAtMs };
}

function settle(artifact: Artifact, isRight: boolean): boolean {
  artifact.complete = isRight;
  artifact.corrupt = !isRight;
  if (!isRight) artifact.chunks.clear();
  return isRight;
}

function isWhole(artifact: Artifact): boolean {
  const { sizeBytes, hash } = contentOf(artifact);
  return sizeBytes === artifact.info.sizeBytes && sameBytes(hash, artifact.info.hash);
}

function contentOf({ info, chunks }: Artifact): { readonly sizeBytes: number; readonly hash: Uint8Array } {
  const sha256 = createHash('sha256');
  let sizeBytes = 0;
  for (let index = 0; index < info.chunks; index++) {
    const chunk = chunks.get(index)!;
    sha256.update(chunk);
    sizeBytes += chunk.length;
  }
  return { sizeBytes, hash: new Uint8Array(sha256.digest()) };
}
