import type { CollectionName, DeviceId, TenantId } from '@syncline/core';
import { Caller as ProtoCaller } from '@syncline/proto';
import { type DeviceCondition, conditionFromProto, conditionToProto } from './devices';
import { schemaVersionsFromProto, tenantFromProto, wallClock } from './hello';
import { deviceIn, inside, partOf, type Place, whole } from './place';

/** Who makes a call outside of a session: what Hello says inside of one. */
export interface Caller {
  readonly device: DeviceId;
  readonly tenant: TenantId | null;
  /** Null for the newest. */
  readonly protocol: number | null;
  readonly capabilities: readonly string[];
  readonly schemaVersions: ReadonlyMap<CollectionName, number>;
  /** The device's wall clock; null when not told. */
  readonly clockMs: number | null;
  readonly condition: DeviceCondition;
}

export function callerToProto(caller: Caller): ProtoCaller {
  return {
    device: caller.device,
    protocol: caller.protocol ?? 0,
    capabilities: [...caller.capabilities],
    schemaVersions: new Map(caller.schemaVersions),
    deviceTimeMs: caller.clockMs ?? 0,
    state: conditionToProto(caller.condition),
    tenant: caller.tenant ?? '',
  };
}

export function callerFromProto(part: ProtoCaller | undefined, above: Place): Caller {
  const proto = partOf(above, 'caller', part, ProtoCaller);
  const at = inside(above, 'caller');
  const clockMs = wallClock(at, 'device_time_ms', proto.deviceTimeMs);
  const protocol = whole(at, 'protocol', proto.protocol);
  return {
    device: deviceIn(at, 'device', proto.device),
    tenant: tenantFromProto(proto.tenant, at),
    protocol: protocol === 0 ? null : protocol,
    capabilities: proto.capabilities,
    schemaVersions: schemaVersionsFromProto(proto.schemaVersions, at),
    clockMs: clockMs === 0 ? null : clockMs,
    condition: conditionFromProto(proto.state, inside(at, 'state')),
  };
}
