import {
  type Access,
  type Change,
  checkpointCursor,
  type CollectionName,
  collectionName,
  type CollectionRules,
  CONFLICTS,
  contentHash,
  type Cursor,
  DEFAULT_LIMITS,
  type DeviceId,
  deviceId,
  type DigestSum,
  digestSum,
  hlcTime,
  type Limits,
  type Outcome,
  type PageEntry,
  type Push,
  type PushResult,
  type Reader,
  recordId,
  sameDigests,
  scopeHash,
  type SpaceKey,
  startCursor,
  WHOLE_SPACE,
} from '@syncline/core';
import { pushChanges, readDelta, type SpacePush } from '@syncline/flows';
import {
  memoryAccessNews,
  memoryAnnouncements,
  memoryStore,
  systemClock,
  systemTimer,
} from '@syncline/memory';
import {
  BASE_MS,
  change,
  CORE_REGISTRY,
  lookingDuring,
  manualTime,
  numbered,
  OWNER,
  pushOf,
  rulesOf,
  type Store,
  storedRecords,
  testServices,
  wholeSpace,
} from '@syncline/port-contracts';
import { Unavailable } from '@syncline/ports';
import { migrate, openPglite, openPostgres, postgresStore, type Sql, statement } from '@syncline/postgres';
import { createMetrics, noTraces, silentLog } from '@syncline/telemetry';
import { createMerge } from './merge';
import { mergeMetrics } from './merge-metrics';

const SPACES: readonly SpaceKey[] = ['acme/main', 'acme/Öl & "{a,b}\\" NULL % _', 'acme-2/main'].map(
  (key) => key as SpaceKey,
);
const DEVICES = ['d1', 'd 2/ü', 'NULL', 'd"4\\'];
/** What Postgres, JSON and arrays make something of, and what sorts otherwise in UTF-16 than in UTF-8. */
const IDS = [
  'a',
  'A',
  'é',
  'e\u0301',
  '\uffff',
  '\u{10000}',
  '\ufeffb',
  'b\ufeff',
  '{"x":1}',
  'NULL',
  '',
  "'); --",
  '\u0085',
];
const COLLECTIONS: readonly CollectionRules[] = [
  rulesOf('notes'),
  rulesOf('fields', { policy: 'field-merge' }),
  rulesOf('held', { policy: 'manual' }),
  rulesOf('kept', { policy: 'server-wins', deletes: 'resurrect' }),
  rulesOf('shaped', { policy: 'client-wins', schema: { oldest: 1, current: 2, steps: [] } }),
  rulesOf('constructor', { json: false }),
];
const UNDECLARED = collectionName('un.declared-1_');
/** Small, so that few changes take many pages, and pushes and records meet their limits. */
const LIMITS: Limits = {
  ...DEFAULT_LIMITS,
  pageRecordsMax: 5,
  pageBytesMax: 2_000,
  pushChangesMax: 6,
  recordBytesMax: 1_500,
};
const READER_ACCESS: Access = {
  role: 'editor',
  collections: new Map([[collectionName('held'), 'read' as const]]),
};

type Below = (max: number) => number;

function numbersFrom(seed: number): Below {
  const state = { value: seed };
  return (below) => {
    state.value = (Math.imul(state.value, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state.value / 0x1_0000_0000) * below);
  };
}

const pick = <Value>(below: Below, values: readonly Value[]): Value => values[below(values.length)]!;

function someBytes(below: Below): Uint8Array {
  switch (below(5)) {
    case 0:
      return new Uint8Array(0);
    case 1:
      return Uint8Array.from({ length: below(700) }, () => below(256));
    case 2:
      return Uint8Array.of(0, 0, 255, 92, 120);
    default:
      return new Uint8Array(LIMITS.recordBytesMax - below(3) + 1);
  }
}

