import type { DeviceId, SpaceId, UserId } from '@syncline/core';
import type {
  DeviceGiven,
  DevicePlace,
  DeviceShutOut,
  DeviceStatus,
  Listed,
  ListDevicesCall,
  RegisterCall,
  RegisteredDevice,
  RegisteredWithKey,
} from '@syncline/flows';
import {
  Device,
  DeviceInfo,
  DeviceInSpace,
  DeviceStanding,
  type GetDeviceStatusRequest,
  type GetDeviceStatusResponse,
  type ListDevicesRequest,
  type ListDevicesResponse,
  type RegisterDeviceRequest,
  type RegisterDeviceResponse,
  type RenameDeviceRequest,
  type RenameDeviceResponse,
  type RevokeDeviceRequest,
  type RevokeDeviceResponse,
} from '@syncline/proto';
import { uint32 } from './encoding';
import {
  listedFrom,
  LONG_TEXT_BYTES_MAX,
  pair,
  partFromProto,
  partToProto,
  textIn,
  wholeOrNull,
} from './pair';
import { bytesOrNull, each, idIn, inside, NO_BYTES, partOf, type Place, whole, wrong } from './place';

/** A device, and whether the answering gateway has a session of it open. */
export interface DeviceTold extends RegisteredDevice {
  readonly connected: boolean;
}

export const registerDeviceCall = pair<RegisterDeviceRequest, RegisterCall>(
  ({ device, wantsIntegrityKey }) => ({ device: givenToProto(device), integrityKey: wantsIntegrityKey }),
  ({ device, integrityKey }, at) => ({
    device: givenFromProto(device, at),
    wantsIntegrityKey: integrityKey,
  }),
);

export const deviceRegistered = pair<
  RegisterDeviceResponse,
  Omit<RegisteredWithKey, 'device'> & { readonly device: DeviceTold }
>(
  ({ device, integrityKey }) => ({
    device: deviceToProto(device),
    integrityKeyId: integrityKey?.id ?? '',
    integrityKey: integrityKey?.bytes ?? NO_BYTES,
  }),
  ({ device, integrityKeyId: id, integrityKey }, at) => {
    const bytes = bytesOrNull(integrityKey);
    return { device: devicePart(device, at), integrityKey: bytes === null ? null : { id, bytes } };
  },
);

export const listDevicesCall = pair<ListDevicesRequest, ListDevicesCall>(
  (call) => ({ ...partToProto(call), space: call.space ?? '', includeRevoked: call.includeRevoked }),
  (proto, at) => ({
    ...partFromProto<DeviceId>(proto, at),
    space: proto.space === '' ? null : idIn<SpaceId>(at, 'space', proto.space),
    includeRevoked: proto.includeRevoked,
  }),
);

export const devicesListed = pair<ListDevicesResponse, Listed<DeviceTold>>(
  ({ items, next }) => ({ devices: items.map(deviceToProto), next: next ?? '' }),
  ({ devices, next }, at) => listedFrom(each(at, 'devices', devices, deviceFromProto), next),
);

export interface RenameCall {
  readonly device: DeviceId;
  readonly name: string;
}

export const renameDeviceCall = pair<RenameDeviceRequest, RenameCall>(
  ({ device, name }) => ({ device, name }),
  ({ device, name }, at) => ({
    device: idIn<DeviceId>(at, 'device', device),
    name: textIn(at, 'name', name),
  }),
);

export const deviceRenamed = pair<RenameDeviceResponse, DeviceTold>(
  (device) => ({ device: deviceToProto(device) }),
  ({ device }, at) => devicePart(device, at),
);

export interface RevokeCall {
  readonly device: DeviceId;
  /** Why, for the log. */
  readonly why: string;
}

export const revokeDeviceCall = pair<RevokeDeviceRequest, RevokeCall>(
  ({ device, why }) => ({ device, why }),
  ({ device, why }, at) => ({
    device: idIn<DeviceId>(at, 'device', device),
    why: textIn(at, 'why', why, LONG_TEXT_BYTES_MAX),
  }),
);

export interface RevokedTold extends Omit<DeviceShutOut, 'device'> {
  readonly device: DeviceTold;
  readonly sessions: number;
}

