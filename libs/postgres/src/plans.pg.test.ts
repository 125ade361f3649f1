import {
  deviceId,
  recordId,
  recordKey,
  type SpaceKey,
  spaceId,
  spaceKey,
  tenantId,
  userId,
} from '@syncline/core';
import { BASE_MS, change, mergeInto, NOTES, pushOf } from '@syncline/port-contracts';
import { Pool } from 'pg';
import { newsInProcess, testDatabase, type TestDatabase } from './database.test-fixtures';
import { CONNECTION_SETTINGS } from './pool';
import type { Connection, Query, Sql } from './sql';
import { postgresStore } from './store';

/**
 * Cost follows change, not size: the plans of everything that the service asks while people wait, as a connection keeps them
 * for all values alike.
 */
const world = {} as {
  database: TestDatabase;
  explainer: Pool;
  store: ReturnType<typeof postgresStore>;
  plans: Map<string, Plan>;
};

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly Plans?: readonly Plan[];
}

interface Explained {
  readonly 'QUERY PLAN': readonly [{ readonly Plan: Plan }];
}

const RECORDS = 40_000;
const SPACE = spaceKey(tenantId('acme'), spaceId('large'));

/** Another space of the same size stands beside it, and thousands of small ones. */
const LARGE = `
  insert into spaces (space, head, announced, records, bytes)
  select 'acme/' || name, ${RECORDS}, ${RECORDS}, ${RECORDS}, ${RECORDS} * 2
  from unnest('{large,other}'::text[]) name
  union all select 'acme/small' || n, 0, 0, 0, 0 from generate_series(1, 5000) n;
  insert into records (space, collection, id, version, created_version, previous_version, merged, payload, content_a,
    content_b, time, device, number, user_id, schema_version, committed_at_ms, as_sent, resurrected)
  select s.space, 'notes', 'r' || n, n, n, 0, false, '{}', 0, 0, 0, 'd' || n % 100, n / 100, 'u', 0, ${BASE_MS}, true, false
  from spaces s cross join generate_series(1, ${RECORDS}) n where s.head > 0;
  insert into history (space, version, collection, id, previous_version, payload, device, user_id, number, base_version,
    time, committed_at_ms, policy, rules_version, schema_version)
  select space, version, collection, id, 0, payload, device, user_id, number, 0, 0, ${BASE_MS}, '', 0, 0 from records;
  insert into receipts (space, device, number, fingerprint_a, fingerprint_b, after_number, status, version, ahead_ms,
    committed_at_ms)
  select space, device, number, 0, 0, 0, 'APPLIED', version, 0, ${BASE_MS} from records;
  insert into space_devices (space, device, last_number, taken_version, acknowledged, user_id, last_seen_ms, skew_ms)
  select s.space, 'd' || n, ${RECORDS} / 100, n, 0, 'u', ${BASE_MS}, 0
  from spaces s cross join generate_series(0, 4999) n where s.head > 0;
  insert into members (space, user_id, role, collections) select space, 'u', 'owner', '{}' from spaces;
  insert into pruned_history (space, version, collection, id, previous_version, deleted, content_sha256, incoming_deleted,
    device, user_id, number, base_version, time, committed_at_ms, policy, rules_version, schema_version)
  select space, version + ${RECORDS}, collection, id, 0, false, '', false, device, user_id, number, 0, 0, ${BASE_MS}, '', 0, 0
  from records;
  insert into chain_marks (space, version, hash) select space, version + ${RECORDS}, '' from records;
  insert into chains (space) select space from spaces where head = 0;
  analyze`;

