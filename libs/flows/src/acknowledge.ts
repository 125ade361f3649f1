import { type Answer, type CursorKeys, decodeCursor, granted, refused, type SpaceKey } from '@syncline/core';
import type { DeviceSeen, DeviceStore } from '@syncline/ports';

export interface AcknowledgeDeps {
  readonly devices: DeviceStore;
  readonly keys: CursorKeys;
}

/** A device has stored a checkpoint: deletes up to there need not be remembered for its sake. */
export function acknowledge({ devices, keys }: AcknowledgeDeps) {
  return async (space: SpaceKey, seen: DeviceSeen, bytes: Uint8Array): Promise<Answer<null>> => {
    const cursor = decodeCursor(bytes, space, keys);
    if (cursor === null) return refused('INVALID_CURSOR');
    await devices.acknowledge(space, seen, Math.max(cursor.position, cursor.asOf));
    return granted(null);
  };
}
