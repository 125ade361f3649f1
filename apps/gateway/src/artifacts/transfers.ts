import {
  type Answer,
  type DeviceId,
  granted,
  type Reason,
  refused,
  type SpaceId,
  type SpaceKey,
} from '@syncline/core';
import {
  admitArtifactBytes,
  admitCall,
  type ArtifactRight,
  artifactRights,
  recheckTransfer,
} from '@syncline/flows';
import type { Identity } from '@syncline/ports';
import type { GatewayDeps } from '../gateway-deps';
import type { Stopped, TransferCall } from './transfer-call';

export interface WantedTransfer {
  readonly device: DeviceId;
  readonly space: SpaceId;
  readonly to: ArtifactRight;
}

/** Tells the device how long it will be made to wait. */
type TellDelay = (delayMs: number) => Promise<Answer<null>>;

/** A transfer that may begin. */
export interface Transfer {
  readonly key: SpaceKey;
  /** Waits until so many bytes may go over; refused once the device may not do this any more, or everything stops. */
  readonly allow: (bytes: number, tellDelay?: TellDelay) => Promise<Answer<null>>;
}

/** Finds out who transfers, whether they may, and how fast. */
export function transfers(deps: GatewayDeps) {
  const { store, clock, timing } = deps;
  const admit = admitCall({ ...deps, directory: store, tenants: store });
  const rights = artifactRights({ directory: store, deltas: store });
  const recheck = recheckTransfer({ ...deps, directory: store, deltas: store, tenants: store });
  const bytesAllowed = admitArtifactBytes(deps);

  const begun = (call: TransferCall, identity: Identity, wanted: WantedTransfer): Transfer['allow'] => {
    const { tenant, user } = identity;
    const { device, space, to } = wanted;
    let checkedAtMs = clock.nowMs();
    return async (bytes, tellDelay = () => Promise.resolve(granted(null))) => {
      for (;;) {
        if (clock.nowMs() - checkedAtMs >= timing.revokedMs) {
          const still = await recheck(identity, device, space, to);
          if (!still.ok) return still;
          checkedAtMs = clock.nowMs();
        }
        const admitted = await bytesAllowed({ tenant, user, device }, bytes);
        if (admitted.ok) return admitted;
        const delayMs = admitted.refusal.retryAfterMs ?? 0;
        const told = await tellDelay(delayMs);
        if (!told.ok) return told;
        const stopped = await call.pause(delayMs);
        if (stopped !== null) return ended(stopped);
      }
    };
  };

  return async (call: TransferCall, wanted: WantedTransfer): Promise<Answer<Transfer>> => {
    const { token, address } = call;
    const { device, space, to } = wanted;
    const known = await admit({ token, address, device, tenant: null });
    if (!known.ok) return known;
    const identity = known.value;
    const key = await rights(identity, space, to);
    if (!key.ok) return key;
    const registered = await store.registered({ tenant: identity.tenant, device });
    if (registered !== null && registered.user !== identity.user) return refused('DEVICE_OF_OTHER_USER');
    return granted({ key: key.value, allow: begun(call, identity, wanted) });
  };
}

const REASONS: Readonly<Record<Stopped['kind'], Reason>> = {
  gone: 'DEADLINE_EXCEEDED',
  draining: 'DRAINING',
  slow: 'SLOW_CONSUMER',
};

export const ended = ({ kind }: Stopped): Answer<never> => refused(REASONS[kind]);
