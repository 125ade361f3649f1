import type {
  ChangeKey,
  ChangeNumber,
  CollectionName,
  CollectionRules,
  DeviceId,
  MergeKeys,
  MergePlan,
  PastKey,
  PastRequest,
  PastWrite,
  Quota,
  Receipt,
  RecordKey,
  Seen,
  SeenKey,
  SeenRequest,
  SpaceKey,
  SpaceState,
  StoredRecord,
} from '@syncline/core';

/**
 * Where merges happen. Contract:
 * - `transact` holds the named spaces to itself from its first load until it returns: two transactions that
 *   share a space run one after the other. Spaces are locked in the order of their keys, so that no two can
 *   wait for each other.
 * - What `save` is given is visible to all readers at once when `transact` resolves, and not at all when it
 *   rejects. When it resolves, the plans survive the death of every process.
 * - When `work` rejects, nothing is written and `transact` rejects with the same error.
 * - A space that does not exist is missing from what `load` returns.
 * - `work` loads first and saves last: nothing is loaded or asked once something was saved, and the transaction
 *   is of no use after `work` has ended.
 * - A plan that does not continue what is stored is a bug: `save` rejects it, or `transact` does.
 */
export interface MergeStore {
  transact<Result>(
    spaces: readonly SpaceKey[],
    work: (transaction: MergeTransaction) => Promise<Result>,
  ): Promise<Result>;
}

export interface MergeTransaction {
  load(wanted: ReadonlyMap<SpaceKey, MergeKeys>): Promise<ReadonlyMap<SpaceKey, LoadedSpace>>;
  /**
   * What each device saw of a record. With `after`: what the device sent for it in that change of its own, whether
   * that was stored as sent, merged, or kept in the ledger only. Without: the content at the latest version not
   * above the base. Missing from the answer when the history does not tell.
   */
  seen(
    wanted: ReadonlyMap<SpaceKey, readonly SeenRequest[]>,
  ): Promise<ReadonlyMap<SpaceKey, ReadonlyMap<SeenKey, Seen>>>;
  /**
   * What was done to a record above a version, in order, `PAST_WRITES_MAX + 1` writes at most: whoever asks finds by their
   * previous versions whether the history still has them all.
   */
  past(
    wanted: ReadonlyMap<SpaceKey, readonly PastRequest[]>,
  ): Promise<ReadonlyMap<SpaceKey, ReadonlyMap<PastKey, readonly PastWrite[]>>>;
  /** At most one plan a space, made from what this transaction loaded. */
  save(plans: readonly MergePlan[]): Promise<void>;
}

export interface LoadedSpace {
  readonly state: SpaceState;
  readonly collections: ReadonlyMap<CollectionName, CollectionRules>;
  readonly quota: Quota | null;
  /** Changes to collections that were not declared are rejected; false until somebody says otherwise. */
  readonly declaredOnly: boolean;
  readonly records: ReadonlyMap<RecordKey, StoredRecord>;
  readonly lastNumbers: ReadonlyMap<DeviceId, ChangeNumber>;
  readonly receipts: ReadonlyMap<ChangeKey, Receipt>;
}
