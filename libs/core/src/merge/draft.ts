import type { Change } from '../changes';
import type { HistoryEntry } from '../history';
import {
  type ChangeKey,
  changeKey,
  type ChangeNumber,
  type CollectionName,
  type DeviceId,
  type RecordId,
  type RecordKey,
  recordKey,
  type Version,
} from '../ids';
import type { Receipt } from '../outcomes';
import type { Seen } from '../policies/policy';
import type { StoredRecord } from '../records';
import type { Carried } from './bridge';
import { type MergeFacts, type MergePlan, seenKey } from './facts';
import { pastKey, type PastRequest, type PastWrite, pastWrites } from './past';
import { currentShapes, shapesWritten } from './shape';
import { tallyOf } from './tally';
import { transformsOfPushes, type TransformsOfPushes } from './transform-steps';

/** The space as it will be: what was loaded, overlaid by what this plan has written so far. */
export interface Draft extends TransformsOfPushes {
  readonly facts: MergeFacts;
  head(): Version;
  counts(): { readonly records: number; readonly bytes: number };
  record(collection: CollectionName, id: RecordId): StoredRecord | undefined;
  /** The same in the shape that it is stored in, without bringing it to the newest. */
  stored(collection: CollectionName, id: RecordId): StoredRecord | undefined;
  /** The version that the next write takes. */
  nextVersion(): Version;
  write(record: StoredRecord, entry: HistoryEntry): void;
  /** What a device saw of a record when it made a change; null when that is no longer known. */
  seen(device: DeviceId, change: Change): Seen | null;
  /** What the device sees by its own change; a further change of this batch may be made after it. */
  remember(device: DeviceId, change: Change, seen: Seen): void;
  /** What was done to a record above a version, this batch included; null where that is not known. */
  past(request: PastRequest): readonly PastWrite[] | null;
  /** What an operation of this batch was carried over. */
  carried(device: DeviceId, change: Change): Carried | undefined;
  carry(device: DeviceId, change: Change, carried: Carried): void;
  lastNumber(device: DeviceId): ChangeNumber;
  receipt(device: DeviceId, number: ChangeNumber): Receipt | undefined;
  /** What a change came after, passing over what was rejected: nothing is left of that. */
  lastBefore(device: DeviceId, after: ChangeNumber): ChangeNumber;
  take(receipt: Receipt): void;
  plan(results: MergePlan['results']): MergePlan;
}

export function draftOf(facts: MergeFacts): Draft {
  const before = facts.space;
  let head = before.head;
  const tally = tallyOf(before);
  const written = new Map<RecordKey, StoredRecord>();
  const history: HistoryEntry[] = [];
  const receipts = new Map<ChangeKey, Receipt>();
  const lastNumbers = new Map<DeviceId, ChangeNumber>();
  const carried = new Map<string, Carried>();
  const views = new Map<string, Seen>();

  const shapes = currentShapes(facts.rules);
  const standing = (key: RecordKey): StoredRecord | undefined => written.get(key) ?? facts.records.get(key);

  const draft: Draft = {
    facts,
    head: () => head,
    counts: () => tally.counts(),
    record: (collection, id) => shapes.record(standing(recordKey(collection, id))),
    stored: (collection, id) => standing(recordKey(collection, id)),
    nextVersion: () => head + 1,
    write(record, entry) {
      head = record.version;
      const key = recordKey(record.collection, record.id);
      tally.replace(standing(key), record);
      // Taken out first, so that the map stays in order of version.
      written.delete(key);
      written.set(key, record);
      history.push(entry);
    },
    seen(device, { collection, id, baseVersion, after }) {
      const view = views.get(viewKey(collection, id, device, after));
      if (view !== undefined) return shapes.seen(collection, view);
      const seen = facts.seen.get(seenKey({ collection, id, device, baseVersion, after }));
      return seen === undefined ? null : shapes.seen(collection, seen);
    },
    remember(device, { collection, id, number, schemaVersion }, { deleted, payload }) {
      views.set(viewKey(collection, id, device, number), { deleted, payload, schemaVersion });
    },
    past: (request) => pastIn(facts, history, request),
    carried: (device, { collection, id, after }) => carried.get(viewKey(collection, id, device, after)),
    carry: (device, { collection, id, number }, each) =>
      void carried.set(viewKey(collection, id, device, number), each),
    ...transformsOfPushes(),
    lastNumber: (device) => lastNumbers.get(device) ?? facts.lastNumbers.get(device) ?? 0,
    receipt(device, number) {
      const key = changeKey(device, number);
      return receipts.get(key) ?? facts.receipts.get(key);
    },
    lastBefore(device, after) {
      const receipt = after === 0 ? undefined : draft.receipt(device, after);
      return receipt?.status === 'REJECTED' ? draft.lastBefore(device, receipt.after) : after;
    },
    take(receipt) {
      receipts.set(changeKey(receipt.device, receipt.number), receipt);
      lastNumbers.set(receipt.device, receipt.number);
    },
    plan: (results) => ({
      before,
      after: { ...before, head, ...tally.result() },
      records: [...written.values()],
      history,
      lastNumbers,
      receipts: [...receipts.values()],
      results,
      ...shapesWritten(written.values(), facts.rules),
    }),
  };
  return draft;
}

function viewKey(collection: CollectionName, id: RecordId, device: DeviceId, number: ChangeNumber): string {
  return `${recordKey(collection, id)}\u0000${changeKey(device, number)}`;
}

function pastIn(
  facts: MergeFacts,
  written: readonly HistoryEntry[],
  request: PastRequest,
): readonly PastWrite[] | null {
  const { collection, id, since } = request;
  const loaded = facts.records.get(recordKey(collection, id));
  const isAbove = loaded !== undefined && loaded.version > since;
  const before = facts.past.get(pastKey(request)) ?? (isAbove ? null : []);
  return before === null ? null : [...before, ...pastWrites(written, request)];
}
