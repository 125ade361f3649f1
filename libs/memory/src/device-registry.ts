import {
  compareUtf8,
  type DeviceId,
  type SpaceKey,
  spaceOf,
  type TenantId,
  tenantOf,
  type UserId,
} from '@syncline/core';
import type {
  DeviceRegistry,
  DevicesRequest,
  FollowedSpace,
  Registered,
  RegisteredDevice,
  Registration,
  TenantDevice,
} from '@syncline/ports';
import type { StoreTables } from './store-tables';

export function deviceRegistry(tables: StoreTables): DeviceRegistry {
  const { integrityKeys } = tables;
  const change = (
    { tenant, device }: TenantDevice,
    changed: (known: RegisteredDevice) => RegisteredDevice,
  ): RegisteredDevice | null => {
    const known = devicesIn(tables, tenant).get(device);
    if (known === undefined) return null;
    const after = changed(known);
    devicesIn(tables, tenant).set(device, after);
    return after;
  };
  return {
    registerDevice: async (registration) => register(tables, registration),
    registered: async ({ tenant, device }) => devicesIn(tables, tenant).get(device) ?? null,
    async registeredAmong(tenant, devices) {
      const known = devices.flatMap((device) => devicesIn(tables, tenant).get(device) ?? []);
      return new Map(known.map((each) => [each.device, each]));
    },
    devicesOf: async (tenant, user, request) =>
      listed(
        [...devicesIn(tables, tenant).values()].filter((each) => each.user === user),
        request,
      ),
    devicesIn: async (space, request) => listed(knownTo(tables, space), request),
    renameDevice: async (device, name) => change(device, (known) => ({ ...known, name })),
    async shutOut(device, nowMs) {
      integrityKeys.delete(deviceName(device));
      return change(device, (known) => ({ ...known, revokedAtMs: known.revokedAtMs ?? nowMs }));
    },
    followed: async (device) => followedBy(tables, device),
    async putIntegrityKey(device, key) {
      integrityKeys.set(deviceName(device), key);
    },
    integrityKey: async (device) => integrityKeys.get(deviceName(device)) ?? null,
  };
}

export function deviceName({ tenant, device }: TenantDevice): string {
  return `${tenant}/${device}`;
}

function devicesIn({ devices }: StoreTables, tenant: string): Map<DeviceId, RegisteredDevice> {
  const known = devices.get(tenant as TenantId) ?? new Map<DeviceId, RegisteredDevice>();
  devices.set(tenant as TenantId, known);
  return known;
}

function register(tables: StoreTables, registration: Registration): Registered {
  const { device: id, user, nowMs, seen, devicesMax } = registration;
  if (tables.revoked.has(deviceName(id))) return { kind: 'revoked' };
  const all = devicesIn(tables, id.tenant);
  const known = all.get(id.device);
  if (known !== undefined && known.user !== user) return { kind: 'of-other-user' };
  const devices = countOf(all, user);
  if (known === undefined && devicesMax !== null && devices >= devicesMax) return { kind: 'full', devices };
  const device: RegisteredDevice = {
    device: id.device,
    user,
    name: registration.name || (known?.name ?? ''),
    platform: registration.platform || (known?.platform ?? ''),
    appVersion: registration.appVersion || (known?.appVersion ?? ''),
    client: registration.client || (known?.client ?? ''),
    registeredAtMs: known?.registeredAtMs ?? nowMs,
    seenAtMs: seen === null ? (known?.seenAtMs ?? null) : Math.max(known?.seenAtMs ?? 0, nowMs),
    skewMs: seen?.skewMs ?? known?.skewMs ?? 0,
    revokedAtMs: null,
  };
  all.set(id.device, device);
  return { kind: 'registered', device };
}

function countOf(devices: ReadonlyMap<DeviceId, RegisteredDevice>, user: UserId): number {
  return [...devices.values()].filter((each) => each.user === user && each.revokedAtMs === null).length;
}

function knownTo(tables: StoreTables, space: SpaceKey): RegisteredDevice[] {
  const known = [...(tables.spaces.get(space)?.devices.values() ?? [])];
  return known.map(({ device, user, lastSeenMs, skewMs }) => {
    const registered = devicesIn(tables, tenantOf(space)).get(device);
    if (registered !== undefined) return registered;
    const nothingTold = { name: '', platform: '', appVersion: '', client: '' };
    const revoked = tables.revoked.has(deviceName({ tenant: tenantOf(space), device }));
    const times = { registeredAtMs: 0, seenAtMs: lastSeenMs, revokedAtMs: revoked ? 0 : null };
    return { device, user, skewMs, ...nothingTold, ...times };
  });
}

function listed(
  devices: readonly RegisteredDevice[],
  { includeRevoked, after, limit }: DevicesRequest,
): RegisteredDevice[] {
  return devices
    .filter(({ device, revokedAtMs }) => {
      if (revokedAtMs !== null && !includeRevoked) return false;
      return after === null || compareUtf8(device, after) > 0;
    })
    .sort((left, right) => compareUtf8(left.device, right.device))
    .slice(0, limit);
}

function followedBy(tables: StoreTables, { tenant, device }: TenantDevice): FollowedSpace[] {
  const found: FollowedSpace[] = [];
  for (const [key, table] of tables.spaces) {
    const known = tenantOf(key) === tenant ? table.devices.get(device) : undefined;
    if (known === undefined) continue;
    found.push({
      space: spaceOf(key),
      lastNumber: table.numbers.get(device)?.number ?? 0,
      acknowledged: known.acknowledged,
      head: table.state.head,
      lastSeenMs: known.lastSeenMs,
      encrypted: [...table.rules.values()].some(({ encrypted }) => encrypted),
    });
  }
  return found.sort((left, right) => compareUtf8(left.space, right.space));
}
