import {
  contentBytes,
  type MergePlan,
  recordKey,
  type RecordKey,
  type SpaceState,
  type Version,
} from '@syncline/core';
import type { SpaceTable } from './space-table';

/** Throws on a plan that does not continue what is stored: saving it would break a promise. */
export function checkPlan(table: SpaceTable, plan: MergePlan): void {
  checkStart(table.state, plan);
  checkVersions(plan);
  checkCounts(table, plan);
  checkNumbers(table, plan);
}

function demand(holds: boolean, plan: MergePlan, what: string): void {
  if (!holds) throw new Error(`the plan for ${plan.before.space} does not fit: ${what}`);
}

function checkStart(state: SpaceState, plan: MergePlan): void {
  const { before, after } = plan;
  for (const field of ['head', 'epoch', 'floor', 'records', 'bytes'] as const) {
    demand(before[field] === state[field], plan, `${field} is ${state[field]}, not ${before[field]}`);
  }
  for (const field of ['space', 'epoch', 'floor'] as const) {
    demand(after[field] === before[field], plan, `${field} is not a merge's to change`);
  }
}

/** Every version from the old head to the new one is told by the history, and the last of a record stands. */
function checkVersions(plan: MergePlan): void {
  const { before, after, history, records } = plan;
  demand(after.head === before.head + history.length, plan, 'the head does not follow from the history');
  const last = new Map<RecordKey, Version>();
  history.forEach((entry, index) => {
    demand(
      entry.version === before.head + index + 1,
      plan,
      `history skips version ${before.head + index + 1}`,
    );
    last.set(recordKey(entry.collection, entry.id), entry.version);
  });
  demand(records.length === last.size, plan, 'records and history name different records');
  let previous = before.head;
  for (const { collection, id, version } of records) {
    demand(version > previous, plan, `records are not in order at version ${version}`);
    demand(
      last.get(recordKey(collection, id)) === version,
      plan,
      `${collection}/${id} is not at its last version`,
    );
    previous = version;
  }
}

function checkCounts(table: SpaceTable, plan: MergePlan): void {
  let { records, bytes } = plan.before;
  for (const record of plan.records) {
    const old = table.records.get(recordKey(record.collection, record.id));
    demand((record.payload === null) === record.deleted, plan, `version ${record.version} is half deleted`);
    records += Number(record.payload !== null) - Number(old !== undefined && !old.deleted);
    bytes += contentBytes(record) - (old === undefined ? 0 : contentBytes(old));
  }
  demand(records === plan.after.records, plan, `${records} records, not ${plan.after.records}`);
  demand(bytes === plan.after.bytes, plan, `${bytes} bytes, not ${plan.after.bytes}`);
}

/** A receipt for each number, none left out, up to the last. */
function checkNumbers(table: SpaceTable, plan: MergePlan): void {
  const reached = new Map<string, number>();
  for (const { device, number } of plan.receipts) {
    const last = reached.get(device) ?? table.numbers.get(device)?.number ?? 0;
    demand(number === last + 1, plan, `number ${number} of ${device} follows ${last}`);
    reached.set(device, number);
  }
  demand(reached.size === plan.lastNumbers.size, plan, 'receipts and last numbers name different devices');
  for (const [device, number] of plan.lastNumbers) {
    demand(reached.get(device) === number, plan, `the last number of ${device} has no receipt`);
  }
}
