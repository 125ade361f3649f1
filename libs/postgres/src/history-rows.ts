import {
  type CollectionName,
  decodeOperations,
  decodeUtf8,
  type DeviceId,
  encodeOperations,
  encodeUtf8,
  type HistoryEntry,
  type HlcTime,
  type RecordId,
  type SpaceKey,
  type UserId,
} from '@syncline/core';
import { type Column, namesOf } from './columns';

/** An entry beside the space that it is in. */
export interface PlacedEntry {
  readonly space: SpaceKey;
  readonly entry: HistoryEntry;
}

export interface HistoryRow {
  readonly version: number;
  readonly collection: CollectionName;
  readonly id: RecordId;
  readonly previous_version: number;
  readonly payload: Uint8Array | null;
  readonly incoming: Uint8Array | null;
  readonly about_collection: CollectionName | null;
  readonly about_id: RecordId | null;
  readonly device: DeviceId;
  readonly user_id: UserId;
  readonly number: number;
  readonly base_version: number;
  readonly time: HlcTime;
  readonly committed_at_ms: number;
  readonly policy: string;
  readonly rules_version: number;
  readonly schema_version: number;
  readonly conflict: RecordId | null;
  readonly trace: Uint8Array | null;
  readonly operations: Uint8Array | null;
}

const isAboutItself = ({ collection, id, about }: HistoryEntry): boolean =>
  about.collection === collection && about.id === id;

const FACTS: readonly Column<PlacedEntry>[] = [
  { name: 'version', type: 'int8', of: ({ entry }) => entry.version },
  { name: 'collection', type: 'text', of: ({ entry }) => entry.collection },
  { name: 'id', type: 'text', of: ({ entry }) => entry.id },
  { name: 'previous_version', type: 'int8', of: ({ entry }) => entry.previousVersion },
  { name: 'payload', type: 'bytea', of: ({ entry }) => entry.payload },
  { name: 'incoming', type: 'bytea', of: ({ entry }) => entry.incoming },
  {
    name: 'about_collection',
    type: 'text',
    of: ({ entry }) => (isAboutItself(entry) ? null : entry.about.collection),
  },
  { name: 'about_id', type: 'text', of: ({ entry }) => (isAboutItself(entry) ? null : entry.about.id) },
  { name: 'device', type: 'text', of: ({ entry }) => entry.device },
  { name: 'user_id', type: 'text', of: ({ entry }) => entry.user },
  { name: 'number', type: 'int8', of: ({ entry }) => entry.number },
  { name: 'base_version', type: 'int8', of: ({ entry }) => entry.baseVersion },
  { name: 'time', type: 'int8', of: ({ entry }) => entry.time },
  { name: 'committed_at_ms', type: 'int8', of: ({ entry }) => entry.committedAtMs },
  { name: 'policy', type: 'text', of: ({ entry }) => entry.policy },
  { name: 'rules_version', type: 'int8', of: ({ entry }) => entry.rulesVersion },
  { name: 'schema_version', type: 'int8', of: ({ entry }) => entry.schemaVersion },
  { name: 'conflict', type: 'text', of: ({ entry }) => entry.conflict },
  {
    name: 'trace',
    type: 'bytea',
    of: ({ entry }) => (entry.trace === '' ? null : encodeUtf8(entry.trace)),
  },
  {
    name: 'operations',
    type: 'bytea',
    of: ({ entry }) => (entry.operations === undefined ? null : encodeOperations(entry.operations)),
  },
];

export const HISTORY_COLUMNS: readonly Column<PlacedEntry>[] = [
  { name: 'space', type: 'text', of: ({ space }) => space },
  ...FACTS,
];

/** What `entryOf` reads. */
export const HISTORY_NAMES = namesOf(FACTS);

export function entryOf(row: HistoryRow): HistoryEntry {
  return {
    version: row.version,
    collection: row.collection,
    id: row.id,
    previousVersion: row.previous_version,
    payload: row.payload,
    incoming: row.incoming,
    about: { collection: row.about_collection ?? row.collection, id: row.about_id ?? row.id },
    device: row.device,
    user: row.user_id,
    number: row.number,
    baseVersion: row.base_version,
    time: row.time,
    committedAtMs: row.committed_at_ms,
    policy: row.policy,
    rulesVersion: row.rules_version,
    schemaVersion: row.schema_version,
    conflict: row.conflict,
    trace: row.trace === null ? '' : decodeUtf8(row.trace),
    ...(row.operations === null ? {} : { operations: decodeOperations(row.operations) }),
  };
}
