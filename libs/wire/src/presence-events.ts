import type { Answer, DeviceId, PresenceStatus, SpaceKey, UserId } from '@syncline/core';
import { spaceOf, tenantOf } from '@syncline/core';
import { DevicePresence } from '@syncline/proto';
import { PresenceEvent } from '@syncline/proto/internal';
import { batteryFromProto, type DeviceCondition, links } from './devices';
import { decode, encode, then, valueOrNull } from './encoding';
import { spaceKeyFromProto } from './identity';
import { idIn, inside, partOf, reading } from './place';
import { presenceStatuses } from './presence';

/** One device's presence on its way between gateways. */
export interface PresentDevice extends DeviceCondition {
  readonly device: DeviceId;
  readonly user: UserId;
  readonly status: PresenceStatus;
  readonly text: string;
}

export interface PresenceNews {
  readonly space: SpaceKey;
  readonly present: PresentDevice;
  /** The gateway that says so, and need not hear it again. */
  readonly gateway: string;
}

function presenceNewsToProto({ space, present, gateway }: PresenceNews): PresenceEvent {
  const { device, user, status, text, link, batteryPercent } = present;
  const presence = {
    ...DevicePresence.create(),
    device,
    user,
    status: presenceStatuses.code(status),
    message: text,
    link: links.code(link),
    batteryPercent: batteryPercent ?? undefined,
  };
  return { tenant: tenantOf(space), space: spaceOf(space), presence, gateway };
}

function presenceNewsFromProto(proto: PresenceEvent): Answer<PresenceNews> {
  return reading('', (at) => {
    const presence = partOf(at, 'presence', proto.presence, DevicePresence);
    const within = inside(at, 'presence');
    return {
      space: spaceKeyFromProto(proto.tenant, proto.space, at, at),
      present: {
        device: idIn<DeviceId>(within, 'device', presence.device),
        user: idIn<UserId>(within, 'user', presence.user),
        status: presenceStatuses.name(presence.status),
        text: presence.message,
        link: links.name(presence.link),
        batteryPercent: batteryFromProto(presence.batteryPercent, within),
      },
      gateway: proto.gateway,
    };
  });
}

export function presenceNewsToBytes(news: PresenceNews): Uint8Array {
  return encode(PresenceEvent, presenceNewsToProto(news));
}

export function presenceNewsFromBytes(bytes: Uint8Array): Answer<PresenceNews> {
  return then(decode(PresenceEvent, bytes), presenceNewsFromProto);
}

/** As adapters take it, for what the gateway of this name says. */
export function presenceNewsCodec(gateway: string) {
  return {
    encode: (space: SpaceKey, present: PresentDevice) => presenceNewsToBytes({ space, present, gateway }),
    decode: (bytes: Uint8Array): PresenceNews | null => valueOrNull(presenceNewsFromBytes(bytes)),
  };
}
