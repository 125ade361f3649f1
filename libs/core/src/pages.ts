import type { CollectionName, ChangeNumber, DeviceId, RecordId, Version, Epoch } from './ids';
import type { Cursor } from './cursor';
import type { ToldDigests } from './digest';
import type { HlcTime } from './clock';
import { contentBytes, type Patch, type RecordImage } from './records';

/** One record's news in a page. */
export type PageEntry = PutEntry | PatchEntry | OperationsEntry | DeleteEntry | GoneEntry | OwnEntry;

/** The record whole. */
export interface PutEntry {
  readonly kind: 'put';
  readonly record: RecordImage;
}

interface Named {
  readonly collection: CollectionName;
  readonly id: RecordId;
  readonly version: Version;
}

/** The changed fields, for a device that surely holds the previous version. */
export interface PatchEntry extends Named {
  readonly kind: 'patch';
  readonly previousVersion: Version;
  readonly patch: Patch;
  readonly time: HlcTime;
  readonly device: DeviceId;
  readonly number: ChangeNumber;
  readonly user: RecordImage['user'];
  readonly schemaVersion: number;
}

/** What led to this version, for a device that surely holds the previous one and knows the data type. */
export interface OperationsEntry extends Named {
  readonly kind: 'operations';
  readonly previousVersion: Version;
  readonly type: string;
  /** To be applied in this order. */
  readonly operations: readonly Uint8Array[];
  readonly time: HlcTime;
  readonly device: DeviceId;
  readonly number: ChangeNumber;
  readonly user: RecordImage['user'];
  readonly schemaVersion: number;
}

export interface DeleteEntry extends Named {
  readonly kind: 'delete';
  readonly time: HlcTime;
  readonly device: DeviceId;
  readonly number: ChangeNumber;
}

/** It exists, but is no longer in the device's scope. */
export interface GoneEntry extends Named {
  readonly kind: 'gone';
}

/** The device's own change, stored as sent: its version alone. */
export interface OwnEntry extends Named {
  readonly kind: 'own';
  readonly number: ChangeNumber;
}

/** Entries that were encoded where they were read: nobody looks into them on the way to the device. */
export interface EncodedEntries {
  readonly count: number;
  /** As `entryBytes` counts them. */
  readonly roughBytes: number;
  readonly bytes: Uint8Array;
}

export type PageContent = readonly PageEntry[] | EncodedEntries;

export interface Page<Entries = readonly PageEntry[]> {
  readonly entries: Entries;
  /** To go on from here, also on another session. */
  readonly cursor: Cursor;
}

/** At this version the copy is complete: it is what the space held then. */
export interface Checkpoint {
  readonly version: Version;
  /** Device → number of the last change taken from it: with the head, the vector clock of the space. */
  readonly clock: ReadonlyMap<DeviceId, ChangeNumber>;
  /** Of the collections that the device holds whole. */
  readonly digests: ToldDigests;
  readonly cursor: Cursor;
}

/** Says that a space was written to. It does no harm when one is lost, comes twice or comes late. */
export interface Announcement {
  readonly epoch: Epoch;
  readonly from: Version;
  readonly to: Version;
  /** All that came between the two, when it fits one page. */
  readonly entries: readonly PageEntry[] | null;
  readonly clock: ReadonlyMap<DeviceId, ChangeNumber>;
  readonly digests: ToldDigests;
  /** When the newest version was decided, by the clock of whoever did; left out where that is not known. */
  readonly committedAtMs?: number;
  /** W3C traceparents to go on from, of a few of the pushes behind it; left out where none is traced. */
  readonly traces?: readonly string[];
}

export function entryKey(entry: PageEntry): { collection: CollectionName; id: RecordId; version: Version } {
  return entry.kind === 'put' ? entry.record : entry;
}

export function isEncoded(entries: PageContent): entries is EncodedEntries {
  return 'roughBytes' in entries;
}

export function entriesBytes(entries: readonly PageEntry[]): number {
  return entries.reduce((sum, entry) => sum + entryBytes(entry), 0);
}

/** A rough size for page limits and send windows: what is variable, and a fixed part for what is not. */
export function entryBytes(entry: PageEntry): number {
  const { collection, id } = entryKey(entry);
  const names = 48 + collection.length + id.length;
  if (entry.kind === 'put') return names + contentBytes(entry.record);
  if (entry.kind === 'operations')
    return names + entry.operations.reduce((sum, { length }) => sum + 8 + length, 0);
  if (entry.kind === 'patch') return names + entry.patch.set.length + 16 * entry.patch.remove.length;
  return names;
}
