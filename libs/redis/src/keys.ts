import type { DeviceId, SessionId, SpaceKey, TenantId, UserId } from '@syncline/core';

/**
 * Every key that is used here. What stands in braces is the hash tag, by which a cluster places a key: the keys of one script
 * share it, so open sessions and rates are kept together for each tenant, and presence for each space.
 */
export interface RedisKeys {
  saved(id: SessionId): string;
  openByTenant(tenant: TenantId): string;
  openByUser(tenant: TenantId, user: UserId): string;
  openByDevice(tenant: TenantId, device: DeviceId): string;
  gaveWay(tenant: TenantId): string;
  /** The text before a bucket's first slash says which buckets are asked together. */
  bucket(name: string): string;
  presentUntil(space: SpaceKey): string;
  presentShown(space: SpaceKey): string;
  /** What lapses when, in all spaces. */
  presenceDue(): string;
}

export function keysUnder(prefix: string): RedisKeys {
  return {
    saved: (id) => `${prefix}:{${id}}:session`,
    openByTenant: (tenant) => `${prefix}:{${tenant}}:open`,
    openByUser: (tenant, user) => `${prefix}:{${tenant}}:open:user:${user}`,
    openByDevice: (tenant, device) => `${prefix}:{${tenant}}:open:device:${device}`,
    gaveWay: (tenant) => `${prefix}:{${tenant}}:open:gave-way`,
    bucket(name) {
      const [home = '', ...rest] = name.split('/');
      return `${prefix}:{${home}}:rate:${rest.join('/')}`;
    },
    presentUntil: (space) => `${prefix}:{${space}}:presence:until`,
    presentShown: (space) => `${prefix}:{${space}}:presence:shown`,
    presenceDue: () => `${prefix}:presence:due`,
  };
}
