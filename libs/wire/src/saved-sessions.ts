import type {
  Answer,
  DeviceId,
  SavedSession,
  SavedSubscription,
  SessionId,
  SpaceId,
  TenantId,
  UserId,
} from '@syncline/core';
import { DeviceInfo } from '@syncline/proto';
import {
  SavedSession as ProtoSession,
  type SavedSubscription as ProtoSubscription,
} from '@syncline/proto/internal';
import { decode, encode, then, valueOrNull } from './encoding';
import { tenantFromProto } from './hello';
import { bytesOrNull, each, idIn, inside, NO_BYTES, type Place, reading, wrong } from './place';
import { modeFromProto, modeToProto, scopeFromProto, scopeToProto } from './scopes';

function savedSessionToProto({ id, tenant, user, device, subscriptions }: SavedSession): ProtoSession {
  return {
    ...ProtoSession.create(),
    session: id,
    tenant,
    user,
    device: { ...DeviceInfo.create(), id: device },
    subscriptions: subscriptions.map(subscriptionToProto),
  };
}

function savedSessionFromProto(proto: ProtoSession): Answer<SavedSession> {
  return reading('', (at) => ({
    id: idIn<SessionId>(at, 'session', proto.session),
    tenant: tenantIn(proto.tenant, at),
    user: idIn<UserId>(at, 'user', proto.user),
    device: idIn<DeviceId>(inside(at, 'device'), 'id', proto.device?.id ?? ''),
    subscriptions: each(at, 'subscriptions', proto.subscriptions, subscriptionFromProto),
  }));
}

function tenantIn(text: string, at: Place): TenantId {
  const tenant = tenantFromProto(text, at);
  if (tenant === null) wrong(at, 'tenant', 'must be set');
  return tenant ?? ('' as TenantId);
}

function subscriptionToProto({ space, scope, mode, cursor }: SavedSubscription): ProtoSubscription {
  return {
    space,
    scope: scopeToProto(scope),
    mode: modeToProto(mode),
    cursor: cursor ?? NO_BYTES,
    presence: false,
  };
}

function subscriptionFromProto(proto: ProtoSubscription, at: Place): SavedSubscription {
  return {
    space: idIn<SpaceId>(at, 'space', proto.space),
    scope: scopeFromProto(proto.scope, at),
    mode: modeFromProto(proto.mode, at),
    cursor: bytesOrNull(proto.cursor),
  };
}

export function savedSessionToBytes(session: SavedSession): Uint8Array {
  return encode(ProtoSession, savedSessionToProto(session));
}

export function savedSessionFromBytes(bytes: Uint8Array): Answer<SavedSession> {
  return then(decode(ProtoSession, bytes), savedSessionFromProto);
}

/** As adapters take it. */
export const savedSessionCodec = {
  encode: savedSessionToBytes,
  decode: (bytes: Uint8Array): SavedSession | null => valueOrNull(savedSessionFromBytes(bytes)),
};