function someJson(below: Below): Record<string, unknown> {
  const names = ['f0', 'f1', 'f2', '\u0000', '\ud800', '__proto__', '', 'é'];
  const values = [below(9), null, '\u0000', '\udfff', 'x'.repeat(below(600)), [1, { a: 1e21 }], -0.5, true];
  const json: [string, unknown][] = Array.from({ length: 1 + below(3) }, () => [
    pick(below, names),
    pick(below, values),
  ]);
  return Object.fromEntries(json);
}

function someChange(below: Below, head: number, number: number): Change {
  const { collection } = below(8) === 0 ? { collection: UNDECLARED } : pick(below, COLLECTIONS);
  const id = IDS[below(4) === 0 ? below(IDS.length) : below(3)]!;
  const given = {
    collection,
    baseVersion: below(3) === 0 ? head + (below(9) === 0 ? 1 : 0) : below(head + 1),
    after: below(2) === 0 ? 0 : Math.max(0, number - 1 - below(4)),
    atMs: below(50) - (below(9) === 0 ? BASE_MS : 0) + (below(9) === 0 ? 1e10 : 0),
    schemaVersion: collection === 'shaped' ? below(4) : 0,
    resolves: [recordId(`${collection}/${pick(below, DEVICES)}/${1 + below(30)}`)],
    trace: below(5) === 0 ? '\u0000tracé' : '',
  };
  // Some are refused, and `change` would throw at them.
  const named = (made: Change): Change => ({ ...made, id: id as Change['id'] });
  const of = 'x';
  const raw = collection === 'constructor' || collection === UNDECLARED ? below(2) === 0 : below(20) === 0;
  const value = raw ? someBytes(below) : someJson(below);
  switch (below(7)) {
    case 0:
      return named(change.create(of, value, { ...given, baseVersion: 0 }));
    case 1:
      return named(change.delete(of, given));
    case 2:
    case 3:
      return named(change.patch(of, value, [pick(below, ['f0', 'f1', '\u0000', '\ud800'])], given));
    case 4:
      return strange(below, named(change.update(of, value, given)));
    default:
      return named(change.update(of, value, given));
  }
}

/** What the wire lets through or not: it must be rejected, and alike. */
function strange(below: Below, made: Change): Change {
  switch (below(14)) {
    case 0:
      return { ...made, id: 'nul\u0000' as Change['id'] };
    case 1:
      return { ...made, id: '\ud800' as Change['id'] };
    case 2:
      return { ...made, collection: 'sys.conflicts' as CollectionName };
    case 3:
      return { ...made, baseVersion: Number.MAX_SAFE_INTEGER };
    case 4:
      return { ...made, time: hlcTime(0, Number.MAX_SAFE_INTEGER) };
    case 5:
      return { ...made, after: Number.MAX_SAFE_INTEGER };
    case 6:
      return { ...made, schemaVersion: 2 ** 32 - 1 };
    case 7:
      return { ...made, id: 'i'.repeat(255) as Change['id'] };
    case 8:
      return { ...made, collection: '\u0000' as CollectionName };
    default:
      return made;
  }
}

interface Sent {
  readonly pushes: SpacePush[];
  readonly last: Map<string, number>;
}

/** Pushes of several devices into several spaces; some are sent again, as they were or with other contents, some skip. */
function someBatch(below: Below, heads: ReadonlyMap<SpaceKey, number>, { pushes, last }: Sent): SpacePush[] {
  const batch: SpacePush[] = [];
  for (let count = 1 + below(6); count > 0; count--) {
    const chance = below(12);
    if (pushes.length > 0 && chance === 0) {
      batch.push(pick(below, pushes));
      continue;
    }
    const space = below(9) === 0 ? ('acme/none' as SpaceKey) : pick(below, SPACES);
    const device = pick(below, DEVICES);
    const known = last.get(`${space} ${device}`) ?? 0;
    const first = known + 1 + (chance === 1 ? 1 : 0) - (chance === 2 ? Math.min(known, 2) : 0);
    const head = heads.get(space) ?? 0;
    const changes = Array.from({ length: 1 + below(5) + (below(20) === 0 ? 6 : 0) }, (_, index) =>
      someChange(below, head, first + index),
    );
    const pushed: SpacePush = { space, push: pushFrom(device, changes, first, below) };
    batch.push(pushed);
    pushes.push(pushed);
    if (changes.length <= LIMITS.pushChangesMax && chance !== 1 && heads.has(space))
      last.set(`${space} ${device}`, Math.max(known, first + changes.length - 1));
  }
  return batch;
}

