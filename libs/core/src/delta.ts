import type { Access } from './access';
import { checkpointCursor, type Cursor } from './cursor';
import type { ToldDigest, ToldDigests } from './digest';
import type { ChangeNumber, CollectionName, DeviceId, Epoch, Version } from './ids';
import type { Limits } from './limits';
import type { MergePlan } from './merge/facts';
import { type Announcement, type Checkpoint, entryBytes, entryKey, type Page, type PageEntry } from './pages';
import { contentBytes, imageOf, type ReadRecord, type StoredRecord } from './records';
import { holdsWhole, isMovable, matches, type Scope, visible } from './scope';
import {
  ANSWER_WORK_MAX,
  comparable,
  comparableOf,
  inNewestShape,
  inWantedShape,
  isAhead,
  type SchemaVersions,
  type SpaceShapes,
  type Spent,
} from './shaped-entries';

/** Who reads, and what may be assumed of what they hold. */
export interface Reader {
  readonly device: DeviceId;
  readonly scope: Scope;
  readonly access: Access;
  /** It can apply changed fields to the version before. */
  readonly takesPatches: boolean;
  /** It can apply operations of data types to the version before. */
  readonly takesOperations: boolean;
  /** It keeps its own changes until a checkpoint covers them, so that their versions alone will do. */
  readonly takesOwn: boolean;
  /** It may have read further than its cursor says: what was acknowledged last may have been followed by more. */
  readonly mayHoldMore: boolean;
  /** Left out where it reads the newest of all collections. */
  readonly schemaVersions?: SchemaVersions;
  /** Nothing is converted by rules from before these, as the store counts them; left out where nothing is known. */
  readonly knownRules?: number;
}

/** What a store read in one snapshot: rows above the cursor's position, in order of version. */
export interface Slice {
  readonly epoch: Epoch;
  readonly head: Version;
  readonly digests: ToldDigests;
  /** Left out where no collection declares steps. */
  readonly shapes?: SpaceShapes;
  readonly rows: readonly ReadRecord[];
  readonly more: boolean;
  readonly clock: ReadonlyMap<DeviceId, ChangeNumber>;
}

export interface Delta<Entries = readonly PageEntry[]> {
  readonly page: Page<Entries>;
  /** Present when nothing is left to read: then the device's copy equals the snapshot. */
  readonly checkpoint: Checkpoint | null;
}

/**
 * Turns rows into a page. The checkpoint after the last page is exact: a record that was written while earlier
 * pages were read stands at a higher version now, so it is read once more.
 */
export function deltaOf(reader: Reader, cursor: Cursor, given: Slice): Delta {
  const { entries, slice } = entriesOf(reader, cursor, given);
  const last = slice.rows[slice.rows.length - 1];
  if (slice.more && last !== undefined) {
    return { page: { entries, cursor: { ...cursor, position: last.version } }, checkpoint: null };
  }
  const done = checkpointCursor(slice.epoch, slice.head, cursor.scope);
  return {
    // Whoever goes on from this page has not had the checkpoint, and lacks its clock.
    page: { entries, cursor: { ...done, checkpoint: cursor.checkpoint } },
    checkpoint: {
      version: slice.head,
      clock: slice.clock,
      digests: digestsFor(reader.scope, reader.access, comparable(slice.digests, slice.shapes)),
      cursor: done,
    },
  };
}

/** The slice ends where bringing its rows into the reader's shapes has taken enough for one page. */
function entriesOf(
  reader: Reader,
  cursor: Cursor,
  slice: Slice,
): { readonly entries: PageEntry[]; readonly slice: Slice } {
  const { rows, shapes } = slice;
  const spent: Spent = { work: 0 };
  const entries: PageEntry[] = [];
  for (const [index, row] of rows.entries()) {
    if (!visible(reader.scope, reader.access, row.collection, row.id)) continue;
    const entry = entryFor(reader, cursor, row, shapes, spent);
    if (entry !== null) entries.push(inWantedShape(entry, row, shapes, reader.schemaVersions, spent));
    if (spent.work > ANSWER_WORK_MAX && index + 1 < rows.length)
      return { entries, slice: { ...slice, rows: rows.slice(0, index + 1), more: true } };
  }
  return { entries, slice };
}

/** Null for what the device does not hold and need not hear of. */
function entryFor(
  reader: Reader,
  cursor: Cursor,
  row: ReadRecord,
  shapes: SpaceShapes | undefined,
  spent: Spent,
): PageEntry | null {
  // Created after what the device has read, so it cannot hold any form of it.
  const unknown = row.createdVersion > cursor.position && !reader.mayHoldMore;
  if (row.deleted) return unknown && !reader.scope.includeDeleted ? null : deleteEntry(row);
  if (!matches(reader.scope, reader.scope.fields.length === 0 ? row : inNewestShape(row, shapes, spent))) {
    return unknown ? null : { kind: 'gone', collection: row.collection, id: row.id, version: row.version };
  }
  // Only at its last checkpoint is it certain which versions a device holds; within a run it may have missed one.
  const holdsPrevious =
    !reader.mayHoldMore && cursor.checkpoint > 0 && row.previousVersion <= cursor.checkpoint;
  // That it came back to life against a delete is more than the device made of it.
  const isOwn = row.asSent && !row.resurrected && row.device === reader.device;
  if (holdsPrevious && reader.takesOwn && isOwn) {
    return { kind: 'own', collection: row.collection, id: row.id, version: row.version, number: row.number };
  }
  const certain = !reader.mayHoldMore && cursor.checkpoint > 0 && !isMovable(reader.scope);
  if (!certain) return putEntry(row);
  if (holdsPrevious && reader.takesPatches && row.patch !== null) return patchEntry(row);
  return (
    (reader.takesOperations ? operationsEntry(row, cursor.checkpoint, cursor.position) : null) ??
    putEntry(row)
  );
}

