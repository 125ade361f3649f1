import {
  type Access,
  type CollectionName,
  type CollectionRight,
  type DeviceId,
  type Role,
  type SchemaVersions,
  type SpaceId,
  spaceKey,
  type SpaceKey,
  spaceOf,
  tenantOf,
  type UserId,
} from '@syncline/core';
import { CollectionRight as ProtoRight, Role as ProtoRole } from '@syncline/proto';
import { Identity } from '@syncline/proto/internal';
import { codes } from './codes';
import { schemaVersionsFromProto } from './hello';
import { collectionIn, idIn, inside, type Place, tenantIn } from './place';

/** On whose behalf one service asks another for something in a space. */
export interface OnBehalf {
  readonly space: SpaceKey;
  /** Null where nobody has to know. */
  readonly user: UserId | null;
  readonly device: DeviceId;
  readonly access: Access;
  /** What the device reads; left out for the newest of all collections. */
  readonly schemaVersions?: SchemaVersions;
}

export const roles = codes<Role, ProtoRole>({
  reader: ProtoRole.READER,
  editor: ProtoRole.EDITOR,
  owner: ProtoRole.OWNER,
});

export const rights = codes<CollectionRight, ProtoRight>({
  none: ProtoRight.NONE,
  read: ProtoRight.READ,
  write: ProtoRight.WRITE,
});

export function identityToProto({ space, user, device, access }: OnBehalf): {
  readonly identity: Identity;
  readonly space: SpaceId;
} {
  const identity = {
    ...Identity.create(),
    tenant: tenantOf(space),
    user: user ?? '',
    device,
    role: roles.code(access.role),
    collections: new Map(Array.from(access.collections, ([name, right]) => [name, rights.code(right)])),
  };
  return { identity, space: spaceOf(space) };
}

export function identityFromProto(
  { identity, space }: { readonly identity: Identity | undefined; readonly space: string },
  above: Place,
): OnBehalf {
  const proto = identity ?? Identity.create();
  const at = inside(above, 'identity');
  return {
    space: spaceKeyFromProto(proto.tenant, space, at, above),
    user: proto.user === '' ? null : idIn<UserId>(at, 'user', proto.user),
    device: idIn<DeviceId>(at, 'device', proto.device),
    access: {
      role: roles.nameIn(at, 'role', proto.role),
      collections: rightsFromProto(proto.collections, at),
    },
  };
}

export function versionsFromProto(
  proto: { readonly schemaVersions: ReadonlyMap<string, number> } | undefined,
  at: Place,
): { readonly schemaVersions?: SchemaVersions } {
  if (proto === undefined || proto.schemaVersions.size === 0) return {};
  return { schemaVersions: schemaVersionsFromProto(proto.schemaVersions, at) };
}

/** A tenant and a space of it, which may stand in different parts of a message. */
export function spaceKeyFromProto(tenant: string, space: string, ofTenant: Place, ofSpace: Place): SpaceKey {
  return spaceKey(tenantIn(ofTenant, 'tenant', tenant), idIn<SpaceId>(ofSpace, 'space', space));
}

export function rightsFromProto(
  proto: ReadonlyMap<string, ProtoRight>,
  above: Place,
): Map<CollectionName, CollectionRight> {
  const at = inside(above, 'collections');
  const known = new Map<CollectionName, CollectionRight>();
  for (const [name, right] of proto) {
    if (right === ProtoRight.UNSPECIFIED) continue;
    known.set(collectionIn(at, name, name), rights.nameIn(at, name, right));
  }
  return known;
}
