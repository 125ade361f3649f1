import {
  CAPABILITIES,
  type Capability,
  ID_BYTES_MAX,
  limitName,
  SESSION_LIMITS,
  type SessionId,
  type SessionLimits,
  sessionLimits,
  type SpaceId,
  type UserId,
  type Welcome,
} from '@syncline/core';
import { Limits, Welcome as ProtoWelcome } from '@syncline/proto';
import { uint32, uint64 } from './encoding';
import { each, idIn, inside, partOf, type Place, tenantIn, timeIn, whole } from './place';

export function welcomeToProto(welcome: Welcome): ProtoWelcome {
  return {
    ...ProtoWelcome.create(),
    protocol: welcome.agreed.protocol,
    session: welcome.session,
    resumedSpaces: [...welcome.resumed],
    capabilities: [...welcome.agreed.capabilities],
    limits: limitsToProto(welcome.limits),
    resumeWithinMs: uint32(welcome.resumeWithinMs),
    deviceTimeMs: welcome.deviceTimeMs,
    receivedAtMs: welcome.receivedAtMs,
    sentAtMs: welcome.sentAtMs,
    tokenExpiresInMs: lifeToProto(welcome.expiresInMs),
    user: welcome.user,
    tenant: welcome.tenant,
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
    user: idIn<UserId>(at, 'user', proto.user),
    tenant: tenantIn(at, 'tenant', proto.tenant),
    expiresInMs: lifeFromProto(proto.tokenExpiresInMs, at),
    resumeWithinMs: whole(at, 'resume_within_ms', proto.resumeWithinMs),
    clock: timeIn(at, 'time', proto.time),
    deviceTimeMs: whole(at, 'device_time_ms', proto.deviceTimeMs),
    receivedAtMs: whole(at, 'received_at_ms', proto.receivedAtMs),
    sentAtMs: whole(at, 'sent_at_ms', proto.sentAtMs),
    skewMs: proto.deviceSkewMs,
    resumed: each(at, 'resumed_spaces', proto.resumedSpaces, (space, item) => idIn<SpaceId>(item, '', space)),
  };
}

function isCapability(name: string): name is Capability {
  return (CAPABILITIES as readonly string[]).includes(name);
}

/** Limits that the protocol has room to be larger for; the others are cut to what their fields hold. */
const LARGE_LIMITS: ReadonlySet<keyof SessionLimits> = new Set([
  'artifactBytesPerSecondMax',
  'offlineHorizonMs',
]);

/** Presence carries no data of applications here, and is not thinned out, so the zeros of those limits are meant. */
function limitsToProto(limits: SessionLimits): Limits {
  const proto = { ...Limits.create(), idBytesMax: ID_BYTES_MAX };
  for (const name of SESSION_LIMITS)
    proto[name] = LARGE_LIMITS.has(name) ? uint64(limits[name]) : uint32(limits[name]);
  return proto;
}

function limitsFromProto(proto: Limits, at: Place): SessionLimits {
  for (const name of SESSION_LIMITS) whole(at, limitName(name), proto[name]);
  return sessionLimits(proto);
}

/** On the wire 0 is for ever, and a life that is just over has its last millisecond left. */
export function lifeToProto(expiresInMs: number): number {
  return expiresInMs === Number.POSITIVE_INFINITY ? 0 : Math.max(1, uint64(expiresInMs));
}

export function lifeFromProto(expiresInMs: number, at: Place): number {
  return whole(at, 'token_expires_in_ms', expiresInMs) === 0 ? Number.POSITIVE_INFINITY : expiresInMs;
}
