import {
  type ChangeKey,
  changeKey,
  CONFLICTS,
  type LedgerEntry,
  recordKey,
  type RecordKey,
  type SpaceKey,
  type StoredRecord,
  type Version,
} from '@syncline/core';
import type { ConflictLedger, DeltaStore, Spare } from '@syncline/ports';
import { ledgerConflicts } from './find-conflict';

export interface WaitingNeedsDeps {
  readonly deltas: Pick<DeltaStore, 'records'>;
  readonly conflicts: Pick<ConflictLedger, 'conflicts'>;
}

const CONFLICTS_AT_ONCE = 200;

/** Whether a conflict that waits for someone needs an entry of history: both sides, and what they are compared with. */
export async function waitingNeeds({ deltas, conflicts }: WaitingNeedsDeps, space: SpaceKey): Promise<Spare> {
  const versions = new Set<Version>();
  const changes = new Set<ChangeKey>();
  const bases = new Map<RecordKey, Version[]>();
  const note = (record: StoredRecord, entry: LedgerEntry): void => {
    const { collection, id, device, baseVersion, after, stored } = entry;
    // What the device sent is kept beside the version that entered the conflict.
    versions.add(stored.version).add(record.createdVersion);
    if (after > 0) changes.add(changeKey(device, after));
    else if (baseVersion > 0) {
      const key = recordKey(collection, id);
      bases.set(key, [...(bases.get(key) ?? []), baseVersion]);
    }
  };
  for (let before: Version | null = null; ;) {
    const rows = await conflicts.conflicts({ space, before, waiting: true, limit: CONFLICTS_AT_ONCE });
    const ids = rows.map(({ id }) => id);
    for (const { record, entry } of await ledgerConflicts({ deltas }, space, ids)) note(record, entry);
    if (rows.length < CONFLICTS_AT_ONCE) break;
    before = rows[rows.length - 1]!.version;
  }
  return ({ version, next, collection, id, device, number }) =>
    versions.has(version) ||
    // Of a change also the ledger's entry, which tells what was sent.
    changes.has(changeKey(device, number)) ||
    (collection !== CONFLICTS &&
      (bases.get(recordKey(collection, id)) ?? []).some((base) => base >= version && base < next));
}
