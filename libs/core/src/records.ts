import type { HlcTime } from './clock';
import type { Hash64 } from './hash';
import type { ChangeNumber, CollectionName, DeviceId, RecordId, UserId, Version } from './ids';

/** Who made a change and when: together with "was it a delete" all that an order of writes may look at. */
export interface Stamp {
  readonly time: HlcTime;
  readonly device: DeviceId;
  readonly number: ChangeNumber;
}

/** A record as the server keeps it, live or as a tombstone. */
export interface StoredRecord extends Stamp {
  readonly collection: CollectionName;
  readonly id: RecordId;
  readonly version: Version;
  /** First creation since the last purge; a device that read further may hold the record in some form. */
  readonly createdVersion: Version;
  /** The version before the last change, 0 for none. */
  readonly previousVersion: Version;
  /** The last write was a merge: the record holds something that the device which wrote it did not send. */
  readonly merged: boolean;
  readonly deleted: boolean;
  /** Null exactly when deleted. */
  readonly payload: Uint8Array | null;
  /** The bookkeeping of the collection's policy; no one else reads it. */
  readonly meta: Uint8Array | null;
  readonly contentHash: Hash64;
  readonly user: UserId;
  readonly schemaVersion: number;
  readonly committedAtMs: number;
  /** The last change, if it was a patch that was stored exactly as sent. */
  readonly patch: Patch | null;
  /** The last change was stored exactly as its device sent it. */
  readonly asSent: boolean;
  /** An update brought it back after a concurrent delete. */
  readonly resurrected: boolean;
}

/** What of a record matters to those who read it. */
export type ReadRecord = Omit<StoredRecord, 'merged' | 'meta' | 'contentHash' | 'committedAtMs'>;

/** A change of some top-level fields: a JSON object of new values, and the names that go. */
export interface Patch {
  readonly set: Uint8Array;
  readonly remove: readonly string[];
}

/** A record as a device that asks for it whole gets it. */
export interface RecordImage extends Stamp {
  readonly collection: CollectionName;
  readonly id: RecordId;
  readonly version: Version;
  readonly payload: Uint8Array;
  readonly user: UserId;
  readonly schemaVersion: number;
  readonly resurrected: boolean;
}

export function imageOf(record: ReadRecord): RecordImage | null {
  if (record.payload === null) return null;
  const { collection, id, version, payload, time, device, number, user, schemaVersion, resurrected } = record;
  return { collection, id, version, payload, time, device, number, user, schemaVersion, resurrected };
}
