import {
  type Answer,
  type DeviceId,
  granted,
  overLimit,
  refused,
  type TenantId,
  type UserId,
} from '@syncline/core';
import type {
  Chance,
  Clock,
  DeviceDescription,
  DeviceRegistry,
  Identity,
  IntegrityKey,
  RegisteredDevice,
  Secrets,
  Tenant,
  TenantDevice,
  Tenants,
} from '@syncline/ports';

export interface RegisterDeviceDeps {
  readonly registry: DeviceRegistry;
  readonly clock: Clock;
}

export interface DeviceGiven extends DeviceDescription {
  readonly device: DeviceId;
}

interface Registering extends DeviceDescription {
  readonly device: TenantDevice & { readonly tenant: TenantId };
  readonly user: UserId;
  readonly seen: { readonly skewMs: number } | null;
}

/** Makes a device known as one of its user's, as far as the tenant allows for; null for one that was not declared. */
export function registerDevice({ registry, clock }: RegisterDeviceDeps) {
  return async (registering: Registering, tenant: Tenant | null): Promise<Answer<RegisteredDevice>> => {
    const devicesMax = tenant?.quotas.devicesPerUserMax ?? null;
    const registered = await registry.registerDevice({ ...registering, nowMs: clock.nowMs(), devicesMax });
    switch (registered.kind) {
      case 'registered':
        return granted(registered.device);
      case 'of-other-user':
        return refused('DEVICE_OF_OTHER_USER');
      case 'revoked':
        return refused('DEVICE_REVOKED');
      case 'full': {
        const { devices } = registered;
        return {
          ok: false,
          refusal: overLimit('QUOTA_EXCEEDED', 'devicesPerUserMax', devicesMax ?? devices, devices + 1),
        };
      }
    }
  };
}

export interface RegisterCall {
  readonly device: DeviceGiven;
  readonly wantsIntegrityKey: boolean;
}

export interface RegisteredWithKey {
  readonly device: RegisteredDevice;
  /** Told this once. */
  readonly integrityKey: IntegrityKey | null;
}

export interface RegisterOwnDeviceDeps extends RegisterDeviceDeps {
  readonly tenants: Pick<Tenants, 'tenant'>;
  readonly chance: Chance;
  readonly secrets: Secrets;
}

const INTEGRITY_KEY_BYTES = 32;

/** A user makes a device known, and may ask for a key with which its messages are signed. */
export function registerOwnDevice(deps: RegisterOwnDeviceDeps) {
  const { registry, tenants, chance, secrets } = deps;
  const register = registerDevice(deps);
  return async (
    identity: Identity,
    { device: given, wantsIntegrityKey }: RegisterCall,
  ): Promise<Answer<RegisteredWithKey>> => {
    const { tenant, user } = identity;
    const device = { tenant, device: given.device };
    if (identity.device !== undefined && identity.device !== given.device)
      return refused('PERMISSION_DENIED', { message: 'The token is of another device.' });
    const registered = await register({ ...given, device, user, seen: null }, await tenants.tenant(tenant));
    if (!registered.ok) return registered;
    if (!wantsIntegrityKey) return granted({ device: registered.value, integrityKey: null });
    const integrityKey = { id: chance.id(), bytes: secrets.bytes(INTEGRITY_KEY_BYTES) };
    await registry.putIntegrityKey(device, integrityKey);
    return granted({ device: registered.value, integrityKey });
  };
}