function pushFrom(device: string, changes: readonly Change[], first: number, below: Below): Push {
  const access = below(6) === 0 ? READER_ACCESS : OWNER;
  return { ...pushOf(device, []), access, changes: numbered(changes, first) };
}

/** Bytes as text, maps as lists, so that Jest compares quickly and shows where two differ. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_name, part: unknown) => {
      if (part instanceof Uint8Array) return `bytes ${Buffer.from(part).toString('base64')}`;
      if (part instanceof Map) return [...part].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
      return part;
    }),
  );
}

/** A device's copy, kept by pages alone. */
function copyOf(store: Store, space: SpaceKey, device: DeviceId) {
  const read = readDelta({ deltas: store, limits: LIMITS });
  const hash = scopeHash(WHOLE_SPACE, OWNER);
  const reader: Reader = {
    device,
    scope: WHOLE_SPACE,
    access: OWNER,
    takesPatches: false,
    takesOperations: false,
    takesOwn: false,
    mayHoldMore: false,
  };
  const records = new Map<string, Extract<PageEntry, { kind: 'put' }>['record']>();
  let cursor: Cursor | null = null;
  let checkpoint = 0;

  const take = (entry: PageEntry): void => {
    if (entry.kind === 'put') records.set(`${entry.record.collection} ${entry.record.id}`, entry.record);
    else if (entry.kind === 'delete' || entry.kind === 'gone')
      records.delete(`${entry.collection} ${entry.id}`);
    else throw new Error(`nobody asked for ${entry.kind}`);
  };
  return {
    get checkpoint() {
      return checkpoint;
    },
    records,
    /** Reads so many pages, or up to a checkpoint, where the copy must equal what the server says of itself. */
    async follow(pagesMax = Infinity) {
      const state = await store.state(space);
      cursor ??= startCursor(state!.epoch, state!.head, hash);
      for (let pages = 0; pages < pagesMax; pages++) {
        const from: Cursor = cursor;
        const answer = await read(space, reader, from);
        if (!answer.ok) {
          records.clear();
          checkpoint = 0;
          cursor = null;
          return answer;
        }
        const { page, checkpoint: reached } = answer.value;
        page.entries.forEach(take);
        cursor = reached === null ? page.cursor : checkpointCursor(from.epoch, reached.version, hash);
        if (reached === null) continue;
        expect(reached.version).toBeGreaterThanOrEqual(checkpoint);
        checkpoint = reached.version;
        expect(sameDigests(digestsOf([...records.values()]), reached.digests)).toBe(true);
        return answer;
      }
      return null;
    },
  };
}

function digestsOf(
  live: readonly { collection: CollectionName; id: string; version: number; payload: Uint8Array }[],
) {
  const sums = new Map<CollectionName, DigestSum>();
  for (const { collection, id, version, payload } of live) {
    const sum = sums.get(collection) ?? digestSum();
    sum.add(id as never, version, contentHash(id as never, payload));
    sums.set(collection, sum);
  }
  return new Map([...sums].map(([collection, sum]) => [collection, sum.result()]));
}

interface Database {
  readonly sql: Sql;
  readonly store: Store;
  /** Its connections can be broken by `breakOne`. */
  readonly url: string;
  close(): Promise<void>;
}

