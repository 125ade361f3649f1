import type { Digests } from '../digest';
import type { Push } from '../changes';
import type { HistoryEntry } from '../history';
import {
  type ChangeKey,
  changeKey,
  type ChangeNumber,
  type CollectionName,
  collectionProblem,
  type DeviceId,
  type Epoch,
  idProblem,
  LEDGER_ID_BYTES_MAX,
  type RecordId,
  type RecordKey,
  recordKey,
  type SpaceKey,
  type Version,
} from '../ids';
import type { Limits } from '../limits';
import type { PushResult, Receipt } from '../outcomes';
import type { Seen } from '../policies/policy';
import type { StoredRecord } from '../records';
import type { RulesBook } from '../rules';
import type { SpaceShapes } from '../shaped-entries';
import { dependenciesOf, dependencyProblem } from './dependencies';
import type { PastKey, PastWrite } from './past';

/** The row of a space that every merge locks, reads and writes. */
export interface SpaceState {
  readonly space: SpaceKey;
  readonly epoch: Epoch;
  readonly head: Version;
  readonly floor: Version;
  readonly digests: Digests;
  /** Live records and their payload bytes, for quotas. */
  readonly records: number;
  readonly bytes: number;
}

export interface Quota {
  readonly recordsMax: number;
  readonly bytesMax: number;
}

/** What a plan needs to know of one space; everything else in the space is left alone. */
export interface MergeFacts {
  readonly nowMs: number;
  readonly space: SpaceState;
  readonly rules: RulesBook;
  readonly quota: Quota | null;
  /** Changes to collections that were not declared are rejected. */
  readonly declaredOnly: boolean;
  readonly limits: Limits;
  /** Every record and ledger entry that a change names, where it exists. */
  readonly records: ReadonlyMap<RecordKey, StoredRecord>;
  /** The last number taken from each pushing device. */
  readonly lastNumbers: ReadonlyMap<DeviceId, ChangeNumber>;
  readonly receipts: ReadonlyMap<ChangeKey, Receipt>;
  /** What devices saw, as far as it was asked for and is still known. */
  readonly seen: ReadonlyMap<SeenKey, Seen>;
  /** What was done to records, as far as it was asked for. */
  readonly past: ReadonlyMap<PastKey, readonly PastWrite[]>;
}

/** All that one transaction writes to one space. */
export interface MergePlan {
  readonly before: SpaceState;
  readonly after: SpaceState;
  /** The last state of every written record, in order of version. */
  readonly records: readonly StoredRecord[];
  readonly history: readonly HistoryEntry[];
  readonly lastNumbers: ReadonlyMap<DeviceId, ChangeNumber>;
  readonly receipts: readonly Receipt[];
  /** One for each push, in their order. */
  readonly results: readonly PushResult[];
  /** Of the written collections that declare steps; left out where none does. */
  readonly shapes?: SpaceShapes;
}

declare const brand: unique symbol;
export type SeenKey = string & { readonly [brand]: 'SeenKey' };

export interface SeenRequest {
  readonly collection: CollectionName;
  readonly id: RecordId;
  readonly device: DeviceId;
  readonly baseVersion: Version;
  readonly after: ChangeNumber;
}

export function seenKey({ collection, id, device, baseVersion, after }: SeenRequest): SeenKey {
  return `${recordKey(collection, id)}\u0000${device}\u0000${baseVersion}\u0000${after}` as SeenKey;
}

/** What a transaction has to load before `planMerge` can run on these pushes. */
export interface MergeKeys {
  readonly records: readonly {
    readonly collection: CollectionName;
    readonly id: RecordId;
    readonly key: RecordKey;
  }[];
  readonly devices: readonly DeviceId[];
  readonly receipts: readonly {
    readonly device: DeviceId;
    readonly number: ChangeNumber;
    readonly key: ChangeKey;
  }[];
}

export function mergeKeys(pushes: readonly Push[], conflicts: CollectionName): MergeKeys {
  const records = new Map<RecordKey, MergeKeys['records'][number]>();
  const devices = new Set<DeviceId>();
  const receipts = new Map<ChangeKey, MergeKeys['receipts'][number]>();
  const name = (collection: CollectionName, id: RecordId, bytesMax?: number) => {
    // Such a change is rejected; a store may not even be able to look for it.
    if (collectionProblem(collection) !== null || idProblem(id, bytesMax) !== null) return;
    const key = recordKey(collection, id);
    if (!records.has(key)) records.set(key, { collection, id, key });
  };
  for (const { device, changes } of pushes) {
    devices.add(device);
    const answered = (number: ChangeNumber) => {
      if (!Number.isSafeInteger(number) || number < 1) return;
      const key = changeKey(device, number);
      receipts.set(key, { device, number, key });
    };
    // First those that follow each other, so that a store may look for them in one go.
    for (const { number } of changes) answered(number);
    for (const change of changes) {
      const { collection, id, after, resolves } = change;
      if (change.reliesOn !== undefined && dependencyProblem(change, device) === null)
        for (const other of dependenciesOf(change).keys()) devices.add(other);
      name(collection, id, collection === conflicts ? LEDGER_ID_BYTES_MAX : undefined);
      for (const conflict of resolves) name(conflicts, conflict, LEDGER_ID_BYTES_MAX);
      answered(after);
    }
  }
  return { records: [...records.values()], devices: [...devices], receipts: [...receipts.values()] };
}
