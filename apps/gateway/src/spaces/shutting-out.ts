import { type Refusal, refusal, type TenantId } from '@syncline/core';
import type { TenantDevice, TenantStanding } from '@syncline/ports';
import { every } from '../every';
import type { GatewayDeps } from '../gateway-deps';
import { outage } from '../outage';
import type { DeviceSession, Feeding } from '../session/device-session';

const REFUSAL_OF_STANDING: Readonly<Record<TenantStanding, Refusal | null>> = {
  active: null,
  suspended: refusal('TENANT_SUSPENDED'),
  removed: refusal('TENANT_NOT_FOUND'),
};

/**
 * Ends sessions of devices that were revoked and of tenants that may not be used: at once, or where the news is lost, soon.
 * Whoever runs the installation may come in all the same.
 */
export function shutOut(
  deps: GatewayDeps,
  { feed }: Feeding,
  open: () => readonly DeviceSession[],
): () => void {
  const { store, timer, timing } = deps;
  const { or } = outage('access', deps);

  const ofDevice = ({ tenant, device }: TenantDevice): void => {
    for (const session of open())
      if (session.identity?.tenant === tenant && session.state.hello?.device === device)
        feed(session, { kind: 'revoked' });
  };

  const ofTenant = (tenant: TenantId, standing: TenantStanding): void => {
    const why = REFUSAL_OF_STANDING[standing];
    if (why === null) return;
    for (const session of open())
      if (session.identity?.tenant === tenant && session.identity.operator !== true)
        feed(session, { kind: 'shut-out', refusal: why });
  };

  const known = (): TenantDevice[] =>
    open().flatMap(({ identity, state }) =>
      identity === null ? [] : [{ tenant: identity.tenant, device: state.hello!.device }],
    );

  const stopListening = store.onAccessChange((change) => {
    if (change.kind === 'revoked') ofDevice(change.device);
    if (change.kind === 'tenant') ofTenant(change.tenant, change.standing);
  });
  const stopLooking = every(timer, timing.revokedMs, async () => {
    const devices = known();
    if (devices.length === 0) return;
    for (const revoked of await or(store.revokedAmong(devices), [])) ofDevice(revoked);
    const tenants = [...new Set(devices.map(({ tenant }) => tenant as TenantId))];
    const none: ReadonlyMap<TenantId, TenantStanding> = new Map();
    // A removed tenant may be missing here; it has no spaces left, which the heads tell.
    for (const [tenant, standing] of await or(store.standings(tenants), none)) ofTenant(tenant, standing);
  });

  return () => {
    stopListening();
    stopLooking();
  };
}
