import { type DeviceId, LEDGER_ID_BYTES_MAX, type RecordImage, type UserId } from '@syncline/core';
import { StoredRecord } from '@syncline/proto';
import { keptFromProto, keptToProto } from './kept';
import { collectionIn, idIn, type Place, timeIn, whole } from './place';

export function recordToProto(record: RecordImage): StoredRecord {
  const { kept, ...rest } = record;
  return { ...StoredRecord.create(), ...rest, ...keptToProto(kept) };
}

/** Device and user are names to be shown: what the server calls them is taken as it comes. */
export function recordFromProto(proto: StoredRecord, at: Place): RecordImage {
  return {
    collection: collectionIn(at, 'collection', proto.collection),
    id: idIn(at, 'id', proto.id, LEDGER_ID_BYTES_MAX),
    version: whole(at, 'version', proto.version),
    payload: proto.payload,
    time: timeIn(at, 'time', proto.time),
    device: proto.device as DeviceId,
    number: whole(at, 'number', proto.number),
    user: proto.user as UserId,
    schemaVersion: whole(at, 'schema_version', proto.schemaVersion),
    resurrected: proto.resurrected,
    ...keptFromProto(proto, at),
  };
}
