import type {
  ChangeNumber,
  CollectionName,
  DeviceId,
  HlcTime,
  ReadRecord,
  RecordId,
  UserId,
} from '@syncline/core';
import type { RawRow } from './raw-rows';
import { keptOf, patchOf } from './record-rows';

/** What is read of a record for a page. */
export interface ReadRow {
  readonly collection: CollectionName;
  readonly id: RecordId;
  readonly version: number;
  readonly created_version: number;
  readonly previous_version: number;
  readonly payload: Uint8Array | null;
  readonly time: HlcTime;
  readonly device: DeviceId;
  readonly number: ChangeNumber;
  readonly user_id: UserId;
  readonly schema_version: number;
  readonly patch_set: Uint8Array | null;
  readonly patch_remove: string | null;
  readonly as_sent: boolean;
  readonly resurrected: boolean;
  readonly kept: Uint8Array | null;
  /** There are further ones above it. */
  readonly more: boolean;
}

export const READ_NAMES =
  'collection, id, version, created_version, previous_version, payload, time, device, number, user_id, ' +
  'schema_version, patch_set, patch_remove, as_sent, resurrected, kept, more';

/** In the order of `READ_NAMES`. */
export function readRow(row: RawRow): ReadRow {
  return {
    collection: row.name() as CollectionName,
    id: row.text() as RecordId,
    version: row.whole(),
    created_version: row.whole(),
    previous_version: row.whole(),
    payload: row.bytesOrNull(),
    time: row.whole() as HlcTime,
    device: row.name() as DeviceId,
    number: row.whole(),
    user_id: row.name() as UserId,
    schema_version: row.whole(),
    patch_set: row.bytesOrNull(),
    patch_remove: row.textOrNull(),
    as_sent: row.truth(),
    resurrected: row.truth(),
    kept: row.bytesOrNull(),
    more: row.truth(),
  };
}

export function readOf(row: ReadRow): ReadRecord {
  return {
    collection: row.collection,
    id: row.id,
    version: row.version,
    createdVersion: row.created_version,
    previousVersion: row.previous_version,
    deleted: row.payload === null,
    payload: row.payload,
    time: row.time,
    device: row.device,
    number: row.number,
    user: row.user_id,
    schemaVersion: row.schema_version,
    patch: patchOf(row.patch_set, row.patch_remove),
    asSent: row.as_sent,
    resurrected: row.resurrected,
    ...keptOf(row.kept),
  };
}
