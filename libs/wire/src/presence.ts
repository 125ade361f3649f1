import {
  type DeviceId,
  type PresenceMessage,
  type PresenceStatus,
  type ServerMessage,
  type SpaceId,
  type UserId,
  utf8Length,
} from '@syncline/core';
import {
  DevicePresence,
  Presence,
  PresenceStatus as ProtoStatus,
  type PresenceUpdate,
} from '@syncline/proto';
import { codesOr } from './codes';
import { conditionFromProto, conditionToProto } from './devices';
import { TEXT_BYTES_MAX } from './pair';
import { idIn, inside, type Place, wrong } from './place';

/** Whoever is heard of is there, also where no status is told or a newer one is. */
export const presenceStatuses = codesOr<PresenceStatus, ProtoStatus>('online', {
  online: ProtoStatus.ONLINE,
  away: ProtoStatus.AWAY,
  busy: ProtoStatus.BUSY,
  offline: ProtoStatus.OFFLINE,
});

export function presenceToProto({ space, status, text, batteryPercent, link }: PresenceMessage): Presence {
  return {
    ...Presence.create(),
    space,
    status: presenceStatuses.code(status),
    message: text,
    state: conditionToProto({ link, batteryPercent }),
  };
}

/** What an application shares beyond that is passed on to nobody, so it is not taken either. */
export function presenceFromProto(proto: Presence, at: Place): PresenceMessage {
  if (utf8Length(proto.message) > TEXT_BYTES_MAX)
    wrong(at, 'message', `must be at most ${TEXT_BYTES_MAX} bytes of UTF-8`);
  if (proto.data.length > 0) wrong(at, 'data', 'must be empty: presence_bytes_max is 0');
  return {
    kind: 'presence',
    space: idIn<SpaceId>(at, 'space', proto.space),
    status: presenceStatuses.name(proto.status),
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
    status: presenceStatuses.code(status),
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
    status: presenceStatuses.name(status),
    text: message,
  }));
}