/**
 * What a device lacks that holds the record as of a version. Null where the record as a whole is smaller, or is all there
 * is, and where the device may have got a later one since then, up to where it has read.
 */
function operationsEntry(row: ReadRecord, heldAt: Version, readUpTo: Version): PageEntry | null {
  const { kept } = row;
  if (kept?.kind !== 'data' || row.resurrected) return null;
  const first = kept.recent.findLastIndex(({ from }) => from <= heldAt);
  const lacking = kept.recent.slice(first);
  if (lacking.some(({ from }) => from > heldAt && from <= readUpTo)) return null;
  const bytes = lacking.reduce((sum, { operations }) => sum + operations.length, 0);
  if (first < 0 || bytes >= contentBytes(row)) return null;
  const { collection, id, version, time, device, number, user, schemaVersion } = row;
  const stamp = { time, device, number, user, schemaVersion };
  const head = { collection, id, version, previousVersion: lacking[0]!.from, ...stamp };
  const operations = lacking.map((each) => each.operations);
  return { kind: 'operations', ...head, type: kept.type, operations };
}

function putEntry(row: ReadRecord): PageEntry {
  const record = imageOf(row);
  if (record === null) throw new TypeError('a tombstone cannot be sent whole');
  return { kind: 'put', record };
}

function deleteEntry(row: ReadRecord): PageEntry {
  const { collection, id, version, time, device, number } = row;
  return { kind: 'delete', collection, id, version, time, device, number };
}

function patchEntry(row: ReadRecord): PageEntry {
  const { collection, id, version, previousVersion, time, device, number, user, schemaVersion } = row;
  return {
    kind: 'patch',
    collection,
    id,
    version,
    previousVersion,
    patch: row.patch!,
    time,
    device,
    number,
    user,
    schemaVersion,
  };
}

export function digestsFor(
  scope: Scope,
  access: Access,
  digests: ToldDigests,
): Map<CollectionName, ToldDigest> {
  const whole = new Map<CollectionName, ToldDigest>();
  for (const [name, digest] of digests) if (holdsWhole(scope, access, name)) whole.set(name, digest);
  return whole;
}

/**
 * The announcement of what a plan did, with the entries themselves when they fit a page: the same for everyone
 * who stands exactly where the plan began. Null when the head did not move.
 */
export function announcementOf(plan: MergePlan, limits: Limits): Announcement | null {
  const { before, after, shapes } = plan;
  if (after.head === before.head) return null;
  const digests = new Map<CollectionName, ToldDigest>();
  for (const { collection } of plan.records)
    digests.set(collection, comparableOf(collection, after.digests.get(collection)!, shapes));
  const newest = plan.records[plan.records.length - 1];
  return {
    epoch: after.epoch,
    from: before.head,
    to: after.head,
    entries: announcedEntries(plan, limits),
    clock: plan.lastNumbers,
    digests,
    ...(newest === undefined ? {} : { committedAtMs: newest.committedAtMs }),
  };
}

function announcedEntries(plan: MergePlan, limits: Limits): PageEntry[] | null {
  if (plan.records.length > limits.pageRecordsMax) return null;
  const entries: PageEntry[] = [];
  let bytes = 0;
  for (const record of plan.records) {
    const entry = announcedEntry(record, plan.before.head);
    bytes += entryBytes(entry);
    if (bytes > limits.pageBytesMax) return null;
    entries.push(entry);
  }
  return entries;
}

/** Whoever stands where the plan began holds what the record was then. */
function announcedEntry(record: StoredRecord, from: Version): PageEntry {
  if (record.deleted) return deleteEntry(record);
  if (record.patch !== null && record.previousVersion <= from) return patchEntry(record);
  return operationsEntry(record, from, from) ?? putEntry(record);
}

/** Whether announced entries can be sent to this reader as they are, apart from leaving some out. */
export function takesLive(reader: Reader, entries: readonly PageEntry[]): boolean {
  if (isMovable(reader.scope)) return false;
  if (entries.some((entry) => isAhead(entry, reader.schemaVersions))) return false;
  if (reader.takesPatches && reader.takesOperations) return true;
  return entries.every(
    ({ kind }) =>
      (kind !== 'patch' || reader.takesPatches) && (kind !== 'operations' || reader.takesOperations),
  );
}

/** The entries that a reader may see; the very same array when that is all of them. */
export function liveEntries(reader: Reader, entries: readonly PageEntry[]): readonly PageEntry[] {
  const sees = (entry: PageEntry): boolean => {
    const { collection, id } = entryKey(entry);
    return visible(reader.scope, reader.access, collection, id);
  };
  return entries.every(sees) ? entries : entries.filter(sees);
}
