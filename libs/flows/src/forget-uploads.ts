import type { Limits, SpaceKey } from '@syncline/core';
import type { ArtifactStore, Clock } from '@syncline/ports';

export interface ForgetUploadsDeps {
  readonly artifacts: Pick<ArtifactStore, 'removeAbandoned'>;
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'uploadResumeWithinMs'>;
}

/** Forgets the uploads of a space that nobody goes on with, and says how many they were. */
export function forgetUploads({ artifacts, clock, limits }: ForgetUploadsDeps) {
  return async (space: SpaceKey): Promise<number> => {
    const { removed } = await artifacts.removeAbandoned(space, clock.nowMs() - limits.uploadResumeWithinMs);
    return removed;
  };
}