/** Looks at the plan of every statement before it is run. */
function explaining(sql: Sql): Sql {
  const explain = async ({ statement, params }: Query<unknown>): Promise<void> => {
    if (world.plans.has(statement.name)) return;
    const values = params.length === 0 ? '' : `(${params.map(() => 'null').join(', ')})`;
    const planned = world.explainer
      .query(`prepare plan as ${statement.text}; explain (format json) execute plan${values};
      deallocate plan`) as unknown as Promise<readonly { readonly rows: Explained[] }[]>;
    world.plans.set(statement.name, (await planned)[1]!.rows[0]!['QUERY PLAN'][0].Plan);
  };
  const watched = (connection: Connection): Connection => ({
    ...connection,
    async query(query) {
      await explain(query);
      return connection.query(query);
    },
  });
  return {
    ...watched(sql),
    transaction: (work) =>
      sql.transaction(async (transaction) => {
        const last: Query<never>[] = [];
        const askLast = (queries: readonly Query<never>[]) => void last.push(...queries);
        const result = await work({ ...watched(transaction), askLast });
        for (const query of last) await explain(query);
        transaction.askLast(last);
        return result;
      }),
    async snapshot(queries) {
      for (const query of queries as readonly Query<unknown>[]) await explain(query);
      return sql.snapshot(queries);
    },
    close: () => sql.close(),
  };
}

async function open(fill: string, settings: string): Promise<void> {
  const database = await testDatabase();
  await database.sql.script(fill);
  const explainer = new Pool({ connectionString: database.url, max: 1 });
  await explainer.query(`set plan_cache_mode = force_generic_plan; ${settings}`);
  const store = postgresStore({ sql: explaining(database.sql), news: newsInProcess() });
  Object.assign(world, { database, explainer, store, plans: new Map() });
}

async function close(): Promise<void> {
  await world.explainer.end();
  await world.database.close();
}

const LARGE_TABLES = [
  'spaces',
  'records',
  'history',
  'pruned_history',
  'chains',
  'chain_marks',
  'receipts',
  'space_devices',
  'members',
];

function scansOf(plan: Plan): string[] {
  const own =
    plan['Node Type'].includes('Seq Scan') && LARGE_TABLES.includes(plan['Relation Name'] ?? '')
      ? [plan['Relation Name']!]
      : [];
  return [...own, ...(plan.Plans ?? []).flatMap(scansOf)];
}

function indexesOf(plan: Plan): string[] {
  const own = plan['Index Name'] === undefined ? [] : [plan['Index Name']];
  return [...own, ...(plan.Plans ?? []).flatMap(indexesOf)];
}

/** The work used statements, and none of them reads a large table as a whole. */
async function expectNoScans(work: () => Promise<unknown>): Promise<void> {
  await work();
  expect(world.plans.size).toBeGreaterThan(0);
  const scans = [...world.plans].map(([name, plan]) => [name, scansOf(plan)]);
  expect(scans).toEqual([...world.plans.keys()].map((name) => [name, []]));
}

const request = (space: SpaceKey, after: number) => ({
  space,
  after,
  collections: [],
  recordsMax: 1_000,
  bytesMax: 1_000_000,
  clockAfter: after,
});

/** What a new installation looks like to the planner, once it has been looked at; plans made then are kept for long. */
const SMALL = `
  insert into spaces (space, head, announced) values ('${SPACE}', ${RECORDS}, ${RECORDS});
  insert into records (space, collection, id, version, created_version, previous_version, merged, payload, content_a,
    content_b, time, device, number, user_id, schema_version, committed_at_ms, as_sent, resurrected)
  select '${SPACE}', 'notes', 'r' || n, n, n, 0, false, '{}', 0, 0, 0, 'd1', n, 'u', 0, ${BASE_MS}, true, false
  from generate_series(1, 10) n;
  insert into history (space, version, collection, id, previous_version, payload, device, user_id, number, base_version,
    time, committed_at_ms, policy, rules_version, schema_version)
  select space, version, collection, id, 0, payload, device, user_id, number, 0, 0, ${BASE_MS}, '', 0, 0 from records;
  update spaces set records = 10, bytes = 20;
  analyze`;

