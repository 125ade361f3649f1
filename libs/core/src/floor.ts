import type { DeviceId, Version } from './ids';

/** What a device that keeps no copy acknowledges: it needs no delete to be remembered. */
export const HOLDS_NOTHING: Version = Number.MAX_SAFE_INTEGER;

export interface FloorDevice {
  readonly device: DeviceId;
  readonly acknowledged: Version;
  readonly lastSeenMs: number;
}

/**
 * The version up to which tombstones may go: what every device that was seen within the horizon has acknowledged.
 * A device that stays away longer starts over when it returns, so it need not be waited for.
 */
export function nextFloor(
  devices: readonly FloorDevice[],
  space: { readonly head: Version; readonly floor: Version },
  nowMs: number,
  offlineHorizonMs: number,
): Version {
  let floor = space.head;
  for (const { acknowledged, lastSeenMs } of devices) {
    if (nowMs - lastSeenMs <= offlineHorizonMs) floor = Math.min(floor, acknowledged);
  }
  return Math.max(floor, space.floor);
}
