import type { Limits } from '@syncline/core';
import type { ArtifactState } from '@syncline/ports';

/** An artifact as those who may read it are told of it. */
export interface ArtifactStanding extends Omit<ArtifactState, 'touchedAtMs'> {
  /** When it is forgotten, unless somebody goes on uploading it; null for never. */
  readonly expiresAtMs: number | null;
}

/** What is complete stays until it is released. */
export function artifactStanding(
  { touchedAtMs, ...state }: ArtifactState,
  { uploadResumeWithinMs }: Pick<Limits, 'uploadResumeWithinMs'>,
): ArtifactStanding {
  return { ...state, expiresAtMs: state.complete ? null : touchedAtMs + uploadResumeWithinMs };
}