describe.each([
  ['large tables, with a planner that is free', LARGE, ''],
  ['small tables, with a planner that is told what not to do', SMALL, CONNECTION_SETTINGS],
])('%s', (_name, fill, settings) => {
  beforeAll(() => open(fill, settings), 60_000);
  afterAll(close);
  beforeEach(() => world.plans.clear());

  test('an empty check reads the row of its space by its key', async () => {
    await expectNoScans(() => world.store.heads([SPACE]));
    await expectNoScans(() => world.store.state(SPACE));
    for (const plan of world.plans.values()) expect(indexesOf(plan)).toEqual(['spaces_pkey']);
  });

  test('the change feed is read along the index of versions, and the clock along its own', async () => {
    await expectNoScans(() => world.store.changes(request(SPACE, RECORDS - 10)));
    expect([...new Set(indexesOf(world.plans.get('delta.changes')!))]).toEqual(['records_by_version']);
    expect(indexesOf(world.plans.get('delta.clock')!)).toEqual(['space_devices_by_version']);
    await expectNoScans(() => world.store.changes({ ...request(SPACE, RECORDS - 10), collections: [NOTES] }));
    expect([...new Set(indexesOf(world.plans.get('delta.changes_in')!))]).toEqual(['records_by_version']);
  });

  test('counting, comparing and finding records, too, go by an index', async () => {
    const name = { collection: NOTES, id: recordId('r7'), key: recordKey(NOTES, recordId('r7')) };
    const counted = { space: SPACE, after: RECORDS - 10, collections: [], except: [] };
    await expectNoScans(() => world.store.count(counted));
    await expectNoScans(() =>
      world.store.range({ space: SPACE, collection: NOTES, fromId: 'r1', toId: 'r11' }),
    );
    await expectNoScans(() => world.store.records(SPACE, [name]));
    await expectNoScans(() => world.store.ofRecord(SPACE, NOTES, recordId('r7'), null, 10));
    expect(indexesOf(world.plans.get('delta.range')!)).toEqual(['records_pkey']);
    expect(indexesOf(world.plans.get('history.of_record')!)).toEqual(['history_by_record']);
    await expectNoScans(() => world.store.atVersion(SPACE, 7));
    await expectNoScans(() => world.store.receipts(SPACE, deviceId('d1'), [1, 2]));
    expect(indexesOf(world.plans.get('receipt.traces')!)).toEqual(['history_by_change']);
  });

  test('conflicts are found along indexes of their own, and their contents by keys', async () => {
    const { store } = world;
    const asked = { space: SPACE, before: null, limit: 10 };
    await expectNoScans(() => store.conflicts({ ...asked, waiting: false }));
    await expectNoScans(() => store.conflicts({ ...asked, waiting: true }));
    await expectNoScans(() => store.countConflicts(SPACE, 10));
    for (const name of ['conflicts.all', 'conflicts.count'])
      expect(indexesOf(world.plans.get(name)!)).toEqual(['records_conflicts']);
    expect(indexesOf(world.plans.get('conflicts.waiting')!)).toEqual(['records_conflicts_waiting']);
    await expectNoScans(() => store.waitingForResolver({ space: SPACE, id: recordId('a') }, 10));
    expect(indexesOf(world.plans.get('conflicts.for_resolver')!)).toEqual(['records_conflicts_to_resolve']);
    const name = { collection: NOTES, id: recordId('r7'), key: recordKey(NOTES, recordId('r7')) };
    const saw = { collection: NOTES, id: recordId('r7'), device: deviceId('d1') };
    await expectNoScans(() => store.recordVersions(SPACE, [name]));
    await expectNoScans(() => store.writtenAt(SPACE, [7, 8]));
    await expectNoScans(() => store.seenBy(SPACE, [{ ...saw, baseVersion: 7, after: 0 }]));
    await expectNoScans(() => store.seenBy(SPACE, [{ ...saw, baseVersion: 7, after: 1 }]));
    expect(indexesOf(world.plans.get('conflicts.versions')!)).toEqual(['records_pkey']);
    expect(indexesOf(world.plans.get('conflicts.entries')!)).toEqual(['history_pkey']);
  });

  test('reading what was goes by an index, as does looking for what changed since', async () => {
    const { store } = world;
    const r7 = { space: SPACE, collection: NOTES, id: recordId('r7') };
    await expectNoScans(() => store.reach(SPACE));
    await expectNoScans(() => store.versionAt(SPACE, BASE_MS));
    expect(indexesOf(world.plans.get('past.version_at')!)).toEqual([
      'spaces_pkey',
      'history_pkey',
      'pruned_history_pkey',
    ]);
    await expectNoScans(() => store.versionsOf({ ...r7, before: null, versionsMax: 10, bytesMax: 1_000 }));
    const byKeys = ['history_pkey', 'pruned_history_pkey', 'history_by_record'];
    expect(byKeys).toEqual(expect.arrayContaining(indexesOf(world.plans.get('past.versions')!)));
    await expectNoScans(() => store.pastCollections(SPACE));
    await expectNoScans(() => store.placesAt(SPACE, NOTES, 7, null, 10));
    for (const name of ['past.collections', 'past.places'])
      expect([...new Set(indexesOf(world.plans.get(name)!))]).toEqual(['history_by_record']);
    await expectNoScans(() => store.entriesAt(SPACE, [5, 7]));
    expect(indexesOf(world.plans.get('past.entries')!)).toEqual(['history_pkey']);
    await expectNoScans(() => store.changedSince(SPACE, RECORDS - 20, RECORDS - 20, RECORDS, 10));
    const changed = indexesOf(world.plans.get('past.changed')!);
    expect([...new Set(changed)].sort()).toEqual(['history_by_record', 'history_pkey']);
  });

  test('the hash chain is extended and found along the keys of its tables', async () => {
    const { store } = world;
    const point = { version: RECORDS, hash: new Uint8Array(32) };
    await expectNoScans(() => store.audited(SPACE, RECORDS - 10, RECORDS, 5));
    const audited = [...new Set(indexesOf(world.plans.get('audit.versions')!))].sort();
    expect(audited).toEqual(['history_pkey', 'pruned_history_pkey']);
    await expectNoScans(() => store.chainState(SPACE));
    await expectNoScans(() => store.extendChain(SPACE, 0, [point], point));
    await expectNoScans(() => store.chainAt(SPACE, RECORDS));
    expect(indexesOf(world.plans.get('audit.chain_at')!)).toEqual(['chains_pkey', 'chain_marks_pkey']);
  });

  test('opening, acknowledging and asking for access do', async () => {
    const seen = { device: deviceId('d1'), user: userId('u'), nowMs: BASE_MS, skewMs: 0 };
    await expectNoScans(() => world.store.open(SPACE, seen, 1));
    await expectNoScans(() => world.store.acknowledge([{ space: SPACE, seen, version: 2 }]));
    await expectNoScans(() => world.store.access(SPACE, userId('u')));
    await expectNoScans(() => world.store.spacesOf(tenantId('acme'), userId('u'), null, 10));
  });

  test('a merge does, with what its devices saw', async () => {
    const push = pushOf('new', [
      change.create('new', {}),
      change.patch('r7', { n: 1 }, [], { baseVersion: 7 }),
      change.patch('r7', { n: 2 }, [], { baseVersion: 7 }),
    ]);
    await expectNoScans(() => mergeInto(world.store, new Map([[SPACE, [push]]])));
    const late = pushOf('late', [change.patch('r7', { late: true }, [], { baseVersion: 7 })]);
    await expectNoScans(() => mergeInto(world.store, new Map([[SPACE, [late]]])));
    expect(indexesOf(world.plans.get('merge.records')!)).toEqual(['records_pkey']);
    expect(indexesOf(world.plans.get('merge.receipts')!)).toEqual(['receipts_pkey']);
    expect(indexesOf(world.plans.get('merge.bases')!)).toEqual(['history_by_record']);
    const own = { collection: NOTES, id: recordId('r7'), device: deviceId('new'), baseVersion: 7, after: 3 };
    await expectNoScans(() =>
      world.store.transact([SPACE], (transaction) => transaction.seen(new Map([[SPACE, [own]]]))),
    );
    expect(indexesOf(world.plans.get('merge.sent')!)).toEqual(['history_by_change']);
  });

  test('upkeep does', async () => {
    await expectNoScans(() => world.store.unannounced(10));
    expect(indexesOf(world.plans.get('upkeep.unannounced')!)).toEqual(['spaces_waiting']);
    await expectNoScans(() => world.store.markAnnounced(new Map([[SPACE, RECORDS + 1]])));
    await expectNoScans(() => world.store.spaces(null, 10));
    await expectNoScans(() => world.store.raiseFloor(SPACE, 10));
    expect(indexesOf(world.plans.get('upkeep.purge')!)).toEqual(['records_tombstones']);
  });

  test('retention does, as its own connections plan it', async () => {
    // A free planner reads all devices where a space has most of them.
    await world.explainer.query(CONNECTION_SETTINGS);
    await world.database.sql.script(
      `delete from pruned_history where space = '${SPACE}';
       insert into history select (h).* from (
         select jsonb_populate_record(h, jsonb_build_object('version', h.version + 1000000000)) as h
         from history h where space = '${SPACE}' and version <= 3
       ) again`,
    );
    const classes = [{ beforeMs: BASE_MS + 1, onePerMs: 60_000 }];
    const more = {
      collections: [{ collection: NOTES, versionsMax: 10, keptSinceMs: 0, classes }],
      spare: () => Promise.resolve(() => false),
    };
    await expectNoScans(async () => {
      const pruned = await world.store.pruneHistory(SPACE, 10, BASE_MS + 1, Number.MAX_SAFE_INTEGER, more);
      expect(pruned.pruned).toBeGreaterThanOrEqual(3);
    });
    for (const name of ['retention.judge', 'retention.forget'])
      expect(indexesOf(world.plans.get(name)!)).toEqual(
        expect.arrayContaining(['history_pkey', 'history_by_record']),
      );
    await expectNoScans(() => world.store.pruneReceipts(SPACE, BASE_MS));
  });
});

