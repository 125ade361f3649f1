import {
  type ChangeNumber,
  type CollectionName,
  type ConflictKind,
  type ConflictState,
  type DeviceId,
  type HlcTime,
  type LedgerEntry,
  type LedgerResolution,
  type LedgerSide,
  type RecordId,
  type StoredRecord,
  type UserId,
  type Version,
} from '@syncline/core';

/** A record as it stood, or as one side has it; whoever made it may not be known any more. */
export interface RecordTold {
  readonly collection: CollectionName;
  readonly id: RecordId;
  readonly version: Version;
  readonly deleted: boolean;
  /** Null where it is deleted or left out. */
  readonly payload: Uint8Array | null;
  readonly device: DeviceId | null;
  readonly number: ChangeNumber | null;
  readonly user: UserId | null;
  readonly time: HlcTime | null;
  readonly schemaVersion: number;
}

export interface ConflictSide {
  readonly record: RecordTold;
  /** It has a content that is not told here. */
  readonly omitted: boolean;
  /** For people; empty where it is not known. */
  readonly deviceName: string;
}

/** A conflict as people see it. */
export interface ConflictTold {
  readonly id: RecordId;
  readonly collection: CollectionName;
  readonly record: RecordId;
  readonly kind: ConflictKind;
  readonly state: ConflictState;
  readonly policy: string;
  readonly rulesVersion: number;
  readonly baseVersion: Version;
  readonly base: ConflictSide | null;
  readonly stored: ConflictSide;
  readonly incoming: ConflictSide;
  readonly resolution: LedgerResolution;
  /** Null for no one yet. */
  readonly decidedBy: 'policy' | 'user' | null;
  readonly decidedByUser: UserId | null;
  readonly why: string;
  readonly asked: readonly string[];
  readonly resultVersion: Version;
  readonly ledgerVersion: Version;
  readonly detectedAtMs: number;
  /** 0 for not yet. */
  readonly resolvedAtMs: number;
  /** Of 32 hexadecimal digits; empty for none. */
  readonly traceId: string;
  readonly changedSince: boolean;
}

/** Contents as far as they are known: null is a delete, undefined what is left out. */
export interface Contents {
  readonly base: Uint8Array | null | undefined;
  readonly stored: Uint8Array | null | undefined;
  readonly incoming: Uint8Array | null | undefined;
}

export interface ToTell {
  readonly record: StoredRecord;
  readonly entry: LedgerEntry;
  readonly contents: Contents;
  /** The version at which the record that it is about stands now; 0 for none. */
  readonly standing: Version;
  readonly names: ReadonlyMap<DeviceId, { readonly name: string }>;
}

export function tellConflict({ record, entry, contents, standing, names }: ToTell): ConflictTold {
  const { collection, id, kind, state, policy, rulesVersion, baseVersion, resolution } = entry;
  const sideOf = (side: LedgerSide, payload: Uint8Array | null | undefined): ConflictSide => ({
    record: recordOf(entry, side, payload ?? null),
    omitted: payload === undefined,
    deviceName: side.device === null ? '' : (names.get(side.device)?.name ?? ''),
  });
  const { base } = contents;
  const decidedBy = resolution === 'none' ? null : entry.resolvedBy === undefined ? 'policy' : 'user';
  return {
    id: record.id,
    collection,
    record: id,
    kind,
    state,
    policy,
    rulesVersion,
    baseVersion,
    base: base === undefined ? null : sideOf(baseSide(entry, base), base),
    stored: sideOf(entry.stored, contents.stored),
    incoming: sideOf(entry.incoming, contents.incoming),
    resolution,
    decidedBy,
    decidedByUser: decidedBy === 'user' ? entry.resolvedBy!.user : null,
    why: entry.why,
    asked: entry.asked,
    resultVersion: entry.resultVersion,
    ledgerVersion: record.version,
    detectedAtMs: entry.detectedAtMs,
    resolvedAtMs: decidedBy === null ? 0 : (entry.resolvedAtMs ?? entry.detectedAtMs),
    traceId: TRACEPARENT.exec(entry.trace)?.[1] ?? '',
    changedSince: changedSince(entry, standing),
  };
}

const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-/;

/** Whether the record was changed after what was decided, so that undoing meets something newer. */
export function changedSince(entry: LedgerEntry, standing: Version): boolean {
  if (entry.state !== 'resolved') return false;
  const then = entry.standing ?? (entry.resultVersion > 0 ? entry.resultVersion : entry.stored.version);
  return standing !== then;
}

/** Who made it is known only where it was a change of the device's own. */
function baseSide({ baseVersion, after, device, user }: LedgerEntry, payload: Uint8Array | null): LedgerSide {
  const isOwn = after > 0;
  return {
    version: isOwn ? 0 : baseVersion,
    deleted: payload === null,
    device: isOwn ? device : null,
    number: isOwn ? after : null,
    user: isOwn ? user : null,
    time: null,
    schemaVersion: 0,
    bytes: payload?.length ?? 0,
  };
}

function recordOf(
  { collection, id }: LedgerEntry,
  { version, deleted, device, number, user, time, schemaVersion }: LedgerSide,
  payload: Uint8Array | null,
): RecordTold {
  return { collection, id, version, deleted, payload, device, number, user, time, schemaVersion };
}

/** A record as it stands. */
export function tellRecord(record: StoredRecord): RecordTold {
  const { collection, id, version, deleted, payload, device, number, user, time, schemaVersion } = record;
  return { collection, id, version, deleted, payload, device, number, user, time, schemaVersion };
}
