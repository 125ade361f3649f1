import type { DeviceId, SpaceId, UserId } from '@syncline/core';
import type { OnRoster } from '@syncline/flows';
import { DevicePresence, type GetRosterRequest, type GetRosterResponse } from '@syncline/proto';
import { batteryFromProto, links } from './devices';
import { pair } from './pair';
import { each, idIn, type Place } from './place';
import { presenceStatuses } from './presence';

export const getRosterCall = pair<GetRosterRequest, SpaceId>(
  (space) => ({ space }),
  ({ space }, at) => idIn<SpaceId>(at, 'space', space),
);

export const rosterFound = pair<GetRosterResponse, readonly OnRoster[]>(
  (roster) => ({ devices: roster.map(presentToProto) }),
  ({ devices }, at) => each(at, 'devices', devices, presentFromProto),
);

function presentToProto({ present, name }: OnRoster): DevicePresence {
  const { device, user, status, text, link, batteryPercent } = present;
  return {
    ...DevicePresence.create(),
    device,
    deviceName: name,
    user,
    status: presenceStatuses.code(status),
    message: text,
    link: links.code(link),
    batteryPercent: batteryPercent ?? undefined,
  };
}

function presentFromProto(proto: DevicePresence, at: Place): OnRoster {
  return {
    name: proto.deviceName,
    present: {
      device: idIn<DeviceId>(at, 'device', proto.device),
      user: idIn<UserId>(at, 'user', proto.user),
      status: presenceStatuses.name(proto.status),
      text: proto.message,
      link: links.name(proto.link),
      batteryPercent: batteryFromProto(proto.batteryPercent, at),
    },
  };
}
