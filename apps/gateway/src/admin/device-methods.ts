import { type Answer, granted, type TenantId } from '@syncline/core';
import { type Listed, manageDevices, pairDevice, registerOwnDevice } from '@syncline/flows';
import type { Identity, RegisteredDevice } from '@syncline/ports';
import * as proto from '@syncline/proto';
import * as wire from '@syncline/wire';
import type { UnaryMethod } from '../unary/methods';
import type { AdminDeps } from './admin-deps';
import { form, type KnownCall, openCall } from './known-call';

type Tell = (tenant: TenantId, device: RegisteredDevice) => wire.DeviceTold;

/** What users do with their devices, and owners with those in their spaces. */
export function deviceMethods(deps: AdminDeps, known: KnownCall): Record<string, UnaryMethod> {
  const { store, open } = deps;
  const tell: Tell = (tenant, device) => ({
    ...device,
    connected: open.ofDevice(tenant, device.device) > 0,
  });
  const devices = manageDevices({ ...deps, registry: store, directory: store, deltas: store });
  return {
    ...joiningMethods(deps, known, tell),
    ListDevices: known(
      form(proto.ListDevicesRequest, wire.listDevicesCall),
      form(proto.ListDevicesResponse, wire.devicesListed),
      async (identity, call) => toldList(identity, await devices.list(identity, call), tell),
    ),
    RenameDevice: known(
      form(proto.RenameDeviceRequest, wire.renameDeviceCall),
      form(proto.RenameDeviceResponse, wire.deviceRenamed),
      async (identity, call) => {
        const renamed = await devices.rename(identity, call);
        return renamed.ok ? granted(tell(identity.tenant, renamed.value)) : renamed;
      },
    ),
    RevokeDevice: known(
      form(proto.RevokeDeviceRequest, wire.revokeDeviceCall),
      form(proto.RevokeDeviceResponse, wire.deviceRevoked),
      async (identity, { device, why }) => {
        const { tenant, user } = identity;
        const sessions = open.ofDevice(tenant, device);
        const revoked = await devices.revoke(identity, device);
        if (!revoked.ok) return revoked;
        deps.log.info('a device was shut out', { tenant, user, device, why });
        const { device: shutOut, spacesToRotate } = revoked.value;
        return granted({ device: { ...shutOut, connected: false }, spacesToRotate, sessions });
      },
    ),
    GetDeviceStatus: known(
      form(proto.GetDeviceStatusRequest, wire.deviceStatusCall),
      form(proto.GetDeviceStatusResponse, wire.deviceStatusFound),
      async (identity, id) => {
        const status = await devices.status(identity, id);
        if (!status.ok) return status;
        return granted({ ...status.value, device: tell(identity.tenant, status.value.device) });
      },
    ),
    GetRoster: known(
      form(proto.GetRosterRequest, wire.getRosterCall),
      form(proto.GetRosterResponse, wire.rosterFound),
      devices.roster,
    ),
  };
}

/** How devices come to be known. */
function joiningMethods(deps: AdminDeps, known: KnownCall, tell: Tell): Record<string, UnaryMethod> {
  const { store } = deps;
  const register = registerOwnDevice({ ...deps, registry: store, tenants: store });
  const pairing = pairDevice({ ...deps, registry: store, tenants: store, pairings: store, directory: store });
  return {
    RegisterDevice: known(
      form(proto.RegisterDeviceRequest, wire.registerDeviceCall),
      form(proto.RegisterDeviceResponse, wire.deviceRegistered),
      async (identity, call) => {
        const registered = await register(identity, call);
        if (!registered.ok) return registered;
        return granted({ ...registered.value, device: tell(identity.tenant, registered.value.device) });
      },
    ),
    CreatePairing: known(
      form(proto.CreatePairingRequest, wire.createPairingCall),
      form(proto.CreatePairingResponse, wire.pairingCreated),
      pairing.offer,
    ),
    PairDevice: openCall(
      form(proto.PairDeviceRequest, wire.pairDeviceCall),
      form(proto.PairDeviceResponse, wire.devicePaired),
      async ({ code, device }, { peer }) => {
        const paired = await pairing.join(code, device, peer === '' ? null : peer);
        if (!paired.ok) return paired;
        return granted({ ...paired.value, device: { ...paired.value.device, connected: false } });
      },
    ),
  };
}

function toldList(
  { tenant }: Identity,
  listed: Answer<Listed<RegisteredDevice>>,
  tell: Tell,
): Answer<Listed<wire.DeviceTold>> {
  if (!listed.ok) return listed;
  const { items, next } = listed.value;
  return granted({ items: items.map((device) => tell(tenant, device)), next });
}