async function databaseOf(name: string): Promise<Database> {
  const server = openPostgres({ url: testServices().postgresUrl, connectionsMax: 1 });
  await server.script(`drop database if exists ${name} with (force)`);
  await server.script(`create database ${name}`);
  const url = new URL(testServices().postgresUrl);
  url.pathname = `/${name}`;
  const sql = openPostgres({ url: url.href });
  await migrate(sql);
  return {
    sql,
    url: url.href,
    store: postgresStore({ sql, news: memoryAccessNews() }),
    async close() {
      await sql.close();
      await server.script(`drop database ${name} with (force)`);
      await server.close();
    },
  };
}

async function prepare(store: Store): Promise<void> {
  for (const space of SPACES) {
    await store.createSpace(space, space === SPACES[1] ? { recordsMax: 25, bytesMax: 9_000 } : null);
    for (const rules of COLLECTIONS) await store.declare(space, rules);
  }
}

async function stored(store: Store, space: SpaceKey) {
  const { state, clock } = await wholeSpace(store, space);
  const records = await storedRecords(store, space);
  const history = [];
  for (let version = Math.max(1, state.head - 150); version <= state.head; version++)
    history.push(await store.atVersion(space, version));
  const numbers = Array.from({ length: 60 }, (_, index) => index + 1);
  const receipts = [];
  for (const device of DEVICES) receipts.push(await store.receipts(space, deviceId(device), numbers));
  return { state, records, clock, history, receipts };
}

/** The same pushes, reads and upkeep on the store in memory and on another one, which is empty. */
async function expectSame(other: Store, seed: number, rounds: number): Promise<void> {
  const below = numbersFrom(seed);
  const stores: readonly Store[] = [memoryStore(), other];
  for (const store of stores) await prepare(store);
  const clock = manualTime();
  const flows = stores.map((store) => pushChanges({ store, clock, policies: CORE_REGISTRY, limits: LIMITS }));
  const both = async <Value>(ask: (store: Store, at: number) => Promise<Value>): Promise<Value> => {
    const [left, right] = [await ask(stores[0]!, 0), await ask(stores[1]!, 1)];
    expect(plain(right)).toEqual(plain(left));
    return left;
  };
  const copies = SPACES.flatMap((space) =>
    DEVICES.slice(0, 2).map((device) => stores.map((store) => copyOf(store, space, deviceId(device)))),
  );
  const sent: Sent = { pushes: [], last: new Map() };
  for (let round = 0; round < rounds; round++) {
    clock.advance(below(5));
    const heads = new Map<SpaceKey, number>();
    for (const space of SPACES) heads.set(space, (await stores[0]!.state(space))!.head);
    const batch = someBatch(below, heads, sent);
    await both((_, at) => flows[at]!(batch));
    const pages = below(4);
    for (const [left, right] of copies) {
      const [one, another] = [await left!.follow(pages), await right!.follow(pages)];
      expect(plain(another)).toEqual(plain(one));
      expect(plain(right!.records)).toEqual(plain(left!.records));
    }
    if (round % 7 === 6) {
      const space = pick(below, SPACES);
      const horizonMs = clock.nowMs() - below(9);
      const floor = below(heads.get(space)! + 3);
      const kept = below(4);
      await both((store) => store.raiseFloor(space, floor));
      await both((store) => store.pruneHistory(space, kept, horizonMs, Number.MAX_SAFE_INTEGER));
      if (below(2) === 0) await both((store) => store.pruneReceipts(space, horizonMs));
    }
    if (round === 25) await both((store) => store.newEpoch(SPACES[2]!));
    if (round % 10 === 9) for (const space of SPACES) await both((store) => stored(store, space));
    await both(async (store) =>
      (await store.unannounced(10)).map(({ space, ...rest }) => [space, rest]).sort(),
    );
  }
  for (const each of copies.flat()) {
    const last = (await each.follow()) ?? null;
    if (last?.ok === false) await each.follow();
  }
}

