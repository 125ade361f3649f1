import { bytesOfHex, hexOf, type SpaceKey } from '@syncline/core';
import type { ArtifactState, ArtifactStore } from '@syncline/ports';
import { type Listed, listedBy, type PartRequest } from './parts';

export interface ListArtifactsDeps {
  readonly artifacts: Pick<ArtifactStore, 'list'>;
}

/** The artifacts of a space, part by part; a part begins behind a hash, in hexadecimal. */
export function listArtifacts({ artifacts }: ListArtifactsDeps) {
  return (space: SpaceKey, part: PartRequest<string>): Promise<Listed<ArtifactState>> =>
    listedBy(
      part,
      ({ hash }) => hexOf(hash),
      (after, limit) => artifacts.list(space, after === null ? null : bytesOfHex(after), limit),
    );
}
