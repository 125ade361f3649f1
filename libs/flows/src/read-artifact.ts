import { type Answer, granted, refused, type SpaceKey } from '@syncline/core';
import type { ArtifactState, ArtifactStore } from '@syncline/ports';

export interface ReadArtifactDeps {
  readonly artifacts: Pick<ArtifactStore, 'state' | 'chunk' | 'verify'>;
}

/** Reads artifacts that are complete; of others it says what is wrong with them. */
export function readArtifact({ artifacts }: ReadArtifactDeps) {
  const whole = async (space: SpaceKey, hash: Uint8Array): Promise<Answer<ArtifactState>> => {
    const state = await artifacts.state(space, hash);
    if (state === null) return refused('ARTIFACT_NOT_FOUND');
    return state.complete ? granted(state) : refused('ARTIFACT_INCOMPLETE');
  };
  return {
    whole,
    chunk: async (space: SpaceKey, hash: Uint8Array, index: number): Promise<Answer<Uint8Array>> => {
      const content = await artifacts.chunk(space, hash, index);
      if (content !== null) return granted(content);
      const state = await whole(space, hash);
      if (!state.ok) return state;
      const description = `must be below ${state.value.chunks}, the number of chunks`;
      return refused('INVALID_ARGUMENT', { violations: [{ field: 'index', description }] });
    },
    /** Reads all of it again. */
    verify: async (space: SpaceKey, hash: Uint8Array): Promise<Answer<Verified>> => {
      const actual = await artifacts.verify(space, hash);
      const state = await artifacts.state(space, hash);
      if (state === null) return refused('ARTIFACT_NOT_FOUND');
      return actual === null ? refused('ARTIFACT_INCOMPLETE') : granted({ actual, state });
    },
  };
}

export interface Verified {
  /** The hash of what is stored. */
  readonly actual: Uint8Array;
  readonly state: ArtifactState;
}
