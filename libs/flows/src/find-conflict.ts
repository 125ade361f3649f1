import {
  type Access,
  type Answer,
  CONFLICTS,
  decodeLedger,
  granted,
  type LedgerEntry,
  mayRead,
  type RecordId,
  recordKey,
  refused,
  type SpaceId,
  type SpaceKey,
  type StoredRecord,
  tenantOf,
} from '@syncline/core';
import type { ConflictLedger, DeltaStore, DeviceRegistry, Identity } from '@syncline/ports';
import { type LedgerConflict, wholeContents } from './conflict-contents';
import { inSpace } from './conflict-rights';
import { type Contents, type ConflictTold, tellConflict } from './conflict-told';
import type { SpaceRightsDeps } from './space-rights';

export interface ReadConflictsDeps extends SpaceRightsDeps {
  readonly deltas: Pick<DeltaStore, 'heads' | 'records'>;
  readonly conflicts: ConflictLedger;
  readonly devices: Pick<DeviceRegistry, 'registeredAmong'>;
}

export interface NamedConflict {
  readonly space: SpaceId;
  readonly id: RecordId;
}

/** One conflict with both sides whole, for those who may read its record. */
export function findConflict(deps: ReadConflictsDeps) {
  return async (identity: Identity, { space, id }: NamedConflict): Promise<Answer<ConflictTold>> => {
    const entered = await inSpace(deps, identity, space);
    if (!entered.ok) return entered;
    const { key, access } = entered.value;
    const found = await conflictIn(deps, key, access, id);
    if (!found.ok) return found;
    const contents = await wholeContents(deps.conflicts, key, [found.value]);
    const [told] = await tellAll(deps, key, [found.value], contents);
    return granted(told!);
  };
}

/** Whoever may not read the record of a conflict learns nothing of it. */
export async function conflictIn(
  { deltas }: Pick<ReadConflictsDeps, 'deltas'>,
  space: SpaceKey,
  access: Access,
  id: RecordId,
): Promise<Answer<LedgerConflict>> {
  if (!mayRead(access, CONFLICTS, id)) return refused('CONFLICT_NOT_FOUND');
  const [found] = await ledgerConflicts({ deltas }, space, [id]);
  return found === undefined ? refused('CONFLICT_NOT_FOUND') : granted(found);
}

/** Those that there are, in the order in which they are named. */
export async function ledgerConflicts(
  { deltas }: { readonly deltas: Pick<DeltaStore, 'records'> },
  space: SpaceKey,
  ids: readonly RecordId[],
): Promise<LedgerConflict[]> {
  const names = ids.map((id) => ({ collection: CONFLICTS, id, key: recordKey(CONFLICTS, id) }));
  const records = await deltas.records(space, names);
  return names.flatMap(({ key }) => {
    const record = records?.get(key);
    const entry = entryOf(record);
    return record === undefined || entry === null ? [] : [{ record, entry }];
  });
}

const entryOf = (record: StoredRecord | undefined): LedgerEntry | null =>
  record?.payload == null ? null : decodeLedger(record.payload);

/** With the names of the devices, and with how their records stand now. */
export async function tellAll(
  { conflicts, devices }: Pick<ReadConflictsDeps, 'conflicts' | 'devices'>,
  space: SpaceKey,
  found: readonly LedgerConflict[],
  contents: readonly Contents[],
): Promise<ConflictTold[]> {
  const about = found.map(({ entry: { collection, id } }) => ({
    collection,
    id,
    key: recordKey(collection, id),
  }));
  const makers = found.flatMap(({ entry: { stored, incoming } }) => [stored.device, incoming.device]);
  const named = [...new Set(makers.filter((device) => device !== null))];
  const [versions, names] = await Promise.all([
    conflicts.recordVersions(space, about),
    devices.registeredAmong(tenantOf(space), named),
  ]);
  return found.map((conflict, index) =>
    tellConflict({
      ...conflict,
      contents: contents[index]!,
      standing: versions.get(about[index]!.key) ?? 0,
      names,
    }),
  );
}
