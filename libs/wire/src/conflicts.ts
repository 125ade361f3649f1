import {
  type ChangeNumber,
  type DeviceId,
  isHlcTime,
  LEDGER_ID_BYTES_MAX,
  type LedgerResolution,
  type RecordId,
  type UserId,
} from '@syncline/core';
import type { ConflictSide, ConflictTold, RecordTold } from '@syncline/flows';
import type { Conflict } from '@syncline/proto';
import { ConflictSide as ProtoSide, Resolution, ResolvedBy, StoredRecord } from '@syncline/proto';
import { codes } from './codes';
import { uint32 } from './encoding';
import { kinds, states } from './outcome-codes';
import { collectionIn, idIn, inside, NO_BYTES, partOf, type Place, whole } from './place';

export const resolutions = codes<LedgerResolution, Resolution>({
  none: Resolution.UNSPECIFIED,
  stored: Resolution.STORED,
  incoming: Resolution.INCOMING,
  merged: Resolution.MERGED,
  both: Resolution.BOTH,
  replaced: Resolution.REPLACED,
  deleted: Resolution.DELETED,
});

const deciders = codes<'policy' | 'user', ResolvedBy>({
  policy: ResolvedBy.POLICY,
  user: ResolvedBy.USER,
});

export function conflictToProto(conflict: ConflictTold): Conflict {
  const { id, collection, record, policy, baseVersion, base, decidedBy } = conflict;
  return {
    id,
    collection,
    recordId: record,
    kind: kinds.code(conflict.kind),
    state: states.code(conflict.state),
    policy,
    rulesVersion: uint32(conflict.rulesVersion),
    baseVersion,
    base: base === null ? undefined : sideToProto(base),
    stored: sideToProto(conflict.stored),
    incoming: sideToProto(conflict.incoming),
    resolution: resolutions.code(conflict.resolution),
    resolvedBy: decidedBy === null ? ResolvedBy.UNSPECIFIED : deciders.code(decidedBy),
    resolvedByUser: conflict.decidedByUser ?? '',
    why: conflict.why,
    askedFields: [...conflict.asked],
    resultingVersion: conflict.resultVersion,
    ledgerVersion: conflict.ledgerVersion,
    detectedAtMs: conflict.detectedAtMs,
    resolvedAtMs: conflict.resolvedAtMs,
    traceId: conflict.traceId,
    changedSince: conflict.changedSince,
  };
}

export function conflictFromProto(proto: Conflict, at: Place): ConflictTold {
  const { base, resolvedBy, resolvedByUser } = proto;
  return {
    id: conflictIdIn(at, 'id', proto.id),
    collection: collectionIn(at, 'collection', proto.collection),
    record: idIn<RecordId>(at, 'record_id', proto.recordId),
    kind: kinds.nameIn(at, 'kind', proto.kind),
    state: states.nameIn(at, 'state', proto.state),
    policy: proto.policy,
    rulesVersion: proto.rulesVersion,
    baseVersion: whole(at, 'base_version', proto.baseVersion),
    base: base === undefined ? null : sideFromProto(base, inside(at, 'base')),
    stored: sideFromProto(partOf(at, 'stored', proto.stored, ProtoSide), inside(at, 'stored')),
    incoming: sideFromProto(partOf(at, 'incoming', proto.incoming, ProtoSide), inside(at, 'incoming')),
    resolution: resolutions.nameIn(at, 'resolution', proto.resolution),
    decidedBy: resolvedBy === ResolvedBy.UNSPECIFIED ? null : deciders.nameIn(at, 'resolved_by', resolvedBy),
    decidedByUser: resolvedByUser === '' ? null : (resolvedByUser as UserId),
    why: proto.why,
    asked: proto.askedFields,
    resultVersion: whole(at, 'resulting_version', proto.resultingVersion),
    ledgerVersion: whole(at, 'ledger_version', proto.ledgerVersion),
    detectedAtMs: whole(at, 'detected_at_ms', proto.detectedAtMs),
    resolvedAtMs: whole(at, 'resolved_at_ms', proto.resolvedAtMs),
    traceId: proto.traceId,
    changedSince: proto.changedSince,
  };
}

export function conflictIdIn(at: Place, name: string, id: string): RecordId {
  return idIn<RecordId>(at, name, id, LEDGER_ID_BYTES_MAX);
}

function sideToProto({ record, omitted, deviceName }: ConflictSide): ProtoSide {
  const { device, number } = record;
  const dot = device === null || number === null ? undefined : { device, number };
  return { record: toldToProto(record), contentOmitted: omitted, dot, deviceName };
}

function sideFromProto({ record, contentOmitted, deviceName }: ProtoSide, at: Place): ConflictSide {
  const told = toldFromProto(partOf(at, 'record', record, StoredRecord), inside(at, 'record'));
  return { record: contentOmitted ? { ...told, payload: null } : told, omitted: contentOmitted, deviceName };
}

/** Whatever is not known of a record is left empty. */
export function toldToProto(record: RecordTold): StoredRecord {
  const { collection, id, version, deleted, payload, device, number, user, time, schemaVersion } = record;
  return {
    ...StoredRecord.create(),
    collection,
    id,
    version,
    deleted,
    payload: payload ?? NO_BYTES,
    device: device ?? '',
    number: number ?? 0,
    user: user ?? '',
    time: time ?? 0,
    schemaVersion: uint32(schemaVersion),
  };
}

export function toldFromProto(proto: StoredRecord, at: Place): RecordTold {
  const { deleted, payload, device, user, time } = proto;
  const number: ChangeNumber = whole(at, 'number', proto.number);
  return {
    collection: collectionIn(at, 'collection', proto.collection),
    id: idIn<RecordId>(at, 'id', proto.id),
    version: whole(at, 'version', proto.version),
    deleted,
    payload: deleted ? null : payload,
    device: device === '' ? null : (device as DeviceId),
    number: number === 0 ? null : number,
    user: user === '' ? null : (user as UserId),
    time: isHlcTime(time) && time > 0 ? time : null,
    schemaVersion: proto.schemaVersion,
  };
}