describe('the store in memory and Postgres', () => {
  const made: { database?: Database } = {};
  beforeEach(async () => {
    made.database = await databaseOf(`test_same_${process.pid}`);
  });
  afterEach(() => made.database!.close());

  test.each([1, 2])(
    'come to the same by the same pushes (seed %d)',
    async (seed) => {
      await expectSame(made.database!.store, seed, 40);
    },
    60_000,
  );

  test('come to the same inside of a process', async () => {
    const sql = await openPglite(null);
    await migrate(sql);
    await expectSame(postgresStore({ sql, news: memoryAccessNews() }), 4, 10);
    await sql.close();
  }, 60_000);

  test('forget the same, of more than is looked at at once, and of a time that went back and forth', async () => {
    const below = numbersFrom(9);
    const [space] = SPACES;
    const stores: readonly Store[] = [memoryStore(), made.database!.store];
    for (const store of stores) await prepare(store);
    const found = await Promise.all(
      stores.map(async (store) => {
        const chance = numbersFrom(10);
        for (let push = 0; push < 8; push++) {
          const clock = manualTime(BASE_MS + chance(30));
          const flow = pushChanges({ store, clock, policies: CORE_REGISTRY, limits: DEFAULT_LIMITS });
          const changes = Array.from({ length: 300 }, () =>
            change.update(`r${chance(90)}`, { n: chance(9) }, { atMs: push }),
          );
          const device = DEVICES[push % 2]!;
          await flow([
            { space: space!, push: pushOf(device, changes, { first: Math.floor(push / 2) * 300 + 1 }) },
          ]);
        }
        return stored(store, space!);
      }),
    );
    expect(plain(found[1])).toEqual(plain(found[0]));
    for (let round = 0; round < 8; round++) {
      const [kept, horizonMs] = [below(5), BASE_MS + below(34)];
      const pruned = await Promise.all(
        stores.map((store) => store.pruneHistory(space!, kept, horizonMs, Number.MAX_SAFE_INTEGER)),
      );
      expect(pruned[1]).toEqual(pruned[0]);
      const whole = await Promise.all(stores.map((store) => historyOf(store, space!, 2_400)));
      expect(whole[1]).toEqual(whole[0]);
    }
  }, 60_000);
});

async function historyOf(store: Store, space: SpaceKey, versions: number): Promise<readonly boolean[]> {
  const asked = Array.from({ length: versions }, (_, index) => store.atVersion(space, index + 1));
  return (await Promise.all(asked)).map((entry) => entry !== null);
}

interface Acknowledged {
  readonly change: Change;
  readonly outcome: Outcome;
}

/** How many pushes each device makes, in each space. */
const PUSHES = 25;

