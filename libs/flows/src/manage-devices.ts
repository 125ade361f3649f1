import {
  type Access,
  type Answer,
  type DeviceId,
  granted,
  HOLDS_NOTHING,
  type Limits,
  refused,
  type SpaceId,
  spaceKey,
  type Version,
} from '@syncline/core';
import type {
  Clock,
  DeltaStore,
  DeviceRegistry,
  Directory,
  FollowedSpace,
  Identity,
  Presence,
  Present,
  RegisteredDevice,
} from '@syncline/ports';
import { accessTo } from './open-space';
import { type Listed, listedBy, type PartRequest } from './parts';
import { asMember } from './space-rights';

export interface ManageDevicesDeps {
  readonly registry: DeviceRegistry;
  readonly directory: Pick<Directory, 'access' | 'revoke'>;
  readonly deltas: Pick<DeltaStore, 'heads'>;
  readonly presence: Pick<Presence, 'roster'>;
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'offlineHorizonMs'>;
}

export interface ListDevicesCall extends PartRequest<DeviceId> {
  /** Null for the caller's own devices. */
  readonly space: SpaceId | null;
  readonly includeRevoked: boolean;
}

/** A device in a space, with what follows from it. */
export interface DevicePlace extends Omit<FollowedSpace, 'acknowledged' | 'encrypted'> {
  /** Null where the device keeps no copy. */
  readonly acknowledged: Version | null;
  /** Deletes are remembered for its sake. */
  readonly holdsFloor: boolean;
}

export interface DeviceStatus {
  readonly device: RegisteredDevice;
  readonly spaces: readonly DevicePlace[];
}

export interface DeviceShutOut {
  readonly device: RegisteredDevice;
  /** Those with encrypted collections whose key the device may have. */
  readonly spacesToRotate: readonly SpaceId[];
}

export interface OnRoster {
  readonly present: Present;
  readonly name: string;
}

/** What users do with their devices, and owners with those that follow their spaces. */
export function manageDevices(deps: ManageDevicesDeps) {
  const { registry, presence } = deps;
  return {
    list: async (identity: Identity, call: ListDevicesCall): Promise<Answer<Listed<RegisteredDevice>>> => {
      const { tenant, user } = identity;
      const { space, includeRevoked } = call;
      const member = space === null ? null : await asMember(deps, identity, { tenant: null, space });
      if (member?.ok === false) return member;
      const read = (after: DeviceId | null, limit: number) => {
        const request = { includeRevoked, after, limit };
        return member === null
          ? registry.devicesOf(tenant, user, request)
          : registry.devicesIn(member.value.key, request);
      };
      return granted(await listedBy(call, ({ device }) => device, read));
    },
    rename: async (
      identity: Identity,
      call: { readonly device: DeviceId; readonly name: string },
    ): Promise<Answer<RegisteredDevice>> => {
      const reached = await reach(deps, identity, call.device);
      if (!reached.ok) return reached;
      if (!reached.value.isOwn) return refused('PERMISSION_DENIED');
      const renamed = await registry.renameDevice(
        { tenant: identity.tenant, device: call.device },
        call.name,
      );
      return renamed === null ? refused('DEVICE_NOT_FOUND') : granted(renamed);
    },
    revoke: revokeDevice(deps),
    status: async (identity: Identity, id: DeviceId): Promise<Answer<DeviceStatus>> => {
      const reached = await reach(deps, identity, id);
      if (!reached.ok) return reached;
      const { device, spaces, isOwn } = reached.value;
      const shown = spaces.filter(({ access }) => isOwn || access?.role === 'owner');
      if (!isOwn && shown.length === 0) return refused('PERMISSION_DENIED');
      return granted({ device, spaces: shown.map(({ followed }) => placeOf(deps, followed)) });
    },
    roster: async (identity: Identity, space: SpaceId): Promise<Answer<readonly OnRoster[]>> => {
      const member = await asMember(deps, identity, { tenant: null, space });
      if (!member.ok) return member;
      const present = await presence.roster(member.value.key);
      const ids = present.map(({ device }) => device);
      const known = await registry.registeredAmong(identity.tenant, ids);
      return granted(present.map((each) => ({ present: each, name: known.get(each.device)?.name ?? '' })));
    },
  };
}

interface Reached {
  readonly device: RegisteredDevice;
  /** The caller may do with it as its user may. */
  readonly isOwn: boolean;
  readonly spaces: readonly { readonly followed: FollowedSpace; readonly access: Access | null }[];
}

/** Nobody learns of a device who is neither its user nor shares a space with it. */
async function reach(
  { registry, directory }: ManageDevicesDeps,
  identity: Identity,
  id: DeviceId,
): Promise<Answer<Reached>> {
  const { tenant, user } = identity;
  const device = await registry.registered({ tenant, device: id });
  if (device === null) return refused('DEVICE_NOT_FOUND');
  const isOwn = device.user === user || identity.operator === true;
  const followed = await registry.followed({ tenant, device: id });
  const spaces = [];
  for (const each of followed) {
    const access = isOwn ? null : await accessTo(directory, identity, spaceKey(tenant, each.space), each);
    spaces.push({ followed: each, access });
  }
  const mayKnow = isOwn || spaces.some(({ access }) => access !== null);
  return mayKnow ? granted({ device, isOwn, spaces }) : refused('DEVICE_NOT_FOUND');
}

/**
 * A device is shut out of its whole tenant. An owner may do that to another user's device only where it follows nothing
 * but their own spaces: from any other device they take away the membership.
 */
function revokeDevice(deps: ManageDevicesDeps) {
  const { registry, directory, clock } = deps;
  return async (identity: Identity, id: DeviceId): Promise<Answer<DeviceShutOut>> => {
    const reached = await reach(deps, identity, id);
    if (!reached.ok) return reached;
    const { isOwn, spaces } = reached.value;
    const ownsAll = spaces.length > 0 && spaces.every(({ access }) => access?.role === 'owner');
    if (!isOwn && !ownsAll) return refused('PERMISSION_DENIED', { message: REMOVE_THE_MEMBER });
    const device = { tenant: identity.tenant, device: id };
    await directory.revoke(device);
    const shutOut = await registry.shutOut(device, clock.nowMs());
    if (shutOut === null) return refused('DEVICE_NOT_FOUND');
    const encrypted = spaces.filter(({ followed }) => followed.encrypted);
    return granted({ device: shutOut, spacesToRotate: encrypted.map(({ followed }) => followed.space) });
  };
}

const REMOVE_THE_MEMBER =
  'The device follows spaces of others as well. Remove its user from the members of the space instead.';

function placeOf({ clock, limits }: ManageDevicesDeps, followed: FollowedSpace): DevicePlace {
  const { space, lastNumber, head, lastSeenMs } = followed;
  const acknowledged = followed.acknowledged === HOLDS_NOTHING ? null : followed.acknowledged;
  const isRecent = lastSeenMs >= clock.nowMs() - limits.offlineHorizonMs;
  return { space, lastNumber, head, lastSeenMs, acknowledged, holdsFloor: acknowledged !== null && isRecent };
}
