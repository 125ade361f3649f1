import {
  type Change,
  type ChangeNumber,
  type CollectionName,
  type DeviceId,
  type Epoch,
  type HlcTime,
  type Reason,
  type RecordId,
  type RecordImage,
  recordKey,
  type RecordKey,
  type Scope,
  type SpaceId,
  type SyncMode,
  type UserId,
  type Version,
  type Violation,
  ZERO_TIME,
} from '@syncline/core';

export interface RecordRef {
  readonly collection: CollectionName;
  readonly id: RecordId;
}

/** A change that has no answer yet. */
export interface PendingChange {
  readonly change: Change;
  /** Equal for changes that were made together and should travel together. */
  readonly group: number;
  /** What the record held with it, where it fits only what it was made on. */
  readonly shown?: Uint8Array;
}

/** A change that the server has taken, at the latest visible in the copy with this version. */
export interface SettledChange {
  readonly change: Change;
  readonly version: Version;
  /** The version holds exactly what this device sent. */
  readonly asSent: boolean;
  /** As of a pending change. */
  readonly shown?: Uint8Array;
}

export interface FailedChange {
  /** Counts on the device; the change's number may be given out again. */
  readonly id: number;
  readonly change: Change;
  readonly reason: Reason | null;
  readonly message: string;
  /** What is wrong with it by field, where the server tells; absent for nothing. */
  readonly violations?: readonly Violation[];
  readonly failedAtMs: number;
}

/** What will become of a record at the next checkpoint. */
export type StagedEntry =
  | { readonly kind: 'live'; readonly record: RecordImage }
  | (RecordRef & { readonly kind: 'gone'; readonly version: Version });

export function stagedRef(entry: StagedEntry): RecordRef & { readonly version: Version } {
  return entry.kind === 'live' ? entry.record : entry;
}

/** Everything about a followed space that is not a list. */
export interface SpaceRow {
  readonly space: SpaceId;
  /** Whose copy and changes these are. */
  readonly user: UserId;
  readonly scope: Scope;
  readonly mode: SyncMode;
  /** Of the checkpoint that the copy stands at. */
  readonly version: Version;
  readonly cursor: Uint8Array | null;
  /** Null before the first answer of a server. */
  readonly epoch: Epoch | null;
  /** The last number that was given to a change. */
  readonly counter: ChangeNumber;
  /** Changes up to here may be known to the server, so their bytes must never differ. */
  readonly sentUpTo: ChangeNumber;
  /** Changes up to here are part of the copy, answered or not. */
  readonly coveredUpTo: ChangeNumber;
  readonly failedCounter: number;
  /** Pages that wait for their checkpoint; `fresh` ones build a whole new copy. */
  readonly staging: { readonly fresh: boolean; readonly cursor: Uint8Array | null } | null;
}

/** One thing to store. Those of one `persist` effect are stored together or not at all, in their order. */
export type StoreWrite =
  | { readonly kind: 'clock'; readonly clock: HlcTime }
  | { readonly kind: 'space'; readonly row: SpaceRow }
  | { readonly kind: 'forget-space'; readonly space: SpaceId }
  | { readonly kind: 'put-pending'; readonly space: SpaceId; readonly pending: readonly PendingChange[] }
  | { readonly kind: 'drop-pending'; readonly space: SpaceId; readonly numbers: readonly ChangeNumber[] }
  | { readonly kind: 'put-settled'; readonly space: SpaceId; readonly settled: readonly SettledChange[] }
  | { readonly kind: 'drop-settled'; readonly space: SpaceId; readonly numbers: readonly ChangeNumber[] }
  | { readonly kind: 'put-failed'; readonly space: SpaceId; readonly failed: FailedChange }
  | { readonly kind: 'drop-failed'; readonly space: SpaceId; readonly id: number }
  /** Adds to the staged entries, replacing those of the same record. */
  | { readonly kind: 'stage'; readonly space: SpaceId; readonly entries: readonly StagedEntry[] }
  | { readonly kind: 'unstage'; readonly space: SpaceId }
  /** The staged entries become part of the copy; with `fresh` they become the copy. */
  | { readonly kind: 'promote'; readonly space: SpaceId; readonly fresh: boolean }
  | {
      readonly kind: 'copy';
      readonly space: SpaceId;
      readonly records: readonly RecordImage[];
      readonly gone: readonly RecordRef[];
    }
  | {
      readonly kind: 'vector';
      readonly space: SpaceId;
      readonly replace: boolean;
      readonly numbers: readonly (readonly [DeviceId, ChangeNumber])[];
    };

