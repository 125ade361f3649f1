import type { Answer, Epoch, Role, SpaceId, Version } from '@syncline/core';
import { SpaceInfo, type SpacesRequest, type SpacesResponse } from '@syncline/proto';
import { type Caller, callerFromProto, callerToProto } from './callers';
import { uint32 } from './encoding';
import { roles } from './identity';
import { each, idIn, type Place, reading, whole } from './place';

export interface SpacesCall {
  readonly caller: Caller;
  /** Null for what the server thinks fit. */
  readonly resultsMax: number | null;
  /** The last space of the part before; null to begin. */
  readonly after: SpaceId | null;
}

export function spacesCallToProto({ caller, resultsMax, after }: SpacesCall): SpacesRequest {
  return {
    caller: callerToProto(caller),
    resultsMax: resultsMax === null ? 0 : uint32(resultsMax),
    after: after ?? '',
  };
}

export function spacesCallFromProto(proto: SpacesRequest): Answer<SpacesCall> {
  return reading('', (at) => {
    const resultsMax = whole(at, 'results_max', proto.resultsMax);
    return {
      caller: callerFromProto(proto.caller, at),
      resultsMax: resultsMax === 0 ? null : resultsMax,
      after: spaceOrNull(proto.after, at, 'after'),
    };
  });
}

/** A space that a user may open. */
export interface OpenableSpace {
  readonly space: SpaceId;
  readonly role: Role;
  readonly head: Version;
  readonly epoch: Epoch;
}

export interface ListedSpaces {
  readonly spaces: readonly OpenableSpace[];
  /** Null at the end. */
  readonly next: SpaceId | null;
}

export function listedSpacesToProto({ spaces, next }: ListedSpaces): SpacesResponse {
  return { spaces: spaces.map(spaceToProto), next: next ?? '' };
}

export function listedSpacesFromProto(proto: SpacesResponse): Answer<ListedSpaces> {
  return reading('', (at) => ({
    spaces: each(at, 'spaces', proto.spaces, spaceFromProto),
    next: spaceOrNull(proto.next, at, 'next'),
  }));
}

function spaceToProto({ space, role, head, epoch }: OpenableSpace): SpaceInfo {
  return { ...SpaceInfo.create(), space, role: roles.code(role), head, epoch };
}

function spaceFromProto(proto: SpaceInfo, at: Place): OpenableSpace {
  return {
    space: idIn<SpaceId>(at, 'space', proto.space),
    role: roles.nameIn(at, 'role', proto.role),
    head: whole(at, 'head', proto.head),
    epoch: whole(at, 'epoch', proto.epoch),
  };
}

function spaceOrNull(text: string, at: Place, name: string): SpaceId | null {
  return text === '' ? null : idIn<SpaceId>(at, name, text);
}
