import type { Access } from './access';
import type { Change, Push } from './changes';
import { hlcTime } from './clock';
import {
  changeKey,
  collectionName,
  type CollectionName,
  CONFLICTS,
  deviceId,
  recordId,
  recordKey,
  type SpaceKey,
  userId,
  type Version,
} from './ids';
import type { HistoryEntry } from './history';
import { DEFAULT_LIMITS, type Limits } from './limits';
import {
  type MergeFacts,
  mergeKeys,
  type MergePlan,
  type Quota,
  type SeenKey,
  seenKey,
  type SeenRequest,
  type SpaceState,
} from './merge/facts';
import { type LedgerEntry, decodeLedger } from './merge/ledger';
import { seenNeeded } from './merge/needs';
import { pastKey, pastNeeded, type PastRequest, pastWrites } from './merge/past';
import { planMerge } from './merge/plan';
import type { Outcome, Receipt } from './outcomes';
import type { Policy, Seen } from './policies/policy';
import { CORE_POLICIES, policyRegistry } from './policies/registry';
import type { RecordImage, StoredRecord } from './records';
import { type CollectionRules, type JsonSchemaReader, rulesBook, undeclaredRules } from './rules';
import { decodeUtf8, encodeUtf8 } from './utf8';

export const NOW_MS = 1_700_000_000_000;
export const SPACE = 'acme/home' as SpaceKey;
export const NOTES = collectionName('notes');
export const OWNER: Access = { role: 'owner', collections: new Map() };
export const REGISTRY = policyRegistry(Object.values(CORE_POLICIES));

/** Bytes stay as they are, anything else becomes JSON. */
export function bytesOf(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : encodeUtf8(JSON.stringify(value));
}

export function textOf(bytes: Uint8Array | null | undefined): string | null {
  return bytes == null ? null : decodeUtf8(bytes);
}

export type Given = Partial<
  Pick<Change, 'number' | 'after' | 'schemaVersion' | 'resolves' | 'trace' | 'time' | 'collection'>
> & {
  /** Milliseconds after NOW_MS. */
  readonly atMs?: number;
};

function facts(id: string, baseVersion: Version, given: Given) {
  const { atMs = 0, ...rest } = given;
  return {
    number: 1,
    collection: NOTES,
    id: recordId(id),
    baseVersion,
    after: 0,
    time: hlcTime(NOW_MS + atMs),
    schemaVersion: 0,
    resolves: [],
    trace: '',
    ...rest,
  };
}

export const create = (id: string, value: unknown, given: Given = {}): Change => ({
  ...facts(id, 0, given),
  kind: 'create',
  payload: bytesOf(value),
});
export const update = (id: string, base: Version, value: unknown, given: Given = {}): Change => ({
  ...facts(id, base, given),
  kind: 'update',
  payload: bytesOf(value),
});
export const patch = (
  id: string,
  base: Version,
  set: unknown,
  remove: readonly string[] = [],
  given: Given = {},
): Change => ({ ...facts(id, base, given), kind: 'patch', patch: { set: bytesOf(set), remove } });
export const remove = (id: string, base: Version, given: Given = {}): Change => ({
  ...facts(id, base, given),
  kind: 'delete',
});

/** A push whose changes are numbered from `first` on. */
export function pushOf(device: string, first: number, changes: readonly Change[], access = OWNER): Push {
  return {
    device: deviceId(device),
    user: userId(`user of ${device}`),
    access,
    changes: changes.map((change, index) => ({ ...change, number: first + index })),
  };
}

/** Changes of one record that a device makes one on top of the other, numbered from `first` on. */
export function chainOf(first: number, changes: readonly Change[]): Change[] {
  return changes.map((change, index) => ({
    ...change,
    number: first + index,
    after: index === 0 ? change.after : first + index - 1,
  }));
}

export function rulesOf(given: Partial<CollectionRules> = {}): CollectionRules {
  return { ...undeclaredRules(given.collection ?? NOTES), json: true, ...given };
}

export interface SpaceGiven {
  readonly rules?: readonly CollectionRules[];
  readonly quota?: Quota;
  readonly declaredOnly?: boolean;
  readonly limits?: Partial<Limits>;
  /** Offered besides those that need no library. */
  readonly policies?: readonly Policy[];
  readonly readJsonSchema?: JsonSchemaReader;
}

/** A space without a store: what a plan writes is what the next one finds, and nothing is ever forgotten. */
export interface TestSpace {
  readonly state: SpaceState;
  readonly records: Map<string, StoredRecord>;
  readonly history: readonly HistoryEntry[];
  nowMs: number;
  facts(pushes: readonly Push[]): MergeFacts;
  merge(...pushes: readonly Push[]): MergePlan;
  /** Numbers the changes after the device's last and merges them alone. */
  push(device: string, ...changes: readonly Change[]): readonly Outcome[];
  /** The same for a device that sees everything: each change is made on what stands, and merged alone. */
  write(device: string, ...changes: readonly Change[]): readonly Outcome[];
  record(id: string, collection?: CollectionName): StoredRecord | undefined;
  ledger(id: string): LedgerEntry | null;
  raiseFloor(floor: Version): void;
  forgetReceipts(): void;
  setQuota(quota: Quota | null): void;
  /** In the place of the rules that the collection had. */
  declare(rules: CollectionRules): void;
}

const EMPTY_SPACE: SpaceState = {
  space: SPACE,
  epoch: 1,
  head: 0,
  floor: 0,
  digests: new Map(),
  records: 0,
  bytes: 0,
};

