import type { Answer, ChangeNumber, DeviceId, SpaceId } from '@syncline/core';
import type { ChangeProgress, ChangeStage, DeviceProgress, FollowedChanges } from '@syncline/flows';
import {
  ChangeStage as ProtoStage,
  type ChangeStatus,
  type Delivery,
  type StatusRequest,
  type StatusResponse,
} from '@syncline/proto';
import { type Caller, callerFromProto, callerToProto } from './callers';
import { codes } from './codes';
import { uint32, uint64 } from './encoding';
import { outcomeFromProto, outcomeToProto } from './outcomes';
import { each, idIn, inside, type Place, reading, whole } from './place';

/** Where are these changes? */
export interface FollowCall {
  readonly caller: Caller;
  readonly space: SpaceId;
  /** Null for the caller's own. */
  readonly device: DeviceId | null;
  readonly numbers: readonly ChangeNumber[];
}

export function followCallToProto({ caller, space, device, numbers }: FollowCall): StatusRequest {
  return { caller: callerToProto(caller), space, device: device ?? '', numbers: [...numbers] };
}

export function followCallFromProto(proto: StatusRequest): Answer<FollowCall> {
  return reading('', (at) => {
    const numbers = inside(at, 'numbers');
    return {
      caller: callerFromProto(proto.caller, at),
      space: idIn<SpaceId>(at, 'space', proto.space),
      device: proto.device === '' ? null : idIn<DeviceId>(at, 'device', proto.device),
      numbers: proto.numbers.map((number, index) => whole(numbers, index, number)),
    };
  });
}

const stages = codes<ChangeStage, ProtoStage>({
  unknown: ProtoStage.UNKNOWN,
  committed: ProtoStage.COMMITTED,
  announced: ProtoStage.ANNOUNCED,
  delivered: ProtoStage.DELIVERED,
  acknowledged: ProtoStage.ACKNOWLEDGED,
});

export function followedChangesToProto({ changes, lastNumber, head }: FollowedChanges): StatusResponse {
  return { changes: changes.map(progressToProto), lastChangeNumber: lastNumber, head };
}

export function followedChangesFromProto(proto: StatusResponse): Answer<FollowedChanges> {
  return reading('', (at) => ({
    changes: each(at, 'changes', proto.changes, progressFromProto),
    lastNumber: whole(at, 'last_change_number', proto.lastChangeNumber),
    head: whole(at, 'head', proto.head),
  }));
}

function progressToProto(progress: ChangeProgress): ChangeStatus {
  const { number, stage, outcome, version, committedAtMs, announcedAtMs, traceId } = progress;
  return {
    number,
    stage: stages.code(stage),
    outcome: outcome === null ? undefined : outcomeToProto(outcome),
    version,
    committedAtMs,
    announcedAtMs,
    deliveries: progress.others.map(deliveryToProto),
    acknowledgedCount: uint32(progress.acknowledgedCount),
    deviceCount: uint32(progress.deviceCount),
    traceId,
  };
}

function progressFromProto(proto: ChangeStatus, at: Place): ChangeProgress {
  return {
    number: whole(at, 'number', proto.number),
    stage: stages.nameIn(at, 'stage', proto.stage),
    outcome: proto.outcome === undefined ? null : outcomeFromProto(proto.outcome, inside(at, 'outcome')),
    version: whole(at, 'version', proto.version),
    committedAtMs: whole(at, 'committed_at_ms', proto.committedAtMs),
    announcedAtMs: whole(at, 'announced_at_ms', proto.announcedAtMs),
    others: each(at, 'deliveries', proto.deliveries, deliveryFromProto),
    acknowledgedCount: whole(at, 'acknowledged_count', proto.acknowledgedCount),
    deviceCount: whole(at, 'device_count', proto.deviceCount),
    traceId: proto.traceId,
  };
}

function deliveryToProto(progress: DeviceProgress): Delivery {
  const { device, acknowledged, lastSeenMs, delivered, deliveredAtMs, acknowledgedAtMs } = progress;
  return {
    device,
    deliveredAtMs,
    acknowledgedAtMs,
    acknowledgedVersion: uint64(acknowledged),
    seenAtMs: lastSeenMs,
    deliveredVersion: uint64(delivered),
  };
}

function deliveryFromProto(proto: Delivery, at: Place): DeviceProgress {
  return {
    device: idIn<DeviceId>(at, 'device', proto.device),
    acknowledged: whole(at, 'acknowledged_version', proto.acknowledgedVersion),
    lastSeenMs: whole(at, 'seen_at_ms', proto.seenAtMs),
    delivered: whole(at, 'delivered_version', proto.deliveredVersion),
    deliveredAtMs: whole(at, 'delivered_at_ms', proto.deliveredAtMs),
    acknowledgedAtMs: whole(at, 'acknowledged_at_ms', proto.acknowledgedAtMs),
  };
}
