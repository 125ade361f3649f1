import {
  collectionName,
  type CollectionName,
  type CollectionRules,
  CONFLICTS,
  decodeLedger,
  type LedgerEntry,
  type Outcome,
  type PolicyRegistry,
  type RecordId,
  recordKey,
  spaceId,
  spaceKey,
  type SpaceKey,
  type StoredRecord,
  tenantId,
} from '@syncline/core';
import { NOTES, rulesOf } from './change-fixtures';
import { deviceOn, type TestDevice } from './merge-fixtures';
import type { Store } from './store-under-test';

/** A space in a store of its own, whose notes go by one rule. */
export interface MergingSpace {
  readonly store: Store;
  readonly space: SpaceKey;
  device(id: string): TestDevice;
  record(id: string): Promise<StoredRecord | undefined>;
  ledger(id: string): Promise<LedgerEntry | null>;
}

export async function mergingSpace(
  store: Store,
  registry: PolicyRegistry,
  rules: Partial<CollectionRules>,
): Promise<MergingSpace> {
  const space = spaceKey(tenantId('acme'), spaceId('home'));
  await store.createSpace(space, null);
  await store.declare(space, rulesOf(collectionName('notes'), rules));
  const find = async (collection: CollectionName, name: string) => {
    const id = name as RecordId;
    const key = recordKey(collection, id);
    return (await store.records(space, [{ collection, id, key }]))!.get(key);
  };
  return {
    store,
    space,
    device: (id) => deviceOn(store, space, id, { registry }),
    record: (id) => find(NOTES, id),
    async ledger(id) {
      const payload = (await find(CONFLICTS, id))?.payload ?? null;
      return payload === null ? null : decodeLedger(payload);
    },
  };
}

export const outcomeInWords = ({ status, reason, conflict }: Outcome): string =>
  [status, reason ?? conflict?.kind].filter(Boolean).join(' ');
