import {
  changeKey,
  type ChangeKey,
  type ChangeNumber,
  type CollectionName,
  type CollectionRules,
  type DeviceId,
  type MergeKeys,
  type Receipt,
  recordKey,
  type RecordKey,
  type SpaceKey,
  type StoredRecord,
} from '@syncline/core';
import type { LoadedSpace } from '@syncline/ports';
import { arraysOf, type Column, unnestOf } from './columns';
import { packedTexts } from './packed-arrays';
import { RECEIPT_NAMES, receiptOf, type ReceiptRow } from './receipt-rows';
import { RECORD_NAMES, recordOf, type RecordRow } from './record-rows';
import { RULES_NAMES, rulesOf, type RulesRow } from './rules-rows';
import { quotaOf, type QuotaRow, type SpaceRow, STATE_NAMES, stateOf } from './space-rows';
import { type Connection, type Query, statement, together } from './sql';

export type LockedSpace = SpaceRow & QuotaRow & { readonly declared_only: boolean };

interface InSpace {
  readonly space: SpaceKey;
}

/** Receipts of changes that follow each other, as those of a push do. */
interface ReceiptRun extends InSpace {
  readonly device: DeviceId;
  readonly first: ChangeNumber;
  readonly last: ChangeNumber;
}

const SPACE: Column<InSpace> = { name: 'space', type: 'text', of: ({ space }) => space };

const RECORD_KEYS: readonly Column<InSpace & MergeKeys['records'][number]>[] = [
  SPACE,
  { name: 'collection', type: 'text', of: ({ collection }) => collection },
  { name: 'id', type: 'text', of: ({ id }) => id },
];
const DEVICE_KEYS: readonly Column<InSpace & { readonly device: DeviceId }>[] = [
  SPACE,
  { name: 'device', type: 'text', of: ({ device }) => device },
];
const RECEIPT_RUNS: readonly Column<ReceiptRun>[] = [
  SPACE,
  { name: 'device', type: 'text', of: ({ device }) => device },
  { name: 'first', type: 'int8', of: ({ first }) => first },
  { name: 'last', type: 'int8', of: ({ last }) => last },
];

const lock = statement<LockedSpace>(
  'merge.lock',
  `select ${STATE_NAMES}, records_max, bytes_max, declared_only from spaces
   where space = any($1::text[]) order by space for update`,
);
const rulesOfSpaces = statement<InSpace & RulesRow>(
  'merge.rules',
  `select space, ${RULES_NAMES} from collections where space = any($1::text[])`,
);
const recordsOfSpaces = statement<InSpace & RecordRow>(
  'merge.records',
  `select space, ${RECORD_NAMES} from ${unnestOf(RECORD_KEYS, 'wanted')}
   join records using (space, collection, id)`,
);
const numbersOfSpaces = statement<InSpace & NumberRow>(
  'merge.numbers',
  `select space, device, last_number from ${unnestOf(DEVICE_KEYS, 'wanted')}
   join space_devices using (space, device) where last_number > 0`,
);
const receiptsOfSpaces = statement<InSpace & ReceiptRow>(
  'merge.receipts',
  `select space, ${RECEIPT_NAMES} from ${unnestOf(RECEIPT_RUNS, 'wanted')}
   join receipts using (space, device) where number between first and last`,
);

interface NumberRow {
  readonly device: DeviceId;
  readonly last_number: ChangeNumber;
}

/** In the order of their keys, so that no two transactions can wait for each other. */
export function lockSpaces(
  connection: Connection,
  spaces: readonly SpaceKey[],
): Promise<readonly LockedSpace[]> {
  return connection.query(lock(packedTexts(spaces)));
}

/** One query a table, all sent at once behind the lock: each sees what was committed before it was held. */
export async function loadSpaces(
  connection: Connection,
  locking: Promise<readonly LockedSpace[]>,
  wanted: ReadonlyMap<SpaceKey, MergeKeys>,
): Promise<ReadonlyMap<SpaceKey, LoadedSpace>> {
  const records = named(wanted, (keys) => keys.records);
  const devices = named(wanted, (keys) => keys.devices.map((device) => ({ device })));
  const receipts = [...wanted].flatMap(([space, keys]) => runsOf(space, keys.receipts));
  const ask = <Row>(rows: readonly unknown[], query: () => Query<Row>): Promise<Row[]> =>
    rows.length === 0 ? Promise.resolve([]) : connection.query(query());

  const [locked, ...found] = await together<
    [readonly LockedSpace[], FoundRows[0], FoundRows[1], FoundRows[2], FoundRows[3]]
  >([
    locking,
    connection.query(rulesOfSpaces(packedTexts([...wanted.keys()]))),
    ask(records, () => recordsOfSpaces(...arraysOf(RECORD_KEYS, records))),
    ask(devices, () => numbersOfSpaces(...arraysOf(DEVICE_KEYS, devices))),
    ask(receipts, () => receiptsOfSpaces(...arraysOf(RECEIPT_RUNS, receipts))),
  ]);
  return loadedOf(
    locked.filter(({ space }) => wanted.has(space)),
    found,
  );
}

type FoundRows = [
  rules: (InSpace & RulesRow)[],
  records: (InSpace & RecordRow)[],
  numbers: (InSpace & NumberRow)[],
  receipts: (InSpace & ReceiptRow)[],
];

function named<Name extends object>(
  wanted: ReadonlyMap<SpaceKey, MergeKeys>,
  names: (keys: MergeKeys) => readonly Name[],
): (InSpace & Name)[] {
  return [...wanted].flatMap(([space, keys]) => names(keys).map((name) => ({ space, ...name })));
}

function runsOf(space: SpaceKey, receipts: MergeKeys['receipts']): ReceiptRun[] {
  const runs: { space: SpaceKey; device: DeviceId; first: ChangeNumber; last: ChangeNumber }[] = [];
  for (const { device, number } of receipts) {
    const run = runs.at(-1);
    if (run !== undefined && run.device === device && run.last + 1 === number) run.last = number;
    else runs.push({ space, device, first: number, last: number });
  }
  return runs;
}

function loadedOf(
  locked: readonly LockedSpace[],
  [rules, records, numbers, receipts]: FoundRows,
): ReadonlyMap<SpaceKey, LoadedSpace> {
  const loaded = new Map(locked.map((row) => [row.space, emptyOf(row)]));
  for (const row of rules) loaded.get(row.space)?.collections.set(row.collection, rulesOf(row));
  for (const row of records)
    loaded.get(row.space)?.records.set(recordKey(row.collection, row.id), recordOf(row));
  for (const row of numbers) loaded.get(row.space)?.lastNumbers.set(row.device, row.last_number);
  for (const row of receipts)
    loaded.get(row.space)?.receipts.set(changeKey(row.device, row.number), receiptOf(row));
  return loaded;
}

const emptyOf = (row: LockedSpace) => ({
  state: stateOf(row),
  quota: quotaOf(row),
  declaredOnly: row.declared_only,
  collections: new Map<CollectionName, CollectionRules>(),
  records: new Map<RecordKey, StoredRecord>(),
  lastNumbers: new Map<DeviceId, ChangeNumber>(),
  receipts: new Map<ChangeKey, Receipt>(),
});
