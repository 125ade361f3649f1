import type {
  DeviceId,
  PresenceMessage,
  PresenceStatus,
  ServerMessage,
  SpaceId,
  UserId,
} from '@syncline/core';
import {
  DevicePresence,
  Presence,
  PresenceStatus as ProtoStatus,
  type PresenceUpdate,
} from '@syncline/proto';
import { codes } from './codes';
import { conditionFromProto, conditionToProto } from './devices';
import { idIn, inside, type Place } from './place';

const statuses = codes<PresenceStatus, ProtoStatus>({
  online: ProtoStatus.ONLINE,
  away: ProtoStatus.AWAY,
  busy: ProtoStatus.BUSY,
  offline: ProtoStatus.OFFLINE,
});

export const presenceStatusToProto = statuses.code;

/** Whoever is heard of is there, also where no status is told or a newer one is. */
export function presenceStatusFromProto(proto: ProtoStatus): PresenceStatus {
  return statuses.name(proto) ?? 'online';
}

export function presenceToProto({ space, status, text, batteryPercent, link }: PresenceMessage): Presence {
  return {
    ...Presence.create(),
    space,
    status: presenceStatusToProto(status),
    message: text,
    state: conditionToProto({ link, batteryPercent }),
  };
}

export function presenceFromProto(proto: Presence, at: Place): PresenceMessage {
  return {
    kind: 'presence',
    space: idIn<SpaceId>(at, 'space', proto.space),
    status: presenceStatusFromProto(proto.status),
    text: proto.message,
    ...conditionFromProto(proto.state, inside(at, 'state')),
  };
}

export type PresenceOfOther = ServerMessage & { kind: 'presence' };

export function presenceUpdateToProto({
  space,
  device,
  user,
  status,
  text,
}: PresenceOfOther): PresenceUpdate {
  const shown = {
    ...DevicePresence.create(),
    device,
    user,
    status: presenceStatusToProto(status),
    message: text,
  };
  return { space, devices: [shown], complete: false };
}

/** One message for each device that the update names. */
export function presenceUpdateFromProto(
  space: string,
  devices: readonly DevicePresence[],
  above: Place,
): PresenceOfOther[] {
  const at = inside(above, 'devices');
  return devices.map(({ device, user, status, message }, index) => ({
    kind: 'presence',
    space: idIn<SpaceId>(above, 'space', space),
    device: idIn<DeviceId>(inside(at, index), 'device', device),
    user: user as UserId,
    status: presenceStatusFromProto(status),
    text: message,
  }));
}
