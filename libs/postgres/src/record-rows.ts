import {
  type CollectionName,
  decodeKept,
  type DeviceId,
  encodeKept,
  type HlcTime,
  type Kept,
  type Patch,
  type RecordId,
  type SpaceKey,
  type StoredRecord,
  type UserId,
} from '@syncline/core';
import { type Column, namesOf } from './columns';

/** A record beside the space that it is in. */
export interface PlacedRecord {
  readonly space: SpaceKey;
  readonly record: StoredRecord;
}

export interface RecordRow {
  readonly collection: CollectionName;
  readonly id: RecordId;
  readonly version: number;
  readonly created_version: number;
  readonly previous_version: number;
  readonly merged: boolean;
  readonly payload: Uint8Array | null;
  readonly meta: Uint8Array | null;
  readonly content_a: number;
  readonly content_b: number;
  readonly time: HlcTime;
  readonly device: DeviceId;
  readonly number: number;
  readonly user_id: UserId;
  readonly schema_version: number;
  readonly committed_at_ms: number;
  readonly patch_set: Uint8Array | null;
  readonly patch_remove: string | null;
  readonly as_sent: boolean;
  readonly resurrected: boolean;
  readonly kept: Uint8Array | null;
}

const KEY: readonly Column<PlacedRecord>[] = [
  { name: 'space', type: 'text', of: ({ space }) => space },
  { name: 'collection', type: 'text', of: ({ record }) => record.collection },
  { name: 'id', type: 'text', of: ({ record }) => record.id },
];

const FACTS: readonly Column<PlacedRecord>[] = [
  { name: 'version', type: 'int8', of: ({ record }) => record.version },
  { name: 'created_version', type: 'int8', of: ({ record }) => record.createdVersion },
  { name: 'previous_version', type: 'int8', of: ({ record }) => record.previousVersion },
  { name: 'merged', type: 'bool', of: ({ record }) => record.merged },
  { name: 'payload', type: 'bytea', of: ({ record }) => record.payload },
  { name: 'meta', type: 'bytea', of: ({ record }) => record.meta },
  // Two lanes of 32 bits without a sign, where Postgres has signs.
  { name: 'content_a', type: 'int4', of: ({ record }) => record.contentHash.a | 0 },
  { name: 'content_b', type: 'int4', of: ({ record }) => record.contentHash.b | 0 },
  { name: 'time', type: 'int8', of: ({ record }) => record.time },
  { name: 'device', type: 'text', of: ({ record }) => record.device },
  { name: 'number', type: 'int8', of: ({ record }) => record.number },
  { name: 'user_id', type: 'text', of: ({ record }) => record.user },
  { name: 'schema_version', type: 'int8', of: ({ record }) => record.schemaVersion },
  { name: 'committed_at_ms', type: 'int8', of: ({ record }) => record.committedAtMs },
  { name: 'patch_set', type: 'bytea', of: ({ record }) => record.patch?.set ?? null },
  {
    name: 'patch_remove',
    type: 'text',
    of: ({ record }) => (record.patch === null ? null : JSON.stringify(record.patch.remove)),
  },
  { name: 'as_sent', type: 'bool', of: ({ record }) => record.asSent },
  { name: 'resurrected', type: 'bool', of: ({ record }) => record.resurrected },
  {
    name: 'kept',
    type: 'bytea',
    of: ({ record }) => (record.kept === undefined ? null : encodeKept(record.kept)),
  },
];

export const RECORD_KEY: readonly string[] = KEY.map(({ name }) => name);
export const RECORD_COLUMNS: readonly Column<PlacedRecord>[] = [...KEY, ...FACTS];

/** What `recordOf` reads; the space is known to whoever asks. */
export const RECORD_NAMES = namesOf([...KEY.slice(1), ...FACTS]);

export function recordOf(row: RecordRow): StoredRecord {
  return {
    collection: row.collection,
    id: row.id,
    version: row.version,
    createdVersion: row.created_version,
    previousVersion: row.previous_version,
    merged: row.merged,
    deleted: row.payload === null,
    payload: row.payload,
    meta: row.meta,
    contentHash: { a: row.content_a >>> 0, b: row.content_b >>> 0 },
    time: row.time,
    device: row.device,
    number: row.number,
    user: row.user_id,
    schemaVersion: row.schema_version,
    committedAtMs: row.committed_at_ms,
    patch: patchOf(row.patch_set, row.patch_remove),
    asSent: row.as_sent,
    resurrected: row.resurrected,
    ...keptOf(row.kept),
  };
}

export function keptOf(kept: Uint8Array | null): { readonly kept?: Kept } {
  return kept === null ? NOTHING_KEPT : { kept: decodeKept(kept) };
}

const NOTHING_KEPT = {};

/** Of its columns: the values that are new, and a JSON list of the names that went. */
export function patchOf(set: Uint8Array | null, remove: string | null): Patch | null {
  return set === null ? null : { set, remove: JSON.parse(remove ?? '[]') as string[] };
}
