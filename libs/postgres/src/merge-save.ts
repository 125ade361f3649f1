import type { ChangeNumber, DeviceId, MergePlan, SpaceKey, Version } from '@syncline/core';
import { arraysOf, type Column, insistOnAll, namesOf, replacing, unnestOf } from './columns';
import { HISTORY_COLUMNS } from './history-rows';
import { RECEIPT_COLUMNS } from './receipt-rows';
import { type PlacedRecord, RECORD_COLUMNS, RECORD_KEY } from './record-rows';
import { digestsText } from './space-rows';
import { type Query, statement } from './sql';

/** What a plan was made from stands beside what it makes of it. */
const PLAN: readonly Column<MergePlan>[] = [
  { name: 'space', type: 'text', of: ({ before }) => before.space },
  { name: 'epoch', type: 'int8', of: ({ before }) => before.epoch },
  { name: 'floor', type: 'int8', of: ({ before }) => before.floor },
  { name: 'old_head', type: 'int8', of: ({ before }) => before.head },
  { name: 'old_records', type: 'int8', of: ({ before }) => before.records },
  { name: 'old_bytes', type: 'int8', of: ({ before }) => before.bytes },
  { name: 'head', type: 'int8', of: ({ after }) => after.head },
  { name: 'records', type: 'int8', of: ({ after }) => after.records },
  { name: 'bytes', type: 'int8', of: ({ after }) => after.bytes },
  { name: 'digests', type: 'text', of: ({ after }) => digestsText(after.digests) },
];

interface TakenNumber {
  readonly space: SpaceKey;
  readonly device: DeviceId;
  readonly number: ChangeNumber;
  readonly version: Version;
}

const NUMBERS: readonly Column<TakenNumber>[] = [
  { name: 'space', type: 'text', of: ({ space }) => space },
  { name: 'device', type: 'text', of: ({ device }) => device },
  { name: 'last_number', type: 'int8', of: ({ number }) => number },
  { name: 'taken_version', type: 'int8', of: ({ version }) => version },
];

const moveSpaces = statement<never>(
  'merge.save_spaces',
  `with moved as (
     update spaces s
     set head = plan.head, records = plan.records, bytes = plan.bytes, digests = plan.digests::jsonb,
       waiting_since =
         case when plan.head > s.announced then coalesce(s.waiting_since, clock_timestamp()) else s.waiting_since end
     from ${unnestOf(PLAN, 'plan')}
     where s.space = plan.space and s.epoch = plan.epoch and s.floor = plan.floor
       and s.head = plan.old_head and s.records = plan.old_records and s.bytes = plan.old_bytes
     returning 1
   ) ${insistOnAll('moved', 'plans that do not continue what is stored')}`,
);
const INSERT_RECORDS = `
  insert into records (${namesOf(RECORD_COLUMNS)})
  select ${namesOf(RECORD_COLUMNS)} from ${unnestOf(RECORD_COLUMNS, 'written')}`;
const createRecords = statement<never>('merge.create_records', INSERT_RECORDS);
const rewriteRecords = statement<never>(
  'merge.rewrite_records',
  `${INSERT_RECORDS}
   on conflict (${RECORD_KEY.join(', ')}) do update set ${replacing(RECORD_COLUMNS, RECORD_KEY)}`,
);
const appendHistory = statement<never>(
  'merge.save_history',
  `insert into history (${namesOf(HISTORY_COLUMNS)})
   select ${namesOf(HISTORY_COLUMNS)} from ${unnestOf(HISTORY_COLUMNS, 'written')}`,
);
const addReceipts = statement<never>(
  'merge.save_receipts',
  `insert into receipts (${namesOf(RECEIPT_COLUMNS)})
   select ${namesOf(RECEIPT_COLUMNS)} from ${unnestOf(RECEIPT_COLUMNS, 'written')}`,
);
const takeNumbers = statement<never>(
  'merge.save_numbers',
  `with taken as (
     insert into space_devices as known (${namesOf(NUMBERS)})
     select ${namesOf(NUMBERS)} from ${unnestOf(NUMBERS, 'given')}
     order by space collate "C", device collate "C"
     on conflict (space, device) do update
     set last_number = excluded.last_number, taken_version = excluded.taken_version
     where known.last_number < excluded.last_number
     returning 1
   ) ${insistOnAll('taken', 'numbers that were taken before')}`,
);

/** One statement a table for all plans, behind the one that checks that they continue what is stored. */
export function savesOf(plans: readonly MergePlan[]): Query<never>[] {
  if (plans.length === 0) return [];
  for (const plan of plans) checkVersions(plan);
  const created = recordsOf(plans, true);
  const rewritten = recordsOf(plans, false);
  const history = plans.flatMap((plan) => plan.history.map((entry) => ({ space: plan.before.space, entry })));
  const receipts = plans.flatMap((plan) =>
    plan.receipts.map((receipt) => ({ space: plan.before.space, receipt })),
  );
  const numbers = plans.flatMap(numbersOf);

  const saves = [moveSpaces(...arraysOf(PLAN, plans))];
  if (numbers.length > 0) saves.push(takeNumbers(...arraysOf(NUMBERS, numbers)));
  if (created.length > 0) saves.push(createRecords(...arraysOf(RECORD_COLUMNS, created)));
  if (rewritten.length > 0) saves.push(rewriteRecords(...arraysOf(RECORD_COLUMNS, rewritten)));
  if (history.length > 0) saves.push(appendHistory(...arraysOf(HISTORY_COLUMNS, history)));
  if (receipts.length > 0) saves.push(addReceipts(...arraysOf(RECEIPT_COLUMNS, receipts)));
  return saves;
}

/** A record that is new needs no look at what it may replace, which is a third of the work. */
function recordsOf(plans: readonly MergePlan[], areNew: boolean): PlacedRecord[] {
  return plans.flatMap(({ before, records }) =>
    records
      .filter(({ createdVersion }) => createdVersion > before.head === areNew)
      .map((record) => ({ space: before.space, record })),
  );
}

function numbersOf({ before, lastNumbers }: MergePlan): TakenNumber[] {
  const { space } = before;
  return [...lastNumbers].map(([device, number]) => ({ space, device, number, version: before.head + 1 }));
}

function checkVersions(plan: MergePlan): void {
  const { before, after, history } = plan;
  if (after.head !== before.head + history.length)
    throw unfitting(plan, 'the head does not follow from the history');
  if (after.epoch !== before.epoch || after.floor !== before.floor)
    throw unfitting(plan, "epoch and floor are not a merge's to change");
}

function unfitting({ before }: MergePlan, what: string): Error {
  return new Error(`the plan for ${before.space} does not fit: ${what}`);
}