describe('tables that have just been filled, so that nothing is known of them', () => {
  beforeAll(async () => {
    await open(LARGE.replace(/;\s+analyze$/, ''), CONNECTION_SETTINGS);
    await world.explainer.query('set plan_cache_mode = force_custom_plan');
  }, 60_000);
  afterAll(close);

  test('a page is read along the index of versions, not all of the space for the sake of one page', async () => {
    const asked: Query<unknown>[] = [];
    const noting: Sql = {
      ...world.database.sql,
      async snapshot(queries) {
        asked.push(...(queries as readonly Query<unknown>[]));
        return world.database.sql.snapshot(queries);
      },
    };
    await postgresStore({ sql: noting, news: newsInProcess() }).changes(request(SPACE, 100));
    const { statement, params } = asked.find((query) => query.statement.name === 'delta.changes')!;
    const values = params.map((value) => `'${String(value)}'`).join(', ');
    const planned = (await world.explainer.query(
      `prepare page as ${statement.text}; explain (format json) execute page(${values})`,
    )) as unknown as readonly { readonly rows: Explained[] }[];
    const { Plan: plan } = planned[1]!.rows[0]!['QUERY PLAN'][0];
    expect([...new Set(indexesOf(plan))]).toEqual(['records_by_version']);
    expect(JSON.stringify(plan)).not.toContain('Bitmap');
  });
});