export const deviceRevoked = pair<RevokeDeviceResponse, RevokedTold>(
  ({ device, spacesToRotate, sessions }) => ({
    device: deviceToProto(device),
    sessionsEnded: uint32(sessions),
    spacesToRotate: [...spacesToRotate],
  }),
  ({ device, sessionsEnded, spacesToRotate }, at) => ({
    device: devicePart(device, at),
    sessions: whole(at, 'sessions_ended', sessionsEnded),
    spacesToRotate: spacesToRotate.map((space) => idIn<SpaceId>(at, 'spaces_to_rotate', space)),
  }),
);

export const deviceStatusCall = pair<GetDeviceStatusRequest, DeviceId>(
  (device) => ({ device }),
  ({ device }, at) => idIn<DeviceId>(at, 'device', device),
);

export type DeviceStatusTold = Omit<DeviceStatus, 'device'> & { readonly device: DeviceTold };

export const deviceStatusFound = pair<GetDeviceStatusResponse, DeviceStatusTold>(
  ({ device, spaces }) => ({
    device: deviceToProto(device),
    spaces: spaces.map((place) => placeToProto(device.device, place)),
    state: undefined,
  }),
  ({ device, spaces }, at) => ({
    device: devicePart(device, at),
    spaces: each(at, 'spaces', spaces, placeFromProto),
  }),
);

export function givenToProto({ device, name, platform, appVersion, client }: DeviceGiven): DeviceInfo {
  return { id: device, name, platform, appVersion, client };
}

export function givenFromProto(part: DeviceInfo | undefined, above: Place): DeviceGiven {
  const proto = partOf(above, 'device', part, DeviceInfo);
  const at = inside(above, 'device');
  return {
    device: idIn<DeviceId>(at, 'id', proto.id),
    name: textIn(at, 'name', proto.name),
    platform: textIn(at, 'platform', proto.platform),
    appVersion: textIn(at, 'app_version', proto.appVersion),
    client: textIn(at, 'client', proto.client),
  };
}

export function deviceToProto(told: DeviceTold): Device {
  const { device, name, user, platform, appVersion, client, registeredAtMs, seenAtMs, revokedAtMs } = told;
  return {
    id: device,
    name,
    user,
    platform,
    appVersion,
    client,
    standing: revokedAtMs === null ? DeviceStanding.ACTIVE : DeviceStanding.REVOKED,
    registeredAtMs,
    seenAtMs: seenAtMs ?? 0,
    connected: told.connected,
    skewMs: told.skewMs,
    revokedAtMs: revokedAtMs ?? 0,
  };
}

export function devicePart(part: Device | undefined, above: Place): DeviceTold {
  return deviceFromProto(partOf(above, 'device', part, Device), inside(above, 'device'));
}

function deviceFromProto(proto: Device, at: Place): DeviceTold {
  const { name, platform, appVersion, client, connected, skewMs, standing } = proto;
  if (!Number.isSafeInteger(skewMs)) wrong(at, 'skew_ms', 'must be a whole number');
  const revokedAtMs = whole(at, 'revoked_at_ms', proto.revokedAtMs);
  return {
    device: idIn<DeviceId>(at, 'id', proto.id),
    user: idIn<UserId>(at, 'user', proto.user),
    name,
    platform,
    appVersion,
    client,
    registeredAtMs: whole(at, 'registered_at_ms', proto.registeredAtMs),
    seenAtMs: wholeOrNull(at, 'seen_at_ms', proto.seenAtMs),
    skewMs,
    revokedAtMs: standing === DeviceStanding.REVOKED ? revokedAtMs : null,
    connected,
  };
}

function placeToProto(device: DeviceId, place: DevicePlace): DeviceInSpace {
  return {
    ...DeviceInSpace.create(),
    space: place.space,
    device,
    lastChangeNumber: place.lastNumber,
    acknowledgedVersion: place.acknowledged ?? 0,
    head: place.head,
    seenAtMs: place.lastSeenMs,
    holdsFloor: place.holdsFloor,
  };
}

/** A device that keeps no copy cannot be told from one at version 0. */
function placeFromProto(proto: DeviceInSpace, at: Place): DevicePlace {
  return {
    space: idIn<SpaceId>(at, 'space', proto.space),
    lastNumber: whole(at, 'last_change_number', proto.lastChangeNumber),
    acknowledged: whole(at, 'acknowledged_version', proto.acknowledgedVersion),
    head: whole(at, 'head', proto.head),
    lastSeenMs: whole(at, 'seen_at_ms', proto.seenAtMs),
    holdsFloor: proto.holdsFloor,
  };
}
