import { type Answer, type CursorKeys, decodeCursor, granted, refused, type SpaceKey } from '@syncline/core';
import type { Acknowledgement, DeviceSeen, DeviceStore } from '@syncline/ports';

export interface AcknowledgeDeps {
  readonly devices: Pick<DeviceStore, 'acknowledge'>;
  readonly keys: CursorKeys;
}

/** A device has stored the checkpoint of a cursor. */
export interface StoredCheckpoint {
  readonly space: SpaceKey;
  readonly seen: DeviceSeen;
  readonly cursor: Uint8Array;
}

/** A device has stored a checkpoint: deletes up to there need not be remembered for its sake. */
export function acknowledge({ devices, keys }: AcknowledgeDeps) {
  return async (space: SpaceKey, seen: DeviceSeen, cursor: Uint8Array): Promise<Answer<null>> => {
    const acknowledgement = acknowledgementOf({ space, seen, cursor }, keys);
    if (acknowledgement === null) return refused('INVALID_CURSOR');
    await devices.acknowledge([acknowledgement]);
    return granted(null);
  };
}

/** The same for many devices in one go, each of a space at most once. A cursor that was never issued here says nothing. */
export function acknowledgeAll({ devices, keys }: AcknowledgeDeps) {
  return async (stored: readonly StoredCheckpoint[]): Promise<void> => {
    const several = stored.map((each) => acknowledgementOf(each, keys)).filter((each) => each !== null);
    if (several.length > 0) await devices.acknowledge(several);
  };
}

function acknowledgementOf(
  { space, seen, cursor: bytes }: StoredCheckpoint,
  keys: CursorKeys,
): Acknowledgement | null {
  const cursor = decodeCursor(bytes, space, keys);
  return cursor && { space, seen, version: Math.max(cursor.position, cursor.asOf) };
}
