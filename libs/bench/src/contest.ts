import {
  type Access,
  type Change,
  type CollectionName,
  type Conflict,
  CONFLICTS,
  collectionName,
  CORE_POLICIES,
  DEFAULT_LIMITS,
  type DeviceId,
  deviceId,
  encodeUtf8,
  hlcTime,
  type MergeFacts,
  type MergePlan,
  planMerge,
  policyRegistry,
  type Push,
  recordId,
  recordKey,
  type RulesBook,
  rulesBook,
  seenKey,
  spaceId,
  spaceKey,
  type StoredRecord,
  tenantId,
  undeclaredRules,
  userId,
} from '@syncline/core';

export type PolicyName = keyof typeof CORE_POLICIES;
export const POLICY_NAMES = Object.keys(CORE_POLICIES) as PolicyName[];
export const CONTEST_CHANGES = 500;

/** Records that a device changes without having seen what stands: every one of its changes is a conflict. */
export interface Contest {
  readonly facts: MergeFacts;
  readonly push: Push;
  /** What the policy is asked in the course of it, one a change. */
  readonly conflicts: readonly Conflict<unknown>[];
  /** What merging by fields has to come to, one a change. */
  readonly merged: readonly Uint8Array[];
}

/** Every second change of the device is later than the write that it meets, the others are earlier. */
export const isLater = (at: number): boolean => at % 2 === 0;

/** Those that cannot do without one. */
const RULES: Partial<Record<PolicyName, unknown>> = { external: { endpoint: 'resolver.example:443' } };
const REGISTRY = policyRegistry(Object.values(CORE_POLICIES));
const TASKS = collectionName('tasks');
const OWNER: Access = { role: 'owner', collections: new Map() };
const NOW_MS = 1_750_000_000_000;

/** In the order in which an application writes them. */
const FIELDS = ['title', 'notes', 'assignee', 'due', 'estimate', 'color', 'list', 'priority'] as const;
type Field = (typeof FIELDS)[number];
const CREATED: readonly Field[] = [];
/** Each side changed four of the eight, and two of these are the same. */
const CHANGED_STORED: readonly Field[] = ['title', 'assignee', 'due', 'color'];
const CHANGED_BY_DEVICE: readonly Field[] = ['due', 'color', 'list', 'priority'];

/** Made by merging as the service does: one device creates the records, another changes them, a third meets that. */
export function contestOf(policy: PolicyName): Contest {
  const declared = { ...undeclaredRules(TASKS), policy, rule: RULES[policy] ?? null, json: true };
  const rules = rulesBook(new Map([[TASKS, declared]]), REGISTRY);
  const created = afterMerge(emptyFacts(rules), pushOf('creator', CREATED));
  const stored = afterMerge(created, pushOf('writer', CHANGED_STORED, created));
  const push = pushOf('device', CHANGED_BY_DEVICE, created);
  const seen = new Map(
    push.changes.map((change, at) => [seenKey({ ...change, device: push.device }), recordAt(created, at)]),
  );
  const { rule } = rules.of(TASKS);
  return {
    facts: { ...stored, seen },
    push,
    conflicts: push.changes.map((change, at) => {
      if (change.kind !== 'update') throw new TypeError('a contest is about updates');
      const { number, time, payload } = change;
      const incoming = { deleted: false, payload, meta: null, time, device: push.device, number };
      return {
        kind: 'UPDATE_UPDATE',
        base: recordAt(created, at),
        stored: recordAt(stored, at),
        incoming,
        rule,
      };
    }),
    merged: push.changes.map((_, at) => mergedContent(at)),
  };
}

export function emptyFacts(rules: RulesBook): MergeFacts {
  const space = spaceKey(tenantId('demo'), spaceId('contest'));
  return {
    nowMs: NOW_MS,
    space: { space, epoch: 1, head: 0, floor: 0, digests: new Map(), records: 0, bytes: 0 },
    rules,
    quota: null,
    declaredOnly: false,
    limits: DEFAULT_LIMITS,
    records: new Map(),
    lastNumbers: new Map(),
    receipts: new Map(),
    seen: new Map(),
    past: new Map(),
  };
}

