import type { ChangeNumber, CheckpointMessage, DeviceId, SpaceId, Version } from '@syncline/core';
import { Checkpoint, type VectorClock } from '@syncline/proto';
import { digestsFromProto, digestsToProto } from './digests';
import { idIn, inside, type Place, whole } from './place';

/** The server names what moved since the device's last checkpoint, so that clock and digests are partial. */
export function checkpointToProto(checkpoint: Omit<CheckpointMessage, 'kind'>): Checkpoint {
  const { space, version, cursor, clock, digests } = checkpoint;
  return {
    ...Checkpoint.create(),
    space,
    version,
    clock: clockToProto(clock, version),
    digests: digestsToProto(digests),
    partial: true,
    cursor,
  };
}

export function checkpointFromProto(proto: Checkpoint, at: Place): CheckpointMessage {
  return {
    kind: 'checkpoint',
    space: idIn<SpaceId>(at, 'space', proto.space),
    version: whole(at, 'version', proto.version),
    cursor: proto.cursor,
    clock: clockFromProto(proto.clock?.devices ?? new Map(), inside(at, 'clock')),
    digests: digestsFromProto(proto.digests, at, 'digests'),
  };
}

function clockToProto(devices: ReadonlyMap<DeviceId, ChangeNumber>, server: Version): VectorClock {
  return { devices: new Map(devices), server, partial: true };
}

export function clockFromProto(
  proto: ReadonlyMap<string, number>,
  above: Place,
): Map<DeviceId, ChangeNumber> {
  const at = inside(above, 'devices');
  const clock = new Map<DeviceId, ChangeNumber>();
  for (const [device, number] of proto) clock.set(device as DeviceId, whole(at, device, number));
  return clock;
}