describe('two instances on one database', () => {
  const made: { database?: Database } = {};
  beforeEach(async () => {
    made.database = await databaseOf(`test_beside_${process.pid}`);
  });
  afterEach(() => made.database!.close());

  const mergeOn = (url: string) => {
    const sql = openPostgres({ url, connectionsMax: 3, applicationName: 'breakable' });
    const store = postgresStore({ sql, news: memoryAccessNews() });
    const merge = createMerge({
      store,
      announcements: memoryAnnouncements(),
      clock: systemClock(),
      timer: systemTimer(),
      policies: CORE_REGISTRY,
      limits: DEFAULT_LIMITS,
      metrics: mergeMetrics(createMetrics({ withProcess: false })),
      traces: noTraces,
      log: silentLog,
      settings: { batchChangesMax: 12, markAnnouncedWithinMs: 5 },
    });
    const close = async (): Promise<void> => {
      await merge.close();
      await sql.close();
    };
    return { merge, store, close };
  };

  test.each([1, 2])(
    'take every change once while connections break (seed %d)',
    async (seed) => {
      const below = numbersFrom(seed);
      const { store, url, sql } = made.database!;
      const spaces = SPACES.slice(0, 2);
      for (const space of spaces) {
        await store.createSpace(space, null);
        for (const rules of COLLECTIONS) await store.declare(space, rules);
      }
      const instances = [mergeOn(url), mergeOn(url)];
      const acknowledged = new Map<string, Acknowledged[]>();
      const retries = { count: 0 };

      /** The answer of one instance, or of the first of both: then the other one goes on with a copy that nobody waits for. */
      const send = (push: SpacePush): Promise<PushResult> => {
        const [first, second] = below(2) === 0 ? instances : [...instances].reverse();
        const answer = first!.merge.push(push);
        return below(3) === 0 ? Promise.race([answer, second!.merge.push(push)]) : answer;
      };
      const device = async (space: SpaceKey, name: string): Promise<void> => {
        const told: Acknowledged[] = [];
        acknowledged.set(`${space} ${name}`, told);
        for (let count = 0; count < PUSHES; count++) {
          const first = told.length + 1;
          const head = told.at(-1)?.outcome.version ?? 0;
          const changes = Array.from({ length: 1 + below(4) }, (_, index) =>
            someChange(below, head, first + index),
          );
          const push: SpacePush = { space, push: { ...pushOf(name, []), changes: numbered(changes, first) } };
          for (let result = await send(push); ; result = await send(push)) {
            if (result.kind === 'outcomes') {
              result.outcomes.forEach((outcome, index) =>
                told.push({ change: push.push.changes[index]!, outcome }),
              );
              break;
            }
            expect(result.refusal.reason).toBe('UNAVAILABLE');
            retries.count++;
          }
        }
      };
      const copies = spaces.map((space) => copyOf(store, space, deviceId('reader')));
      const disturb = async (): Promise<void> => {
        await sql.query(breakOne(`test_beside_${process.pid}`));
        for (const copy of copies) await copy.follow(3);
        const space = pick(below, spaces);
        await instances[0]!.store.raiseFloor(space, below(80)).catch(expectOutage);
      };
      const working = Promise.all(spaces.flatMap((space) => DEVICES.map((name) => device(space, name))));
      await lookingDuring(working, disturb);
      for (const { close } of instances) await close();

      expect(retries.count).toBeGreaterThan(0);
      for (const space of spaces) await expectOnce(store, space, acknowledged);
      for (const copy of copies) {
        const last = await copy.follow();
        if (last?.ok === false) await copy.follow();
      }
    },
    60_000,
  );
});

const breakOne = statement<{ broken: boolean }>(
  'test.break',
  `select pg_terminate_backend(pid) as broken from pg_stat_activity
   where datname = $1::text and pid <> pg_backend_pid() and application_name = 'breakable'
   order by random() limit 1`,
);

function expectOutage(failure: unknown): void {
  expect(failure).toBeInstanceOf(Unavailable);
}

/** Every acknowledged change left just what its outcome said, once, and nothing else was written. */
async function expectOnce(
  store: Store,
  space: SpaceKey,
  acknowledged: ReadonlyMap<string, readonly Acknowledged[]>,
): Promise<void> {
  const { state } = await wholeSpace(store, space);
  const written = new Map<string, number[]>();
  for (let version = 1; version <= state.head; version++) {
    const entry = await store.atVersion(space, version);
    expect(entry).not.toBeNull();
    if (entry!.collection === CONFLICTS) continue;
    const key = `${entry!.device} ${entry!.number}`;
    written.set(key, [...(written.get(key) ?? []), version]);
  }
  for (const name of DEVICES) {
    const told = acknowledged.get(`${space} ${name}`)!;
    const numbers = told.map(({ change: { number } }) => number);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    const answered = (await store.receipts(space, deviceId(name), numbers))!;
    expect(answered.lastNumber).toBe(numbers.length);
    let last = 0;
    for (const { change: made, outcome } of told) {
      const { status, version, conflict, reason } = outcome;
      expect(answered.receipts.get(made.number)).toMatchObject({ status, version, conflict, reason });
      const versions = written.get(`${name} ${made.number}`) ?? [];
      expect(versions.length).toBeLessThanOrEqual(status === 'APPLIED' || status === 'MERGED' ? 1 : 0);
      for (const each of versions) {
        expect(each).toBeGreaterThan(last);
        last = each;
      }
      written.delete(`${name} ${made.number}`);
    }
  }
  expect([...written]).toEqual([]);
}
