import type { HlcTime } from './clock';
import type { Hash64 } from './hash';
import type { ChangeNumber, CollectionName, DeviceId, RecordId, UserId, Version } from './ids';

/** Who made a change and when: together with "was it a delete" all that an order of writes may look at. */
export interface Stamp {
  readonly time: HlcTime;
  readonly device: DeviceId;
  readonly number: ChangeNumber;
}

/** One of several contents of a record that were written without knowledge of each other. */
export interface Sibling extends Stamp {
  readonly user: UserId;
  readonly deleted: boolean;
  /** Null exactly when deleted. */
  readonly payload: Uint8Array | null;
  readonly schemaVersion: number;
  /** At which it was written, as far as the server says. */
  readonly version: Version;
}

/** What a record holds beside its payload, where its policy keeps more than that. Devices get it as well. */
export type Kept =
  /** At least two, in their order; the payload is that of the first live one. */
  | { readonly kind: 'siblings'; readonly siblings: readonly Sibling[] }
  | {
      readonly kind: 'data';
      /** The data type, for example `yjs` or `json1`. */
      readonly type: string;
      /** All that the engine knows; null where the payload is all of it. */
      readonly state: Uint8Array | null;
      /** What led here last, in order and without a gap; empty where a whole write did. */
      readonly recent: readonly RecentOperations[];
    };

export interface RecentOperations {
  /** The record's version that they were applied to. */
  readonly from: Version;
  readonly operations: Uint8Array;
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
  readonly kept?: Kept;
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
  /** Without what led here. */
  readonly kept?: Kept;
}

export function imageOf(record: ReadRecord): RecordImage | null {
  if (record.payload === null) return null;
  const { collection, id, version, payload, time, device, number, user, schemaVersion, resurrected } = record;
  const image = { collection, id, version, payload, time, device, number, user, schemaVersion, resurrected };
  const kept = record.kept === undefined ? null : toldOf(record.kept);
  return kept === null ? image : { ...image, kept };
}

/** All that a record holds, as quotas and page limits count it. */
export function contentBytes({ payload, kept }: { payload: Uint8Array | null; kept?: Kept }): number {
  const bytes = payload === null ? 0 : payload.length;
  if (kept === undefined || payload === null) return bytes;
  if (kept.kind === 'data') return bytes + (kept.state?.length ?? 0);
  return kept.siblings.reduce((sum, sibling) => sum + (sibling.payload?.length ?? 0), 0);
}

/** What devices are told of it with the whole record. */
function toldOf(kept: Kept): Kept | null {
  if (kept.kind === 'siblings') return kept;
  return kept.state === null ? null : { ...kept, recent: [] };
}
