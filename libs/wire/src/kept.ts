import type { DeviceId, Kept, Sibling, UserId } from '@syncline/core';
import { Sibling as ProtoSibling, type StoredRecord } from '@syncline/proto';
import { type Place, timeIn, whole } from './place';

type ProtoKept = Pick<StoredRecord, 'siblings' | 'dataType'>;

/** Nothing for most records. */
export function keptToProto(kept: Kept | undefined): Partial<ProtoKept> {
  if (kept === undefined) return {};
  if (kept.kind === 'siblings') return { siblings: kept.siblings.map(siblingToProto) };
  return kept.state === null ? {} : { dataType: { type: kept.type, state: kept.state } };
}

export function keptFromProto({ siblings, dataType }: ProtoKept, at: Place): { readonly kept?: Kept } {
  if (siblings.length > 0)
    return { kept: { kind: 'siblings', siblings: siblings.map((each) => siblingFromProto(each, at)) } };
  if (dataType === undefined) return {};
  return { kept: { kind: 'data', type: dataType.type, state: dataType.state, recent: [] } };
}

function siblingToProto({
  device,
  number,
  payload,
  deleted,
  user,
  time,
  schemaVersion,
}: Sibling): ProtoSibling {
  const dot = { device, number };
  return { dot, payload: payload ?? ProtoSibling.create().payload, deleted, user, time, schemaVersion };
}

/** The version at which it was written stays with the server. */
function siblingFromProto(proto: ProtoSibling, at: Place): Sibling {
  const { deleted, user, schemaVersion } = proto;
  return {
    device: (proto.dot?.device ?? '') as DeviceId,
    number: whole(at, 'siblings.dot.number', proto.dot?.number ?? 0),
    payload: deleted ? null : proto.payload,
    deleted,
    user: user as UserId,
    time: timeIn(at, 'siblings.time', proto.time),
    schemaVersion,
    version: 0,
  };
}