type By = 'creator' | 'writer' | 'device';
const ORDER: Record<By, number> = { creator: 0, writer: 1, device: 2 };
const WRITES = 3;
const AT_MS: Record<By, (at: number) => number> = {
  creator: () => NOW_MS - 3_000,
  writer: () => NOW_MS - 2_000,
  device: (at) => NOW_MS - (isLater(at) ? 1_000 : 2_500),
};

/** Without `seen`, the records are created. */
function pushOf(by: By, changed: readonly Field[], seen?: MergeFacts): Push {
  const changes = Array.from({ length: CONTEST_CHANGES }, (_, at) => ({
    kind: seen === undefined ? ('create' as const) : ('update' as const),
    number: at + 1,
    collection: TASKS,
    id: idAt(at),
    baseVersion: seen === undefined ? 0 : recordAt(seen, at).version,
    after: 0,
    time: hlcTime(AT_MS[by](at)),
    schemaVersion: 0,
    resolves: [],
    trace: '',
    payload: contentOf(FIELDS, (field) => valueOf(field, at, changed.includes(field) ? by : 'creator')),
  }));
  return { device: deviceId(by), user: userId('ada'), access: OWNER, changes };
}

const idAt = (at: number) => recordId(`record-${at}`);

function recordAt({ records }: Pick<MergeFacts, 'records'>, at: number): StoredRecord {
  return records.get(recordKey(TASKS, idAt(at)))!;
}

function afterMerge(facts: MergeFacts, push: Push): MergeFacts {
  const { after, records }: MergePlan = planMerge(facts, [push]);
  if (records.some(({ collection }) => collection === CONFLICTS)) throw new Error('a conflict too early');
  return {
    ...facts,
    space: after,
    records: new Map(records.map((record) => [recordKey(record.collection, record.id), record])),
  };
}

function contentOf(fields: readonly Field[], value: (field: Field) => unknown): Uint8Array {
  return encodeUtf8(JSON.stringify(Object.fromEntries(fields.map((field) => [field, value(field)]))));
}

function valueOf(field: Field, at: number, by: By): unknown {
  switch (field) {
    case 'title':
      return `Task ${at}, as the ${by} calls it`;
    case 'notes':
      return `To be done as soon as possible, says the ${by}`;
    case 'list':
      return [at, by, { of: by }];
    case 'due':
    case 'estimate':
    case 'priority':
      return at * WRITES + ORDER[by];
    case 'assignee':
    case 'color':
      return `${field} by ${by}`;
  }
}

/** Each field from whoever changed it; where both did, from the later one. */
function mergedContent(at: number): Uint8Array {
  const writerOf = (field: Field): By => {
    const [stored, device] = [CHANGED_STORED.includes(field), CHANGED_BY_DEVICE.includes(field)];
    if (stored && device) return isLater(at) ? 'device' : 'writer';
    return stored ? 'writer' : device ? 'device' : 'creator';
  };
  return contentOf([...FIELDS].sort(), (field) => valueOf(field, at, writerOf(field)));
}

/** Everything that does not matter filled in. */
export function changeOn(
  collection: CollectionName,
  at: number,
  baseVersion: number,
  what: Partial<Change>,
): Change {
  const facts = { number: at + 1, collection, id: idAt(at), baseVersion, after: 0 };
  const made = { time: hlcTime(NOW_MS - 1_000), schemaVersion: 0, resolves: [], trace: '' };
  return { ...facts, ...made, ...what } as Change;
}

export function pushBy(device: DeviceId, changes: readonly Change[]): Push {
  return { device, user: userId('ada'), access: OWNER, changes };
}