export function testSpace(given: SpaceGiven = {}): TestSpace {
  let state = EMPTY_SPACE;
  let quota = given.quota ?? null;
  const records = new Map<string, StoredRecord>();
  const lastNumbers = new Map<Push['device'], number>();
  const receipts = new Map<string, Receipt>();
  const history: HistoryEntry[] = [];
  const registry = policyRegistry([...REGISTRY.values(), ...(given.policies ?? [])], given.readJsonSchema);
  const declared = new Map((given.rules ?? [rulesOf()]).map((rules) => [rules.collection, rules]));
  const space: TestSpace = {
    get state() {
      return state;
    },
    records,
    history,
    nowMs: NOW_MS,
    facts(pushes) {
      const keys = mergeKeys(pushes, CONFLICTS);
      const withoutSeen = {
        nowMs: space.nowMs,
        space: state,
        rules: rulesBook(declared, registry),
        quota,
        declaredOnly: given.declaredOnly ?? false,
        limits: { ...DEFAULT_LIMITS, ...given.limits },
        records: pick(records, keys.records),
        lastNumbers: new Map([...lastNumbers].filter(([device]) => keys.devices.includes(device))),
        receipts: pick(receipts, keys.receipts),
      };
      const seen = answerSeen(history, seenNeeded(withoutSeen, pushes));
      return { ...withoutSeen, seen, past: answerPast(history, pastNeeded(withoutSeen, pushes)) };
    },
    merge(...pushes) {
      const plan = planMerge(space.facts(pushes), pushes);
      state = plan.after;
      for (const record of plan.records) records.set(recordKey(record.collection, record.id), record);
      for (const receipt of plan.receipts) receipts.set(changeKey(receipt.device, receipt.number), receipt);
      for (const [device, number] of plan.lastNumbers) lastNumbers.set(device, number);
      history.push(...plan.history);
      return plan;
    },
    push(device, ...changes) {
      const first = (lastNumbers.get(deviceId(device)) ?? 0) + 1;
      return outcomesOf(space.merge(pushOf(device, first, changes)));
    },
    write: (device, ...changes) =>
      changes.flatMap((change) => {
        const stands = space.record(change.id, change.collection);
        return space.push(device, { ...change, baseVersion: stands?.version ?? 0 });
      }),
    record: (id, collection = NOTES) => records.get(recordKey(collection, recordId(id))),
    ledger(id) {
      const payload = space.record(id, CONFLICTS)?.payload;
      return payload == null ? null : decodeLedger(payload);
    },
    raiseFloor(floor) {
      state = { ...state, floor };
      for (const [key, record] of records) if (record.deleted && record.version <= floor) records.delete(key);
    },
    forgetReceipts: () => receipts.clear(),
    setQuota: (next) => (quota = next),
    declare: (rules) => void declared.set(rules.collection, rules),
  };
  return space;
}

function pick<Key extends string, Value>(
  all: ReadonlyMap<string, Value>,
  wanted: readonly { readonly key: Key }[],
): Map<Key, Value> {
  const found = new Map<Key, Value>();
  for (const { key } of wanted) {
    const value = all.get(key);
    if (value !== undefined) found.set(key, value);
  }
  return found;
}

function answerPast(history: readonly HistoryEntry[], requests: readonly PastRequest[]): MergeFacts['past'] {
  return new Map(requests.map((request) => [pastKey(request), pastWrites(history, request)]));
}

function answerSeen(history: readonly HistoryEntry[], requests: readonly SeenRequest[]): Map<SeenKey, Seen> {
  const answers = new Map<SeenKey, Seen>();
  for (const request of requests) {
    const found = seenIn(history, request);
    if (found !== null) answers.set(seenKey(request), found);
  }
  return answers;
}

/** As the contract of `MergeTransaction.seen` has it, over a history from which nothing is missing. */
function seenIn(
  history: readonly HistoryEntry[],
  { collection, id, device, baseVersion, after }: SeenRequest,
): Seen | null {
  const about = history.filter((entry) => entry.about.collection === collection && entry.about.id === id);
  if (after > 0) {
    const own = about.findLast((entry) => entry.device === device && entry.number === after);
    if (own === undefined) return null;
    return seenOf(own, own.collection === CONFLICTS ? own.incoming : (own.incoming ?? own.payload));
  }
  const base = about.findLast((entry) => entry.collection === collection && entry.version <= baseVersion);
  return base === undefined ? null : seenOf(base, base.payload);
}

const seenOf = ({ schemaVersion }: HistoryEntry, payload: Uint8Array | null): Seen => ({
  deleted: payload === null,
  payload,
  schemaVersion,
});

/** The outcomes of the plan's only push; a refusal is a fault of the test. */
export function outcomesOf(plan: MergePlan, index = 0): readonly Outcome[] {
  const result = plan.results[index];
  if (result?.kind !== 'outcomes') throw new Error(`refused: ${JSON.stringify(result)}`);
  return result.outcomes;
}

/** An outcome in one line: status, kind and state of its conflict, reason, and the record that it brings. */
export function inWords({ status, conflict, reason, record, repeated }: Outcome): string {
  const met = conflict === null ? '' : ` ${conflict.kind} ${conflict.state}`;
  const stands = record === null ? '' : ` ${textOf(record.payload)}`;
  return `${status}${met}${reason === null ? '' : ` ${reason}`}${stands}${repeated ? ' repeated' : ''}`;
}

/** The live records of a collection, by id. */
export function contents(
  records: Iterable<StoredRecord | RecordImage>,
  collection = NOTES,
): Record<string, string> {
  const found: Record<string, string> = {};
  for (const record of records) {
    if (record.collection === collection && record.payload !== null)
      found[record.id] = decodeUtf8(record.payload);
  }
  return found;
}
