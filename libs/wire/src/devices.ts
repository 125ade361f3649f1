import type { Link } from '@syncline/core';
import { DeviceState, Link as ProtoLink } from '@syncline/proto';
import { codesOr } from './codes';
import { type Place, wrong } from './place';

/** How a device is doing, as far as the rules look at it. */
export interface DeviceCondition {
  readonly link: Link;
  readonly batteryPercent: number | null;
}

export const links = codesOr<Link, ProtoLink>('unknown', {
  unknown: ProtoLink.UNSPECIFIED,
  wifi: ProtoLink.WIFI,
  cellular: ProtoLink.CELLULAR,
  ethernet: ProtoLink.ETHERNET,
});

/** Nothing known is said by saying nothing. */
export function conditionToProto({ link, batteryPercent }: DeviceCondition): DeviceState | undefined {
  if (link === 'unknown' && batteryPercent === null) return undefined;
  return {
    ...DeviceState.create(),
    link: links.code(link),
    batteryPercent: batteryPercent ?? undefined,
  };
}

export function conditionFromProto(proto: DeviceState | undefined, at: Place): DeviceCondition {
  if (proto === undefined) return { link: 'unknown', batteryPercent: null };
  return { link: links.name(proto.link), batteryPercent: batteryFromProto(proto.batteryPercent, at) };
}

export function batteryFromProto(percent: number | undefined, at: Place): number | null {
  if (percent === undefined) return null;
  if (!Number.isInteger(percent) || percent < 0 || percent > 100)
    wrong(at, 'battery_percent', 'must be a whole number from 0 to 100');
  return percent;
}
