import {
  type CollectionName,
  type Hello,
  hlcTime,
  msOf,
  type SessionId,
  type TenantId,
  TICKS_PER_MS,
} from '@syncline/core';
import { DeviceInfo, Hello as ProtoHello } from '@syncline/proto';
import { conditionFromProto, conditionToProto } from './devices';
import { collectionIn, deviceIn, idIn, inside, partOf, type Place, tenantIn, whole, wrong } from './place';

/** The clock goes as the milliseconds in it: it is only measured against another one. */
export function helloToProto(hello: Hello): ProtoHello {
  const { name, platform, appVersion, link, batteryPercent } = hello.info;
  return {
    ...ProtoHello.create(),
    protocolMin: hello.protocol.min,
    protocolMax: hello.protocol.max,
    capabilities: [...hello.capabilities],
    device: { ...DeviceInfo.create(), id: hello.device, name, platform, appVersion },
    schemaVersions: new Map(hello.schemaVersions),
    deviceTimeMs: msOf(hello.clock),
    state: conditionToProto({ link, batteryPercent }),
    session: hello.resume ?? '',
    token: hello.token,
    tenant: hello.tenant ?? '',
  };
}

export function helloFromProto(proto: ProtoHello, at: Place): Hello {
  const device = partOf(at, 'device', proto.device, DeviceInfo);
  const { name, platform, appVersion } = device;
  return {
    kind: 'hello',
    protocol: { min: proto.protocolMin, max: proto.protocolMax },
    capabilities: proto.capabilities,
    tenant: tenantFromProto(proto.tenant, at),
    device: deviceIn(inside(at, 'device'), 'id', device.id),
    info: { name, platform, appVersion, ...conditionFromProto(proto.state, inside(at, 'state')) },
    token: proto.token,
    clock: hlcTime(wallClock(at, 'device_time_ms', proto.deviceTimeMs)),
    schemaVersions: schemaVersionsFromProto(proto.schemaVersions, at),
    resume: proto.session === '' ? null : idIn<SessionId>(at, 'session', proto.session),
  };
}

const WALL_MS_MAX = Math.floor(Number.MAX_SAFE_INTEGER / TICKS_PER_MS);

export function wallClock(at: Place, name: string, ms: number): number {
  if (whole(at, name, ms) > WALL_MS_MAX) wrong(at, name, `must be at most ${WALL_MS_MAX}`);
  return ms;
}

export function tenantFromProto(tenant: string, at: Place): TenantId | null {
  return tenant === '' ? null : tenantIn(at, 'tenant', tenant);
}

export function schemaVersionsFromProto(
  proto: ReadonlyMap<string, number>,
  above: Place,
): Map<CollectionName, number> {
  const at = inside(above, 'schema_versions');
  const versions = new Map<CollectionName, number>();
  for (const [name, version] of proto) versions.set(collectionIn(at, name, name), whole(at, name, version));
  return versions;
}