export interface SpaceSnapshot {
  readonly row: SpaceRow;
  readonly records: readonly RecordImage[];
  readonly staged: readonly StagedEntry[];
  /** In order of their numbers, as are the settled ones. */
  readonly pending: readonly PendingChange[];
  readonly settled: readonly SettledChange[];
  readonly failed: readonly FailedChange[];
  readonly vector: readonly (readonly [DeviceId, ChangeNumber])[];
}

/** All that a device has stored: enough to go on after the death of its process. */
export interface DeviceSnapshot {
  readonly clock: HlcTime;
  readonly spaces: readonly SpaceSnapshot[];
}

export interface DeviceStore {
  apply(writes: readonly StoreWrite[]): void;
  load(): DeviceSnapshot;
}

interface StoredSpace {
  row: SpaceRow | null;
  records: Map<RecordKey, RecordImage>;
  readonly staged: Map<RecordKey, StagedEntry>;
  readonly pending: Map<ChangeNumber, PendingChange>;
  readonly settled: Map<ChangeNumber, SettledChange>;
  readonly failed: Map<number, FailedChange>;
  readonly vector: Map<DeviceId, ChangeNumber>;
}

function emptySpace(): StoredSpace {
  return {
    row: null,
    records: new Map(),
    staged: new Map(),
    pending: new Map(),
    settled: new Map(),
    failed: new Map(),
    vector: new Map(),
  };
}

const keyOf = ({ collection, id }: RecordRef): RecordKey => recordKey(collection, id);
const byNumber = (left: { change: Change }, right: { change: Change }): number =>
  left.change.number - right.change.number;

/** Keeps everything in memory; what a real store has to do is what this one does. */
export function memoryDeviceStore(): DeviceStore {
  let clock: HlcTime = ZERO_TIME;
  const spaces = new Map<SpaceId, StoredSpace>();
  const spaceOf = (id: SpaceId): StoredSpace => {
    let space = spaces.get(id);
    if (space === undefined) spaces.set(id, (space = emptySpace()));
    return space;
  };
  const apply = (write: StoreWrite): void => {
    if (write.kind === 'clock') clock = write.clock;
    else if (write.kind === 'space') spaceOf(write.row.space).row = write.row;
    else if (write.kind === 'forget-space') spaces.delete(write.space);
    else applyToSpace(spaceOf(write.space), write);
  };
  return {
    apply: (writes) => writes.forEach(apply),
    load: () => ({ clock, spaces: [...spaces.values()].flatMap(snapshotOf) }),
  };
}

type SpaceWrite = Exclude<StoreWrite, { kind: 'clock' | 'space' | 'forget-space' }>;

function applyToSpace(space: StoredSpace, write: SpaceWrite): void {
  switch (write.kind) {
    case 'put-pending':
      for (const pending of write.pending) space.pending.set(pending.change.number, pending);
      return;
    case 'drop-pending':
      for (const number of write.numbers) space.pending.delete(number);
      return;
    case 'put-settled':
      for (const settled of write.settled) space.settled.set(settled.change.number, settled);
      return;
    case 'drop-settled':
      for (const number of write.numbers) space.settled.delete(number);
      return;
    case 'put-failed':
      space.failed.set(write.failed.id, write.failed);
      return;
    case 'drop-failed':
      space.failed.delete(write.id);
      return;
    case 'stage':
      for (const entry of write.entries) space.staged.set(keyOf(stagedRef(entry)), entry);
      return;
    case 'unstage':
      space.staged.clear();
      return;
    case 'promote':
      promote(space, write.fresh);
      return;
    case 'copy':
      for (const record of write.records) space.records.set(keyOf(record), record);
      for (const gone of write.gone) space.records.delete(keyOf(gone));
      return;
    case 'vector':
      if (write.replace) space.vector.clear();
      for (const [device, number] of write.numbers) space.vector.set(device, number);
      return;
  }
}

function promote(space: StoredSpace, fresh: boolean): void {
  if (fresh) space.records.clear();
  for (const [key, entry] of space.staged) {
    if (entry.kind === 'live') space.records.set(key, entry.record);
    else space.records.delete(key);
  }
  space.staged.clear();
}

/** Lists without a row are what is left of a space that was forgotten. */
function snapshotOf(space: StoredSpace): SpaceSnapshot[] {
  if (space.row === null) return [];
  return [
    {
      row: space.row,
      records: [...space.records.values()],
      staged: [...space.staged.values()],
      pending: [...space.pending.values()].sort(byNumber),
      settled: [...space.settled.values()].sort(byNumber),
      failed: [...space.failed.values()],
      vector: [...space.vector],
    },
  ];
}
