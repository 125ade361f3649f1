import type { HlcTime } from './clock';
import type { ChangeNumber, CollectionName, DeviceId, RecordId, UserId, Version } from './ids';

/** What one version did, for good: the audit trail, and the bases of three-way merges. */
export interface HistoryEntry {
  readonly version: Version;
  readonly collection: CollectionName;
  readonly id: RecordId;
  readonly previousVersion: Version;
  /** What the record holds since this version; null for a delete. */
  readonly payload: Uint8Array | null;
  /** What the device sent, made whole, where that is not what was stored. */
  readonly incoming: Uint8Array | null;
  /** Where a conflict is entered in the ledger: the record that it is about. Otherwise the record itself. */
  readonly about: { readonly collection: CollectionName; readonly id: RecordId };
  readonly device: DeviceId;
  readonly user: UserId;
  readonly number: ChangeNumber;
  readonly baseVersion: Version;
  readonly time: HlcTime;
  readonly committedAtMs: number;
  readonly policy: string;
  readonly rulesVersion: number;
  readonly schemaVersion: number;
  /** The ledger record of the conflict that this version settled or raised; null for none. */
  readonly conflict: RecordId | null;
  readonly trace: string;
  /** What the version did to the record, where that was an operation which later ones are transformed over. */
  readonly operations?: CommittedOperations;
}

export interface CommittedOperations {
  readonly type: string;
  /** As it fits the version before. */
  readonly committed: Uint8Array;
  /** As its device sent it, which may be against an earlier version. */
  readonly sent: Uint8Array;
}
