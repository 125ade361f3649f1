import type { SpaceId } from '@syncline/core';
import type { ArtifactInfo, ArtifactStanding, Listed, PartRequest, SentChunk } from '@syncline/flows';
import type {
  GetArtifactStatusRequest,
  GetArtifactStatusResponse,
  GetChunkRequest,
  GetChunkResponse,
  ListArtifactsRequest,
  ListArtifactsResponse,
  PutChunkRequest,
  PutChunkResponse,
  ReleaseArtifactRequest,
  ReleaseArtifactResponse,
  VerifyArtifactRequest,
  VerifyArtifactResponse,
} from '@syncline/proto';
import {
  chunkPart,
  chunkToProto,
  hashIn,
  metadataPart,
  metadataToProto,
  spaceIn,
  standingFromProto,
  standingPart,
  standingToProto,
} from './artifacts';
import { listedFrom, pair, partToProto, wholeOrNull } from './pair';
import { each, inside, type Place, whole, wrong } from './place';

const HASHES_MAX = 1_000;

/** An artifact as a call names it. */
export interface NamedArtifact {
  readonly space: SpaceId;
  readonly hash: Uint8Array;
}

interface ProtoNamed {
  readonly space: string;
  readonly sha256: Uint8Array;
}

const namedToProto = ({ space, hash }: NamedArtifact): ProtoNamed => ({ space, sha256: hash });

function namedFromProto({ space, sha256 }: ProtoNamed, at: Place): NamedArtifact {
  return { space: spaceIn(at, space), hash: hashIn(at, 'sha256', sha256) };
}

export interface PutChunkCall {
  readonly space: SpaceId;
  readonly info: ArtifactInfo;
  readonly chunk: SentChunk;
}

export const putChunkCall = pair<PutChunkRequest, PutChunkCall>(
  ({ space, info, chunk }) => ({ space, metadata: metadataToProto(info), chunk: chunkToProto(chunk) }),
  ({ space, metadata, chunk }, at) => ({
    space: spaceIn(at, space),
    info: metadataPart(metadata, at),
    chunk: chunkPart(chunk, at),
  }),
);

export const chunkPut = pair<PutChunkResponse, ArtifactStanding>(
  (standing) => ({ status: standingToProto(standing) }),
  ({ status }, at) => standingPart(status, at),
);

export const getChunkCall = pair<GetChunkRequest, NamedArtifact & { readonly index: number }>(
  ({ index, ...named }) => ({ ...namedToProto(named), index }),
  ({ index, ...named }, at) => ({ ...namedFromProto(named, at), index: whole(at, 'index', index) }),
);

export const chunkGot = pair<GetChunkResponse, SentChunk>(
  (chunk) => ({ chunk: chunkToProto(chunk) }),
  ({ chunk }, at) => chunkPart(chunk, at),
);

export interface ArtifactStatusCall {
  readonly space: SpaceId;
  readonly hashes: readonly Uint8Array[];
}

export const artifactStatusCall = pair<GetArtifactStatusRequest, ArtifactStatusCall>(
  ({ space, hashes }) => ({ space, sha256: [...hashes] }),
  ({ space, sha256 }, at) => {
    if (sha256.length > HASHES_MAX) wrong(at, 'sha256', `must be at most ${HASHES_MAX}`);
    const list = inside(at, 'sha256');
    return {
      space: spaceIn(at, space),
      hashes: sha256.map((hash, index) => hashIn(list, index, hash)),
    };
  },
);

export const artifactStatusFound = pair<GetArtifactStatusResponse, readonly ArtifactStanding[]>(
  (standings) => ({ artifacts: standings.map(standingToProto) }),
  ({ artifacts }, at) => each(at, 'artifacts', artifacts, standingFromProto),
);

export const verifyArtifactCall = pair<VerifyArtifactRequest, NamedArtifact>(namedToProto, namedFromProto);

/** What reading an artifact again showed. */
export interface VerifiedTold {
  readonly verified: boolean;
  /** The hash of what is stored. */
  readonly actual: Uint8Array;
  readonly standing: ArtifactStanding;
}

export const artifactVerified = pair<VerifyArtifactResponse, VerifiedTold>(
  ({ verified, actual, standing }) => ({
    verified,
    actualSha256: actual,
    status: standingToProto(standing),
  }),
  ({ verified, actualSha256, status }, at) => ({
    verified,
    actual: hashIn(at, 'actual_sha256', actualSha256),
    standing: standingPart(status, at),
  }),
);

export interface ListArtifactsCall extends PartRequest<string> {
  readonly space: SpaceId;
  readonly unreferencedOnly: boolean;
}

const HASH_DIGITS = /^[0-9a-f]{64}$/;

export const listArtifactsCall = pair<ListArtifactsRequest, ListArtifactsCall>(
  (call) => ({ ...partToProto(call), space: call.space, unreferencedOnly: call.unreferencedOnly }),
  ({ space, resultsMax, after, unreferencedOnly }, at) => {
    if (after !== '' && !HASH_DIGITS.test(after)) wrong(at, 'after', 'must be what an earlier answer said');
    return {
      space: spaceIn(at, space),
      resultsMax: wholeOrNull(at, 'results_max', resultsMax),
      after: after === '' ? null : after,
      unreferencedOnly,
    };
  },
);

export const artifactsListed = pair<ListArtifactsResponse, Listed<ArtifactStanding>>(
  ({ items, next }) => ({ artifacts: items.map(standingToProto), next: next ?? '' }),
  ({ artifacts, next }, at) => listedFrom(each(at, 'artifacts', artifacts, standingFromProto), next),
);

export const releaseArtifactCall = pair<ReleaseArtifactRequest, NamedArtifact>(namedToProto, namedFromProto);

export const artifactReleased = pair<ReleaseArtifactResponse, { readonly removed: boolean }>(
  ({ removed }) => ({ removed }),
  ({ removed }) => ({ removed }),
);
