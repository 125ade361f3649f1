import type { CheckPlan, ServerMessage, SpaceId } from '@syncline/core';
import { Direction, Plan } from '@syncline/proto';
import { codes } from './codes';
import { idIn, type Place, whole } from './place';

export type PlanMessage = ServerMessage & { kind: 'plan' };

const directions = codes<CheckPlan['direction'], Direction>({
  none: Direction.NONE,
  upload: Direction.UPLOAD,
  download: Direction.DOWNLOAD,
  bidirectional: Direction.BIDIRECTIONAL,
});

export function planToProto({ space, plan }: Omit<PlanMessage, 'kind'>): Plan {
  return {
    ...Plan.create(),
    space,
    direction: directions.code(plan.direction),
    uploadCount: plan.uploadChanges,
    uploadBytes: plan.uploadBytes,
    downloadCount: plan.downloadRecords,
    downloadBytes: plan.downloadBytes,
    head: plan.head,
    conflictCount: plan.conflictsExpected,
  };
}

export function planFromProto(proto: Plan, at: Place): PlanMessage {
  return {
    kind: 'plan',
    space: idIn<SpaceId>(at, 'space', proto.space),
    plan: {
      direction: directions.nameIn(at, 'direction', proto.direction),
      head: whole(at, 'head', proto.head),
      downloadRecords: whole(at, 'download_count', proto.downloadCount),
      downloadBytes: whole(at, 'download_bytes', proto.downloadBytes),
      uploadChanges: whole(at, 'upload_count', proto.uploadCount),
      uploadBytes: whole(at, 'upload_bytes', proto.uploadBytes),
      conflictsExpected: whole(at, 'conflict_count', proto.conflictCount),
    },
  };
}
