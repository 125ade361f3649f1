import {
  type Access,
  type Answer,
  type DeviceId,
  type SpaceId,
  spaceKey,
  type SpaceKey,
  spaceOf,
  type TenantId,
  tenantOf,
  type UserId,
} from '@syncline/core';
import { Role, TenantState } from '@syncline/proto';
import { AccessChanged } from '@syncline/proto/internal';
import { decode, encode, then, valueOrNull } from './encoding';
import { rights, rightsFromProto, roles } from './identity';
import { idIn, type Place, reading, tenantIn, wrong } from './place';

/** What gateways tell each other of rights; the port for it has the same shape. */
export type RightsNews =
  | {
      readonly kind: 'access';
      readonly space: SpaceKey;
      readonly user: UserId;
      readonly access: Access | null;
    }
  | { readonly kind: 'revoked'; readonly device: { readonly tenant: string; readonly device: DeviceId } }
  | {
      readonly kind: 'tenant';
      readonly tenant: TenantId;
      readonly standing: 'active' | 'suspended' | 'removed';
    }
  | { readonly kind: 'removed'; readonly space: SpaceKey };

function toProto(news: RightsNews): AccessChanged {
  const empty = AccessChanged.create();
  switch (news.kind) {
    case 'access': {
      const { space, user, access } = news;
      const where = { ...empty, tenant: tenantOf(space), space: spaceOf(space), user };
      if (access === null) return where;
      const { role, collections } = access;
      const narrowed = Array.from(collections, ([name, right]) => [name, rights.code(right)] as const);
      return { ...where, role: roles.code(role), collections: new Map(narrowed) };
    }
    case 'revoked':
      return { ...empty, ...news.device };
    case 'removed':
      return { ...empty, tenant: tenantOf(news.space), space: spaceOf(news.space), spaceRemoved: true };
    case 'tenant': {
      const { tenant, standing } = news;
      if (standing === 'removed') return { ...empty, tenant, tenantRemoved: true };
      const tenantState = standing === 'active' ? TenantState.ACTIVE : TenantState.SUSPENDED;
      return { ...empty, tenant, tenantState };
    }
  }
}

function fromProto(proto: AccessChanged): Answer<RightsNews> {
  return reading('', (at) => newsIn(proto, tenantIn(at, 'tenant', proto.tenant), at));
}

function newsIn(proto: AccessChanged, tenant: TenantId, at: Place): RightsNews {
  if (proto.device !== '') {
    return { kind: 'revoked', device: { tenant, device: idIn<DeviceId>(at, 'device', proto.device) } };
  }
  if (proto.space === '') return { kind: 'tenant', tenant, standing: standingIn(proto, at) };
  const space = spaceKey(tenant, idIn<SpaceId>(at, 'space', proto.space));
  if (proto.spaceRemoved) return { kind: 'removed', space };
  const user = idIn<UserId>(at, 'user', proto.user);
  const collections = rightsFromProto(proto.collections, at);
  const access =
    proto.role === Role.UNSPECIFIED ? null : { role: roles.nameIn(at, 'role', proto.role), collections };
  return { kind: 'access', space, user, access };
}

function standingIn({ tenantRemoved, tenantState }: AccessChanged, at: Place) {
  if (tenantRemoved) return 'removed';
  if (tenantState === TenantState.ACTIVE) return 'active';
  if (tenantState !== TenantState.SUSPENDED) wrong(at, 'tenant_state', 'must be active or suspended');
  return 'suspended';
}

export function accessNewsToBytes(news: RightsNews): Uint8Array {
  return encode(AccessChanged, toProto(news));
}

export function accessNewsFromBytes(bytes: Uint8Array): Answer<RightsNews> {
  return then(decode(AccessChanged, bytes), fromProto);
}

/** As adapters take it. */
export const accessNewsCodec = {
  encode: accessNewsToBytes,
  decode: (bytes: Uint8Array): RightsNews | null => valueOrNull(accessNewsFromBytes(bytes)),
};
