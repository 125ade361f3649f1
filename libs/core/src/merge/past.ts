import type { Push } from '../changes';
import type { OtType } from '../data-types';
import type { CommittedOperations, HistoryEntry } from '../history';
import {
  type ChangeNumber,
  type CollectionName,
  type DeviceId,
  type RecordId,
  recordKey,
  type RecordKey,
  type Version,
} from '../ids';
import { hasSeen } from './has-seen';
import type { MergeFacts } from './facts';

/** What happened to one record above a version. */
export interface PastRequest {
  readonly collection: CollectionName;
  readonly id: RecordId;
  readonly since: Version;
}

/** One of its versions. */
export interface PastWrite extends Pick<HistoryEntry, 'version' | 'previousVersion' | 'device' | 'number'> {
  /** Null where it was written as a whole. */
  readonly operations: CommittedOperations | null;
}

/** Those of a record's entries that were written above a version, in the order in which they are given. */
export function pastWrites(
  entries: readonly HistoryEntry[],
  { collection, id, since }: PastRequest,
): PastWrite[] {
  return entries
    .filter((entry) => entry.collection === collection && entry.id === id && entry.version > since)
    .map(({ version, previousVersion, device, number, operations = null }) => ({
      version,
      previousVersion,
      device,
      number,
      operations,
    }));
}

declare const brand: unique symbol;
export type PastKey = string & { readonly [brand]: 'PastKey' };

export function pastKey({ collection, id, since }: PastRequest): PastKey {
  return `${recordKey(collection, id)}\u0000${since}` as PastKey;
}

/** Operations are transformed over no more versions of their record than that, their device's own ones included. */
export const PAST_WRITES_MAX = 5_000;
/** For one push: each takes microseconds, and others wait. */
const TRANSFORMS_MAX = 30_000;
/** Operations of together so many bytes take as long as another one. */
const BYTES_OF_A_TRANSFORM = 512;

/** What a push may still spend on transforming. */
interface TransformsLeft {
  /** False where that is too much. */
  spend(operation: Uint8Array, bridge: readonly Uint8Array[], times?: number): boolean;
}

function transformsLeft(): TransformsLeft {
  let left = TRANSFORMS_MAX;
  return {
    spend(operation, bridge, times = 1) {
      const bytes = bridge.reduce((sum, { length }) => sum + operation.length + length, 0);
      const cost = times * (bridge.length + Math.floor(bytes / BYTES_OF_A_TRANSFORM));
      if (cost > left) return false;
      left -= cost;
      return true;
    },
  };
}

/** Each push has its own to spend, so that none is decided otherwise for what others do beside it. */
export interface TransformsOfPushes {
  /** Of the push that is being decided. */
  transforms(): TransformsLeft;
  beginPush(): void;
}

export function transformsOfPushes(): TransformsOfPushes {
  let left = transformsLeft();
  return { transforms: () => left, beginPush: () => void (left = transformsLeft()) };
}

/** An operation of this batch and what it was carried over: its device may have made a further one on top. */
export interface Carried {
  readonly bridge: readonly Uint8Array[];
  readonly sent: Uint8Array;
  /** That it wrote. */
  readonly version: Version;
}

/** What must be loaded for operations that their devices made without knowing what came since. */
export function pastNeeded(
  facts: Pick<MergeFacts, 'records' | 'rules'>,
  pushes: readonly Push[],
): PastRequest[] {
  const requests = new Map<PastKey, PastRequest>();
  const met = new Set<RecordKey>();
  for (const { device, changes } of pushes) {
    for (const change of changes) {
      const { collection, id, baseVersion } = change;
      const key = recordKey(collection, id);
      const stored = facts.records.get(key);
      const isFirst = !met.has(key);
      met.add(key);
      if (change.kind !== 'operations' || stored === undefined || stored.version <= baseVersion) continue;
      if (isFirst && hasSeen(stored, device, change)) continue;
      if (facts.rules.of(collection).data?.kind !== 'operational-transform') continue;
      const request = { collection, id, since: baseVersion };
      requests.set(pastKey(request), request);
    }
  }
  return [...requests.values()];
}

export interface View {
  readonly device: DeviceId;
  readonly base: Version;
  /** The own change that lay on top of that; 0 for none. */
  readonly after: ChangeNumber;
  /** That change is part of the base version already. */
  readonly afterInBase: boolean;
}

/**
 * The operations that lead from what a device had in view to what stands, by what was done to the record since; null
 * where that cannot be told. Own changes in the view are no part of them; the others are carried behind those.
 */
export function bridgeOver(
  writes: readonly PastWrite[],
  { device, base, after, afterInBase }: View,
  type: OtType,
  left: TransformsLeft,
): readonly Uint8Array[] | null {
  let previous = base;
  let found = after === 0 || afterInBase;
  let bridge: Uint8Array[] = [];
  for (const { version, previousVersion, device: by, number, operations } of writes) {
    const follows = previous === base ? previousVersion <= base : previousVersion === previous;
    if (!follows || operations === null || operations.type !== type.name) return null;
    previous = version;
    if (by !== device || number > after) {
      bridge.push(operations.committed);
      continue;
    }
    found ||= number === after;
    const moved = bridgeBehind(bridge, operations.sent, type, left);
    if (moved === null) return null;
    bridge = moved;
  }
  return found ? bridge : null;
}

/** The same for what was made on top of an operation of this batch; `writes` came after that. */
export function bridgeFrom(
  { bridge, sent }: Carried,
  writes: readonly PastWrite[],
  type: OtType,
  left: TransformsLeft,
): readonly Uint8Array[] | null {
  const behind = bridgeBehind(bridge, sent, type, left);
  if (behind === null) return null;
  for (const { operations } of writes) {
    if (operations === null) return null;
    behind.push(operations.committed);
  }
  return behind;
}

/** The bridge as it is seen by whoever has applied the operation. */
function bridgeBehind(
  bridge: readonly Uint8Array[],
  operation: Uint8Array,
  type: OtType,
  left: TransformsLeft,
): Uint8Array[] | null {
  if (!left.spend(operation, bridge, 2)) return null;
  const behind: Uint8Array[] = [];
  let own = operation;
  for (const foreign of bridge) {
    const moved = type.transform(foreign, own, 'earlier');
    const next = type.transform(own, foreign, 'later');
    if (!moved.ok || !next.ok) return null;
    behind.push(moved.operation);
    own = next.operation;
  }
  return behind;
}
