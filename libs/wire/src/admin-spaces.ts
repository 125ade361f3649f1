import type { SpaceId, UserId } from '@syncline/core';
import type {
  Begun,
  BeginEpochCall,
  CreateSpaceCall,
  Listed,
  ListSpacesCall,
  NamedSpace,
  SpaceDetails,
  SpaceSettings,
} from '@syncline/flows';
import {
  type BeginEpochRequest,
  type BeginEpochResponse,
  type CreateSpaceRequest,
  type CreateSpaceResponse,
  type DeleteSpaceRequest,
  type DeleteSpaceResponse,
  type GetSpaceRequest,
  type GetSpaceResponse,
  type ListSpacesRequest,
  type ListSpacesResponse,
  Space,
  type UpdateSpaceRequest,
  type UpdateSpaceResponse,
} from '@syncline/proto';
import { declaredFromProto, rulesToProto } from './admin-rules';
import { uint32 } from './encoding';
import { tenantFromProto } from './hello';
import {
  confirmedIn,
  listedFrom,
  LONG_TEXT_BYTES_MAX,
  namedFromProto,
  namedToProto,
  type Pair,
  pair,
  partFromProto,
  partToProto,
  tenantToProto,
  textIn,
  wholeOrNull,
} from './pair';
import { each, idIn, inside, partOf, type Place, whole } from './place';

/** A space as it is told; what only the store needs to know of it is left out. */
export type SpaceTold = Omit<SpaceDetails, 'quota'>;

export const createSpaceCall = pair<CreateSpaceRequest, CreateSpaceCall>(
  (call) => ({
    ...namedToProto(call),
    name: call.name,
    owner: call.owner ?? '',
    collections: call.collections.map(rulesToProto),
    declaredCollectionsOnly: call.declaredOnly,
  }),
  (proto, at) => ({
    ...namedFromProto(proto, at),
    ...settingsFrom(proto, at),
    owner: proto.owner === '' ? null : idIn<UserId>(at, 'owner', proto.owner),
    collections: each(at, 'collections', proto.collections, declaredFromProto),
  }),
);
export const spaceCreated: Pair<CreateSpaceResponse, SpaceTold> = ofSpace();

export const getSpaceCall = pair<GetSpaceRequest, NamedSpace>(namedToProto, namedFromProto);
export const spaceFound: Pair<GetSpaceResponse, SpaceTold> = ofSpace();

export const listSpacesCall = pair<ListSpacesRequest, ListSpacesCall>(
  (call) => ({ ...partToProto(call), tenant: tenantToProto(call.tenant), idPrefix: call.idPrefix }),
  (proto, at) => ({
    ...partFromProto<SpaceId>(proto, at),
    tenant: tenantFromProto(proto.tenant, at),
    idPrefix: textIn(at, 'id_prefix', proto.idPrefix),
  }),
);
export const spacesListed = pair<ListSpacesResponse, Listed<SpaceTold>>(
  ({ items, next }) => ({ spaces: items.map(spaceMessage), next: next ?? '' }),
  ({ spaces, next }, at) => listedFrom(each(at, 'spaces', spaces, spaceFrom), next),
);

export const updateSpaceCall = pair<UpdateSpaceRequest, NamedSpace & SpaceSettings>(
  (call) => ({ ...namedToProto(call), name: call.name, declaredCollectionsOnly: call.declaredOnly }),
  (proto, at) => ({ ...namedFromProto(proto, at), ...settingsFrom(proto, at) }),
);
export const spaceUpdated: Pair<UpdateSpaceResponse, SpaceTold> = ofSpace();

export const deleteSpaceCall = pair<DeleteSpaceRequest, NamedSpace>(
  (call) => ({ ...namedToProto(call), confirm: call.space }),
  (proto, at) => {
    confirmedIn(at, proto.space, proto.confirm);
    return namedFromProto(proto, at);
  },
);
export const spaceDeleted = pair<DeleteSpaceResponse, { readonly records: number }>(
  ({ records }) => ({ recordsDeleted: records }),
  ({ recordsDeleted }, at) => ({ records: whole(at, 'records_deleted', recordsDeleted) }),
);

export interface ReasonedEpoch extends BeginEpochCall {
  /** Why, for the log. */
  readonly why: string;
}

export const beginEpochCall = pair<BeginEpochRequest, ReasonedEpoch>(
  ({ tenant, space, why }) => ({ tenant: tenantToProto(tenant), space: space ?? '', why }),
  ({ tenant, space, why }, at) => ({
    tenant: tenantFromProto(tenant, at),
    space: space === '' ? null : idIn<SpaceId>(at, 'space', space),
    why: textIn(at, 'why', why, LONG_TEXT_BYTES_MAX),
  }),
);
export const epochBegun = pair<BeginEpochResponse, Begun>(
  ({ spaces, epoch }) => ({ spacesChanged: spaces, epoch: epoch ?? 0 }),
  ({ spacesChanged, epoch }, at) => ({
    spaces: whole(at, 'spaces_changed', spacesChanged),
    epoch: wholeOrNull(at, 'epoch', epoch),
  }),
);

/** Three messages hold a space and nothing else. */
function ofSpace(): Pair<{ space: Space | undefined }, SpaceTold> {
  return pair<{ space: Space | undefined }, SpaceTold>(
    (space) => ({ space: spaceMessage(space) }),
    ({ space }, at) => spaceFrom(partOf(at, 'space', space, Space), inside(at, 'space')),
  );
}

function settingsFrom(
  proto: { readonly name: string; readonly declaredCollectionsOnly: boolean },
  at: Place,
): SpaceSettings {
  return { name: textIn(at, 'name', proto.name), declaredOnly: proto.declaredCollectionsOnly };
}

function spaceMessage(details: SpaceTold): Space {
  const { space, name, head, announced, floor, epoch, records, bytes, devices } = details;
  return {
    ...Space.create(),
    id: space,
    name,
    head,
    announced,
    floor,
    epoch,
    records,
    storedBytes: bytes,
    devices,
    createdAtMs: details.createdAtMs ?? 0,
    changedAtMs: details.changedAtMs ?? 0,
    declaredCollectionsOnly: details.declaredOnly,
    openConflicts: uint32(details.openConflicts),
  };
}

function spaceFrom(proto: Space, at: Place): SpaceTold {
  return {
    space: idIn<SpaceId>(at, 'id', proto.id),
    name: proto.name,
    declaredOnly: proto.declaredCollectionsOnly,
    epoch: whole(at, 'epoch', proto.epoch),
    head: whole(at, 'head', proto.head),
    announced: whole(at, 'announced', proto.announced),
    floor: whole(at, 'floor', proto.floor),
    records: whole(at, 'records', proto.records),
    bytes: whole(at, 'stored_bytes', proto.storedBytes),
    createdAtMs: wholeOrNull(at, 'created_at_ms', proto.createdAtMs),
    changedAtMs: wholeOrNull(at, 'changed_at_ms', proto.changedAtMs),
    devices: whole(at, 'devices', proto.devices),
    openConflicts: whole(at, 'open_conflicts', proto.openConflicts),
  };
}
