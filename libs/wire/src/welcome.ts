import {
  CAPABILITIES,
  type Capability,
  type SessionId,
  type SessionLimits,
  type SpaceId,
  type Welcome,
} from '@syncline/core';
import { Limits, Welcome as ProtoWelcome } from '@syncline/proto';
import { uint32 } from './encoding';
import { each, idIn, inside, partOf, type Place, timeIn, whole } from './place';

export function welcomeToProto(welcome: Welcome): ProtoWelcome {
  return {
    ...ProtoWelcome.create(),
    protocol: welcome.agreed.protocol,
    session: welcome.session,
    resumedSpaces: [...welcome.resumed],
    capabilities: [...welcome.agreed.capabilities],
    limits: limitsToProto(welcome.limits),
    deviceSkewMs: Math.trunc(welcome.skewMs),
    time: welcome.clock,
  };
}

export function welcomeFromProto(proto: ProtoWelcome, at: Place): Welcome {
  return {
    kind: 'welcome',
    session: idIn<SessionId>(at, 'session', proto.session),
    agreed: {
      protocol: whole(at, 'protocol', proto.protocol),
      // What this side does not know it did not offer, so it cannot be used with it either.
      capabilities: proto.capabilities.filter(isCapability),
    },
    limits: limitsFromProto(partOf(at, 'limits', proto.limits, Limits), inside(at, 'limits')),
    clock: timeIn(at, 'time', proto.time),
    skewMs: proto.deviceSkewMs,
    resumed: each(at, 'resumed_spaces', proto.resumedSpaces, (space, item) => idIn<SpaceId>(item, '', space)),
  };
}

function isCapability(name: string): name is Capability {
  return (CAPABILITIES as readonly string[]).includes(name);
}

function limitsToProto(limits: SessionLimits): Limits {
  return {
    ...Limits.create(),
    messageBytesMax: uint32(limits.messageBytesMax),
    recordBytesMax: uint32(limits.recordBytesMax),
    pushChangesMax: uint32(limits.pushChangesMax),
    spacesPerSessionMax: uint32(limits.spacesMax),
  };
}

function limitsFromProto(proto: Limits, at: Place): SessionLimits {
  return {
    messageBytesMax: whole(at, 'message_bytes_max', proto.messageBytesMax),
    recordBytesMax: whole(at, 'record_bytes_max', proto.recordBytesMax),
    pushChangesMax: whole(at, 'push_changes_max', proto.pushChangesMax),
    spacesMax: whole(at, 'spaces_per_session_max', proto.spacesPerSessionMax),
  };
}
