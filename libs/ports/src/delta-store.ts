import type {
  ChangeNumber,
  CollectionName,
  CollectionRules,
  DeviceId,
  Epoch,
  ReadRecord,
  RecordId,
  RecordKey,
  SpaceKey,
  SpaceState,
  StoredRecord,
  Version,
} from '@syncline/core';

/**
 * Where deltas are read. Contract: every call is one snapshot; the state it returns and the rows belong to the
 * same moment. Null stands for a space that does not exist. Cost follows what is returned, never the size of the
 * space: `state` reads one row, `changes` reads along the version index.
 */
export interface DeltaStore {
  /** Where the named spaces stand, in one query; those that do not exist are missing. */
  heads(spaces: readonly SpaceKey[]): Promise<ReadonlyMap<SpaceKey, Head>>;
  state(space: SpaceKey): Promise<SpaceState | null>;
  changes(request: ChangesRequest): Promise<Changes | null>;
  /** Records and tombstones above a version, counted, and the payload bytes of the live ones. */
  count(request: CountRequest): Promise<Counts | null>;
  /** Live records of a collection by id in UTF-8 byte order: from `fromId` inclusive to `toId` exclusive. */
  range(request: RangeRequest): Promise<RangeRows | null>;
  /** Those that exist, live or as tombstones. */
  records(space: SpaceKey, keys: readonly RecordName[]): Promise<ReadonlyMap<RecordKey, StoredRecord> | null>;
  collections(space: SpaceKey): Promise<SpaceCollections | null>;
}

export interface Head {
  readonly epoch: Epoch;
  readonly head: Version;
  /** Grows whenever someone's access to the space changes; never falls, not even in a new epoch. */
  readonly accessChanges: number;
}

/** The rules that collections were declared with. */
export interface SpaceCollections {
  readonly state: SpaceState;
  readonly rules: ReadonlyMap<CollectionName, CollectionRules>;
  /** As in `Changes`. */
  readonly rulesChanges: number;
}

export interface RecordName {
  readonly collection: CollectionName;
  readonly id: RecordId;
  readonly key: RecordKey;
}

export interface ChangesRequest {
  readonly space: SpaceKey;
  readonly after: Version;
  /** Empty for all. */
  readonly collections: readonly CollectionName[];
  readonly recordsMax: number;
  /** Of payloads. The page ends before the record that would exceed this, but holds at least one. */
  readonly bytesMax: number;
  /**
   * The clock names the devices that had a change taken since the head was this version. A change that wrote
   * nothing counts as well; it was taken just before the next version.
   */
  readonly clockAfter: Version;
  /**
   * The highest head that whoever asks knows of: what was read before will do where the space stood at this version. Left
   * out where it has to be read anew. A store always reads anew.
   */
  readonly knownHead?: Version;
}

export interface CountRequest {
  readonly space: SpaceKey;
  readonly after: Version;
  /** Empty for all. */
  readonly collections: readonly CollectionName[];
  /** Left out, also where they are among those that were asked for. */
  readonly except: readonly CollectionName[];
}

export interface Counts {
  readonly records: number;
  readonly bytes: number;
}

export interface Changes {
  readonly state: SpaceState;
  /** Records and tombstones, in order of version. */
  readonly rows: readonly ReadRecord[];
  /** There are further rows of these collections above the last one. */
  readonly more: boolean;
  readonly clock: ReadonlyMap<DeviceId, ChangeNumber>;
  /** Grows with each declaration of a collection: as long as it is the same in the same epoch, so are all rules. */
  readonly rulesChanges: number;
}

export interface RangeRequest {
  readonly space: SpaceKey;
  readonly collection: CollectionName;
  /** Empty for the beginning. */
  readonly fromId: string;
  /** Null for the end. */
  readonly toId: string | null;
}

export interface RangeRows {
  readonly state: SpaceState;
  readonly rows: readonly StoredRecord[];
}
