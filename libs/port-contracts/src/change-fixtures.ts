import {
  type Access,
  type Change,
  type CollectionName,
  collectionName,
  type CollectionRules,
  type DeviceId,
  deviceId,
  encodeUtf8,
  decodeUtf8,
  hlcTime,
  type Patch,
  type Push,
  type RecordId,
  recordId,
  recordKey,
  type RecordKey,
  undeclaredRules,
  type UserId,
  userId,
} from '@syncline/core';

/** The moment at which tests begin, unless they say otherwise. */
export const BASE_MS = 1_700_000_000_000;
export const NOTES = collectionName('notes');
export const OWNER: Access = { role: 'owner', collections: new Map() };

/** Bytes stay as they are, anything else becomes JSON. */
export function payload(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : encodeUtf8(JSON.stringify(value));
}

export function readJson(bytes: Uint8Array | null | undefined): unknown {
  return bytes == null ? null : JSON.parse(decodeUtf8(bytes));
}

export interface ChangeGiven {
  readonly number?: number;
  readonly collection?: CollectionName;
  readonly baseVersion?: number;
  /** The number of the device's own earlier change that it was made after; 0 for none. */
  readonly after?: number;
  /** Milliseconds after BASE_MS. */
  readonly atMs?: number;
  readonly schemaVersion?: number;
  readonly resolves?: readonly RecordId[];
  readonly trace?: string;
}

function facts(id: string, given: ChangeGiven) {
  const number = given.number ?? 1;
  return {
    number,
    collection: given.collection ?? NOTES,
    id: recordId(id),
    baseVersion: given.baseVersion ?? 0,
    after: given.after ?? 0,
    time: hlcTime(BASE_MS + (given.atMs ?? 0)),
    schemaVersion: given.schemaVersion ?? 0,
    resolves: given.resolves ?? [],
    trace: given.trace ?? '',
  };
}

/** Changes with everything that does not matter filled in. Whoever pushes them may number them anew. */
export const change = {
  create: (id: string, value: unknown, given: ChangeGiven = {}): Change => ({
    ...facts(id, given),
    kind: 'create',
    payload: payload(value),
  }),
  update: (id: string, value: unknown, given: ChangeGiven = {}): Change => ({
    ...facts(id, given),
    kind: 'update',
    payload: payload(value),
  }),
  patch: (id: string, set: unknown, remove: readonly string[] = [], given: ChangeGiven = {}): Change => ({
    ...facts(id, given),
    kind: 'patch',
    patch: { set: payload(set), remove } satisfies Patch,
  }),
  delete: (id: string, given: ChangeGiven = {}): Change => ({ ...facts(id, given), kind: 'delete' }),
  operations: (id: string, type: string, operations: unknown, given: ChangeGiven = {}): Change => ({
    ...facts(id, given),
    kind: 'operations',
    type,
    operations: payload(operations),
  }),
};

export function numbered(changes: readonly Change[], first: number): Change[] {
  return changes.map((each, index) => ({ ...each, number: first + index }));
}

export interface PushGiven {
  readonly user?: UserId;
  readonly access?: Access;
  /** The number of the first change; the others follow. */
  readonly first?: number;
}

/** A change that does not say so is made after the device's last one of its record in this push. */
export function pushOf(device: string, changes: readonly Change[], given: PushGiven = {}): Push {
  return {
    device: deviceId(device),
    user: given.user ?? userOf(deviceId(device)),
    access: given.access ?? OWNER,
    changes: chained(numbered(changes, given.first ?? 1)),
  };
}

function chained(changes: readonly Change[]): Change[] {
  const latest = new Map<RecordKey, number>();
  return changes.map((each) => {
    const key = recordKey(each.collection, each.id);
    const after = each.after === 0 ? (latest.get(key) ?? 0) : each.after;
    latest.set(key, each.number);
    return { ...each, after };
  });
}

export function userOf(device: DeviceId): UserId {
  return userId(`user of ${device}`);
}

export function rulesOf(collection: string, given: Partial<CollectionRules> = {}): CollectionRules {
  return { ...undeclaredRules(collectionName(collection)), json: true, ...given };
}
