import {
  type Access,
  type CollectionName,
  collectionProblem,
  type CollectionRight,
  type DeviceId,
  idProblem,
  type Role,
  type SpaceId,
  spaceKey,
  type SpaceKey,
  type TenantId,
  tenantProblem,
  type UserId,
} from '@syncline/core';
import type { AccessChange, TenantStanding } from '@syncline/ports';

type Json = Readonly<Record<string, unknown>>;

/** How news of rights travels between gateways, and between nobody else. */
export function accessNewsToBytes(change: AccessChange): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(change, mapsAsObjects));
}

/** Null for what cannot be read, for example from a later release: what it would tell is found by looking. */
export function accessNewsFromBytes(bytes: Uint8Array): AccessChange | null {
  try {
    const json: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return isObject(json) ? changeIn(json) : null;
  } catch {
    return null;
  }
}

function mapsAsObjects(_name: string, value: unknown): unknown {
  return value instanceof Map ? Object.fromEntries(value) : value;
}

function changeIn(json: Json): AccessChange | null {
  switch (json['kind']) {
    case 'access': {
      const [space, user] = [spaceIn(json['space']), json['user']];
      const access = json['access'] === null ? null : accessIn(json['access']);
      if (space === null || !isId<UserId>(user) || access === undefined) return null;
      return { kind: 'access', space, user, access };
    }
    case 'revoked': {
      const device = json['device'];
      if (!isObject(device) || !isTenant(device['tenant']) || !isId<DeviceId>(device['device'])) return null;
      return { kind: 'revoked', device: { tenant: device['tenant'], device: device['device'] } };
    }
    case 'tenant': {
      const { tenant, standing } = json;
      return isTenant(tenant) && isStanding(standing) ? { kind: 'tenant', tenant, standing } : null;
    }
    case 'removed': {
      const space = spaceIn(json['space']);
      return space === null ? null : { kind: 'removed', space };
    }
    default:
      return null;
  }
}

const ROLES: readonly unknown[] = ['owner', 'editor', 'reader'] satisfies Role[];
const RIGHTS: readonly unknown[] = ['none', 'read', 'write'] satisfies CollectionRight[];
const STANDINGS: readonly unknown[] = ['active', 'suspended', 'removed'] satisfies TenantStanding[];

function accessIn(json: unknown): Access | undefined {
  if (!isObject(json) || !ROLES.includes(json['role']) || !isObject(json['collections'])) return undefined;
  const collections = Object.entries(json['collections']);
  if (!collections.every(([name, right]) => collectionProblem(name) === null && RIGHTS.includes(right)))
    return undefined;
  return {
    role: json['role'] as Role,
    collections: new Map(collections as [CollectionName, CollectionRight][]),
  };
}

function spaceIn(key: unknown): SpaceKey | null {
  if (typeof key !== 'string') return null;
  const slash = key.indexOf('/');
  const [tenant, space] = [key.slice(0, slash), key.slice(slash + 1)];
  return slash > 0 && isTenant(tenant) && isId<SpaceId>(space) ? spaceKey(tenant, space) : null;
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isId = <Id extends string>(value: unknown): value is Id =>
  typeof value === 'string' && idProblem(value) === null;
const isTenant = (value: unknown): value is TenantId =>
  typeof value === 'string' && tenantProblem(value) === null;
const isStanding = (value: unknown): value is TenantStanding => STANDINGS.includes(value);
