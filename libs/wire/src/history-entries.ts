import {
  actionOf,
  type CollectionName,
  type DeviceId,
  type HistoryAction,
  type HistoryEntry,
  isIncomingDelete,
  LEDGER_ID_BYTES_MAX,
  linkOf,
  type OutcomeStatus,
  type PastVersion,
  type RecordId,
  statusOf,
  type StoredRecord,
  type UserId,
  type Version,
} from '@syncline/core';
import type { AuditedEntry } from '@syncline/flows';
import type { HistoryEntry as ProtoEntry } from '@syncline/proto';
import { OutcomeStatus as ProtoStatus, StoredRecord as ProtoRecord } from '@syncline/proto';
import { actions, versionStatuses } from './chain-links';
import { uint32 } from './encoding';
import {
  bytesOrNull,
  collectionIn,
  idIn,
  inside,
  NO_BYTES,
  partOf,
  type Place,
  timeIn,
  whole,
} from './place';

/** A record as a version left it, as far as history knows. */
export interface PastImage {
  readonly collection: CollectionName;
  readonly id: RecordId;
  readonly version: Version;
  readonly deleted: boolean;
  /** Null where it is deleted, and where contents are left out. */
  readonly payload: Uint8Array | null;
  readonly device: DeviceId;
  readonly number: number;
  readonly user: UserId;
  readonly time: HistoryEntry['time'];
  readonly schemaVersion: number;
  readonly committedAtMs: number;
}

/** What is told of a version. */
export interface VersionTold {
  readonly record: PastImage;
  readonly action: HistoryAction;
  readonly previousVersion: Version;
  readonly baseVersion: Version;
  readonly conflict: RecordId | null;
  readonly status: OutcomeStatus | null;
  readonly trace: string;
  /** Null where it is what was stored, and where contents are left out. */
  readonly incoming: Uint8Array | null;
  readonly incomingDeleted: boolean;
  readonly policy: string;
  readonly rulesVersion: number;
}

export function imageOfEntry(entry: HistoryEntry | StoredRecord): PastImage {
  const { collection, id, version, payload, device, number, user, time, schemaVersion, committedAtMs } =
    entry;
  const deleted = payload === null;
  return {
    collection,
    id,
    version,
    deleted,
    payload,
    device,
    number,
    user,
    time,
    schemaVersion,
    committedAtMs,
  };
}

export function versionTold(version: PastVersion, withContents: boolean): VersionTold {
  const { previousVersion, baseVersion, conflict, settles, trace, incoming, policy, rulesVersion } = version;
  const image = imageOfEntry(version);
  return {
    record: withContents ? image : { ...image, payload: null },
    action: actionOf({ ...version, deleted: image.deleted }),
    previousVersion,
    baseVersion,
    conflict: settles ?? conflict,
    status: statusOf(version.collection, { sentOther: incoming !== null }),
    trace,
    incoming: withContents ? incoming : null,
    incomingDeleted: isIncomingDelete(version),
    policy,
    rulesVersion,
  };
}

/** The same for the audit trail, which tells of versions also when their contents are gone. */
export function auditedTold({ version, entry }: AuditedEntry): VersionTold {
  const link = linkOf(version);
  const { conflict, status, trace, action, previousVersion, baseVersion, policy, rulesVersion } = link;
  const { collection, id, deleted, device, number, user, time, schemaVersion, committedAtMs } = link;
  const payload = entry?.payload ?? null;
  const placed = { collection, id, version: link.version, deleted, payload };
  return {
    record: { ...placed, device, number, user, time, schemaVersion, committedAtMs },
    action,
    previousVersion,
    baseVersion,
    conflict,
    status,
    trace,
    incoming: entry?.incoming ?? null,
    incomingDeleted: link.incomingDeleted,
    policy,
    rulesVersion,
  };
}

export function imageToProto({ payload, schemaVersion, ...image }: PastImage): ProtoRecord {
  return {
    ...ProtoRecord.create(),
    ...image,
    payload: payload ?? NO_BYTES,
    schemaVersion: uint32(schemaVersion),
  };
}

export function imageFromProto(proto: ProtoRecord, at: Place): PastImage {
  return {
    collection: collectionIn(at, 'collection', proto.collection),
    id: idIn(at, 'id', proto.id, LEDGER_ID_BYTES_MAX),
    version: whole(at, 'version', proto.version),
    deleted: proto.deleted,
    payload: proto.deleted ? null : proto.payload,
    device: proto.device as DeviceId,
    number: whole(at, 'number', proto.number),
    user: proto.user as UserId,
    time: timeIn(at, 'time', proto.time),
    schemaVersion: whole(at, 'schema_version', proto.schemaVersion),
    committedAtMs: whole(at, 'committed_at_ms', proto.committedAtMs),
  };
}

export function versionToProto(told: VersionTold, chainHash: Uint8Array = NO_BYTES): ProtoEntry {
  return {
    record: imageToProto(told.record),
    action: actions.code(told.action),
    previousVersion: told.previousVersion,
    baseVersion: told.baseVersion,
    conflictId: told.conflict ?? '',
    status: told.status === null ? ProtoStatus.UNSPECIFIED : versionStatuses.code(told.status),
    chainHash,
    traceparent: told.trace,
    incomingPayload: told.incoming ?? NO_BYTES,
    policy: told.policy,
    rulesVersion: uint32(told.rulesVersion),
    incomingDeleted: told.incomingDeleted,
  };
}

export function versionFromProto(proto: ProtoEntry, at: Place): VersionTold {
  return {
    record: imageFromProto(partOf(at, 'record', proto.record, ProtoRecord), inside(at, 'record')),
    action: actions.nameIn(at, 'action', proto.action),
    previousVersion: whole(at, 'previous_version', proto.previousVersion),
    baseVersion: whole(at, 'base_version', proto.baseVersion),
    conflict:
      proto.conflictId === ''
        ? null
        : idIn<RecordId>(at, 'conflict_id', proto.conflictId, LEDGER_ID_BYTES_MAX),
    status: versionStatuses.name(proto.status),
    trace: proto.traceparent,
    incoming: bytesOrNull(proto.incomingPayload),
    incomingDeleted: proto.incomingDeleted,
    policy: proto.policy,
    rulesVersion: whole(at, 'rules_version', proto.rulesVersion),
  };
}
