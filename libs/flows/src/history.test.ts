import {
  type Access,
  type Answer,
  type Change,
  collectionName,
  CONFLICTS,
  type Reason,
  recordId,
  recordKey,
  refusal,
  type UserId,
} from '@syncline/core';
import { hmacCursorKeys, memoryAnnouncements, memoryStore } from '@syncline/memory';
import { change, manualTime, NOTES, pushOf, readJson } from '@syncline/port-contracts';
import { changeAsService } from './change-as-service';
import { ANN, flowWorld, HOME, HOME_KEY, identityOf } from './flows.test-fixtures';
import { readPast } from './read-past';
import { readSpaceAt, type SpaceAtCall } from './read-space-at';
import { restoreRecord } from './restore-record';
import { restoreSpace } from './restore-space';

const KEYS = hmacCursorKeys([{ id: 1, secret: new Uint8Array(16) }]);
const TASKS = collectionName('tasks');
const OWNER = identityOf(ANN);
const OPERATOR = { ...identityOf('root' as UserId), operator: true } as const;
const ANY = Number.MAX_SAFE_INTEGER;
const A = recordId('a');

const reasonOf = (answer: Answer<unknown>): Reason | 'OK' => (answer.ok ? 'OK' : answer.refusal.reason);
function valueOf<Value>(answer: Answer<Value>): Value {
  if (!answer.ok) throw new Error(`${answer.refusal.reason}: ${answer.refusal.message}`);
  return answer.value;
}

async function world(limits: { pageBytesMax?: number } = {}) {
  const store = memoryStore();
  const clock = manualTime();
  const flows = await flowWorld({ store, announcements: memoryAnnouncements(), clock, keys: KEYS }, limits);
  const stores = { directory: store, deltas: store, history: store, past: store, limits: flows.limits };
  const service = changeAsService({ push: ({ space, push }) => flows.pushOne(push, space), clock });
  const deps = { ...stores, change: service };
  const past = readPast(stores);
  const devices = { count: 0 };
  const spaceAt = readSpaceAt(stores);
  return {
    ...flows,
    store,
    clock,
    past,
    restore: restoreRecord(deps),
    restoreAll: restoreSpace(deps),
    restoreWith: (other: Partial<typeof deps>) => restoreSpace({ ...deps, ...other }),
    service,
    /** Gives a user access, and returns who that is. */
    user: async (name: string, access: Access) => {
      await store.setAccess(HOME_KEY, name as UserId, access);
      return identityOf(name as UserId);
    },
    /** A second passes, and a device makes a change that has seen everything; the version that it took. */
    write: async (one: Change): Promise<number> => {
      clock.advance(1_000);
      const key = recordKey(one.collection, one.id);
      const baseVersion = (await store.records(HOME_KEY, [{ ...one, key }]))?.get(key)?.version ?? 0;
      const result = await flows.pushOne(pushOf(`d${++devices.count}`, [{ ...one, baseVersion }]));
      if (result.kind === 'refused' || result.outcomes[0]!.status !== 'APPLIED')
        throw new Error(JSON.stringify(result));
      return result.outcomes[0]!.version;
    },
    space: async (call: Partial<SpaceAtCall> & Pick<SpaceAtCall, 'at'>, identity = OWNER) => {
      const records: string[] = [];
      const parts: number[] = [];
      for await (const part of spaceAt(identity, { space: HOME, collections: [], ...call })) {
        if (!part.ok) return part.refusal.reason;
        parts.push(part.value.records.length);
        for (const { collection, id, payload } of part.value.records)
          records.push(`${collection}/${id} ${JSON.stringify(readJson(payload))}`);
      }
      return { records, parts };
    },
  };
}

const inTasks = { collection: TASKS };
const named = { space: HOME, collection: NOTES, id: A };
const atVersion = (version: number) => ({ kind: 'version', version }) as const;
const reader = { role: 'reader', collections: new Map() } as const;

/** Versions 1 to 7: notes a and b made, tasks t, a changed, b deleted, c made, a changed again. */
async function worldOverTime(limits: { pageBytesMax?: number } = {}) {
  const made = await world(limits);
  await made.write(change.create('a', { n: 1 }));
  await made.write(change.create('b', { n: 2 }));
  await made.write(change.create('t', { n: 3 }, inTasks));
  await made.write(change.update('a', { n: 4 }));
  await made.write(change.delete('b'));
  await made.write(change.create('c', { n: 6 }));
  await made.write(change.update('a', { n: 7 }));
  return made;
}

describe('the versions of a record', () => {
  test('are listed newest first, part by part', async () => {
    const { past } = await worldOverTime();
    const first = valueOf(await past.versions(OWNER, { ...named, resultsMax: 2, before: null }));
    expect(first.items.map(({ version, payload }) => [version, readJson(payload)])).toEqual([
      [7, { n: 7 }],
      [4, { n: 4 }],
    ]);
    expect(first.next).toBe('4');
    const rest = valueOf(await past.versions(OWNER, { ...named, resultsMax: 2, before: 4 }));
    expect([rest.items.map(({ version }) => version), rest.next]).toEqual([[1], null]);
  });

  test('a part holds no more than a page may', async () => {
    const { past } = await worldOverTime({ pageBytesMax: 10 });
    const part = valueOf(await past.versions(OWNER, { ...named, resultsMax: null, before: null }));
    expect([part.items.length, part.next]).toEqual([1, '7']);
  });

  test('are told to those who may read the record now, and to nobody else', async () => {
    const { past, user } = await worldOverTime();
    const blind = await user('blind', { role: 'editor', collections: new Map([[NOTES, 'none']]) });
    const asked = async (identity: typeof OWNER) =>
      reasonOf(await past.versions(identity, { ...named, resultsMax: null, before: null }));
    expect(await asked(await user('eve', reader))).toBe('OK');
    expect(await asked(blind)).toBe('PERMISSION_DENIED');
    expect(await asked(identityOf('stranger' as UserId))).toBe('SPACE_NOT_FOUND');
    expect(await asked(OPERATOR)).toBe('OK');
    const ledger = { space: HOME, collection: CONFLICTS, id: recordId('notes/d1/1') };
    expect(reasonOf(await past.versions(blind, { ...ledger, resultsMax: null, before: null }))).toBe(
      'PERMISSION_DENIED',
    );
  });
});

describe('a record as it was', () => {
  const held = async ({ past }: Awaited<ReturnType<typeof world>>, id: string, version: number) => {
    const found = await past.recordAt(OWNER, { ...named, id: recordId(id), at: atVersion(version) });
    if (!found.ok) return found.refusal.reason;
    const { record } = found.value;
    return record && [record.version, readJson(record.payload)];
  };

  test('at every version', async () => {
    const made = await worldOverTime();
    expect(await Promise.all([0, 1, 3, 4, 6, 7].map((version) => held(made, 'a', version)))).toEqual([
      null,
      [1, { n: 1 }],
      [1, { n: 1 }],
      [4, { n: 4 }],
      [4, { n: 4 }],
      [7, { n: 7 }],
    ]);
    expect(await Promise.all([4, 5].map((version) => held(made, 'b', version)))).toEqual([
      [2, { n: 2 }],
      null,
    ]);
    expect(await held(made, 'a', 8)).toBe('VERSION_NOT_FOUND');
  });

  test('at a time', async () => {
    const { past, clock } = await worldOverTime();
    const at = (ago: number) => ({ kind: 'time', timeMs: clock.nowMs() - ago }) as const;
    const version = async (ago: number) =>
      valueOf(await past.recordAt(OWNER, { ...named, at: at(ago) })).version;
    expect(await Promise.all([0, 999, 1_000, 6_000, 60_000].map(version))).toEqual([7, 6, 6, 1, 0]);
  });

  test('is not told from a version on that history forgot, and nothing is made up', async () => {
    const made = await worldOverTime();
    await made.store.pruneHistory(HOME_KEY, 1, ANY, ANY);
    expect(await held(made, 'a', 7)).toEqual([7, { n: 7 }]);
    expect(await held(made, 'a', 6)).toBe('VERSION_NOT_FOUND');
    expect(await held(made, 'a', 0)).toBe('VERSION_NOT_FOUND');
    // This one has lost nothing, so that what is left of it can be told.
    expect(await held(made, 'c', 6)).toEqual([6, { n: 6 }]);
    expect(await held(made, 'b', 5)).toBeNull();
    // Whether it existed then, nobody knows any more.
    expect(await held(made, 'c', 5)).toBe('VERSION_NOT_FOUND');
    expect(await held(made, 'none', 7)).toBeNull();
  });
});

describe('a space as it was', () => {
  test('is told in order of collection and id, with what was live then', async () => {
    const { space } = await worldOverTime();
    expect(await space({ at: atVersion(4) })).toMatchObject({
      records: ['notes/a {"n":4}', 'notes/b {"n":2}', 'tasks/t {"n":3}'],
    });
    expect(await space({ at: atVersion(0) })).toEqual({ records: [], parts: [0] });
    expect(await space({ at: atVersion(7) })).toMatchObject({
      records: ['notes/a {"n":7}', 'notes/c {"n":6}', 'tasks/t {"n":3}'],
    });
    expect(await space({ at: atVersion(8) })).toBe('VERSION_NOT_FOUND');
  });

  test('parts hold no more than a page may', async () => {
    const { space } = await worldOverTime({ pageBytesMax: 14 });
    expect(await space({ at: atVersion(4) })).toMatchObject({ parts: [0, 2, 1] });
  });

  test('has no more collections than were asked for and may be read', async () => {
    const { space, user } = await worldOverTime();
    expect(await space({ at: atVersion(4), collections: [TASKS, TASKS] })).toMatchObject({
      records: ['tasks/t {"n":3}'],
    });
    const blind = await user('blind', { role: 'reader', collections: new Map([[NOTES, 'none']]) });
    expect(await space({ at: atVersion(4) }, blind)).toMatchObject({ records: ['tasks/t {"n":3}'] });
    expect(await space({ at: atVersion(4), collections: [NOTES] }, blind)).toBe('PERMISSION_DENIED');
  });

  test('entries of the ledger go with the collections that they are about', async () => {
    const { space, user, pushOne } = await worldOverTime();
    await pushOne(pushOf('late', [change.update('a', { n: 0 }, { baseVersion: 1, atMs: -1 })]));
    expect(await space({ at: atVersion(8), collections: [CONFLICTS] })).toMatchObject({ parts: [0, 1] });
    const blind = await user('blind', { role: 'reader', collections: new Map([[NOTES, 'none']]) });
    expect(await space({ at: atVersion(8) }, blind)).toMatchObject({ records: ['tasks/t {"n":3}'] });
  });

  test('is refused as of a version that history forgot', async () => {
    const { space, store } = await worldOverTime();
    await store.pruneHistory(HOME_KEY, 2, ANY, ANY);
    expect(await store.reach(HOME_KEY)).toEqual({ head: 7, keptFrom: 4 });
    expect(await space({ at: atVersion(3) })).toBe('VERSION_NOT_FOUND');
    expect(await space({ at: atVersion(4) })).toMatchObject({
      records: ['notes/a {"n":4}', 'notes/b {"n":2}', 'tasks/t {"n":3}'],
    });
  });

  test('what is pruned in the middle ends it, so that nobody takes a part for all', async () => {
    const { store, limits } = await worldOverTime({ pageBytesMax: 7 });
    const read = readSpaceAt({ directory: store, deltas: store, past: store, limits });
    const reasons: (Reason | 'OK')[] = [];
    for await (const part of read(OWNER, { space: HOME, at: atVersion(4), collections: [] })) {
      reasons.push(reasonOf(part));
      if (reasons.length === 2) await store.pruneHistory(HOME_KEY, 1, ANY, ANY);
    }
    expect(reasons).toEqual(['OK', 'OK', 'VERSION_NOT_FOUND']);
  });
});

describe('restoring a record', () => {
  const call = { ...named, version: 1, seenVersion: null };

  test('makes an earlier content the newest one, as a version that devices receive', async () => {
    const { restore, store } = await worldOverTime();
    expect(valueOf(await restore(OWNER, call))).toMatchObject({
      version: 8,
      device: 'sys.service',
      user: ANN,
    });
    const { payload } = (await store.atVersion(HOME_KEY, 8))!;
    expect(readJson(payload)).toEqual({ n: 1 });
  });

  test('brings back what was deleted, and deletes again what a version deleted', async () => {
    const { restore } = await worldOverTime();
    const b = { ...call, id: recordId('b') };
    expect(valueOf(await restore(OWNER, { ...b, version: 2 }))).toMatchObject({ version: 8, deleted: false });
    expect(valueOf(await restore(OWNER, { ...b, version: 5 }))).toMatchObject({ version: 9, deleted: true });
  });

  test('brings it back also where the delete is forgotten', async () => {
    const { restore, store } = await worldOverTime();
    await store.raiseFloor(HOME_KEY, 7);
    const restored = valueOf(await restore(OWNER, { ...call, id: recordId('b'), version: 2 }));
    expect(readJson(restored?.payload)).toEqual({ n: 2 });
  });

  test('writes nothing where the record is that already', async () => {
    const { restore, store } = await worldOverTime();
    expect(valueOf(await restore(OWNER, { ...call, version: 7 }))).toMatchObject({ version: 7 });
    expect((await store.state(HOME_KEY))?.head).toBe(7);
  });

  test('is refused where the record has moved on since the user saw it', async () => {
    const { restore } = await worldOverTime();
    expect(reasonOf(await restore(OWNER, { ...call, seenVersion: 4 }))).toBe('CHANGED_MEANWHILE');
    expect(reasonOf(await restore(OWNER, { ...call, seenVersion: 7 }))).toBe('OK');
  });

  test('goes on where someone else writes in between, unless the user named what they saw', async () => {
    const made = await worldOverTime();
    const { store, limits, service, write } = made;
    const meanwhile = { left: 2 };
    const change_: typeof service = async (space, changes) => {
      if (meanwhile.left-- > 0) await write(change.update('a', { meanwhile }));
      return service(space, changes);
    };
    const deps = { directory: store, deltas: store, past: store, limits, change: change_ };
    expect(valueOf(await restoreRecord(deps)(OWNER, call))).toMatchObject({ version: 10 });
    meanwhile.left = 1;
    expect(reasonOf(await restoreRecord(deps)(OWNER, { ...call, version: 4, seenVersion: 10 }))).toBe(
      'CHANGED_MEANWHILE',
    );
    meanwhile.left = Infinity;
    expect(reasonOf(await restoreRecord(deps)(OWNER, call))).toBe('CHANGED_MEANWHILE');
  });

  test('is for those who may write, and for records that people write', async () => {
    const { restore, user } = await worldOverTime();
    expect(reasonOf(await restore(await user('eve', reader), call))).toBe('PERMISSION_DENIED');
    const narrow = await user('ned', { role: 'editor', collections: new Map([[NOTES, 'read']]) });
    expect(reasonOf(await restore(narrow, call))).toBe('PERMISSION_DENIED');
    expect(reasonOf(await restore(identityOf('stranger' as UserId), call))).toBe('SPACE_NOT_FOUND');
    expect(reasonOf(await restore(OPERATOR, call))).toBe('OK');
    expect(reasonOf(await restore(OWNER, { ...call, collection: CONFLICTS }))).toBe('COLLECTION_RESERVED');
  });

  test('is refused for versions of other records, that never were, and that are forgotten', async () => {
    const { restore, store } = await worldOverTime();
    const reason = async (version: number) => reasonOf(await restore(OWNER, { ...call, version }));
    expect(await Promise.all([2, 99].map(reason))).toEqual(['VERSION_NOT_FOUND', 'VERSION_NOT_FOUND']);
    await store.pruneHistory(HOME_KEY, 1, ANY, ANY);
    expect(await reason(1)).toBe('VERSION_NOT_FOUND');
  });
});

describe('restoring a space', () => {
  const call = { space: HOME, to: atVersion(4), collections: [], dryRun: false };
  const counts = { changed: 1, deleted: 1, recreated: 1 };

  test('is counted first, and changes nothing then', async () => {
    const { restoreAll, store } = await worldOverTime();
    expect(valueOf(await restoreAll(OWNER, { ...call, dryRun: true }))).toEqual({ ...counts, head: 7 });
    expect((await store.state(HOME_KEY))?.head).toBe(7);
  });

  test('makes every record what it was, by as many changes as that takes', async () => {
    const { restoreAll, space, past } = await worldOverTime();
    const before = await space({ at: atVersion(4) });
    expect(valueOf(await restoreAll(OWNER, call))).toEqual({ ...counts, head: 10 });
    expect(await space({ at: atVersion(10) })).toEqual(before);
    const { items } = valueOf(await past.versions(OWNER, { ...named, resultsMax: 1, before: null }));
    expect(items[0]).toMatchObject({ device: 'sys.service', user: ANN });
    expect(valueOf(await restoreAll(OWNER, call))).toEqual({
      changed: 0,
      deleted: 0,
      recreated: 0,
      head: 10,
    });
  });

  test('and to what it was before that', async () => {
    const { restoreAll, space } = await worldOverTime();
    const before = await space({ at: atVersion(7) });
    await restoreAll(OWNER, call);
    const restored = await restoreAll(OWNER, { ...call, to: atVersion(7) });
    expect(valueOf(restored)).toEqual({ ...counts, head: 13 });
    expect(await space({ at: atVersion(13) })).toEqual(before);
  });

  test('brings back also what was deleted so long ago that the delete is forgotten', async () => {
    const { restoreAll, space, store } = await worldOverTime();
    await store.raiseFloor(HOME_KEY, 7);
    expect(valueOf(await restoreAll(OWNER, call))).toMatchObject(counts);
    expect(await space({ at: atVersion(10) })).toEqual(await space({ at: atVersion(4) }));
  });

  test('touches only the collections that are named and may be written', async () => {
    const { restoreAll, user, write } = await worldOverTime();
    await write(change.update('t', { n: 8 }, inTasks));
    const dry = { ...call, dryRun: true };
    expect(valueOf(await restoreAll(OWNER, { ...dry, collections: [TASKS] }))).toMatchObject({
      changed: 1,
      deleted: 0,
      recreated: 0,
    });
    const narrow = await user('ned', { role: 'owner', collections: new Map([[TASKS, 'read']]) });
    expect(valueOf(await restoreAll(narrow, dry))).toMatchObject(counts);
    expect(reasonOf(await restoreAll(narrow, { ...dry, collections: [TASKS] }))).toBe('PERMISSION_DENIED');
    expect(reasonOf(await restoreAll(OWNER, { ...dry, collections: [CONFLICTS] }))).toBe(
      'COLLECTION_RESERVED',
    );
  });

  test('is for the owner or an operator', async () => {
    const { restoreAll, user } = await worldOverTime();
    const dry = { ...call, dryRun: true };
    const editor = await user('ed', { role: 'editor', collections: new Map() });
    expect(reasonOf(await restoreAll(editor, dry))).toBe('PERMISSION_DENIED');
    expect(reasonOf(await restoreAll(identityOf('stranger' as UserId), dry))).toBe('SPACE_NOT_FOUND');
    expect(reasonOf(await restoreAll(OPERATOR, dry))).toBe('OK');
  });

  test('is refused to a version that history forgot', async () => {
    const { restoreAll, store } = await worldOverTime();
    await store.pruneHistory(HOME_KEY, 1, ANY, ANY);
    expect(reasonOf(await restoreAll(OWNER, call))).toBe('VERSION_NOT_FOUND');
  });

  test('goes through many records in batches that hold no more than a page may', async () => {
    const { restoreWith, service, write, space } = await world({ pageBytesMax: 50 });
    for (let n = 0; n < 60; n++) await write(change.create(`r${n}`, { n: 100 + n }));
    const before = await space({ at: atVersion(60) });
    for (let n = 0; n < 60; n++) await write(change.update(`r${n}`, { n: 0 }));
    const sizes: number[] = [];
    const watched: typeof service = (key, changes) => {
      sizes.push(changes.changes.length);
      return service(key, changes);
    };
    const restored = await restoreWith({ change: watched })(OWNER, { ...call, to: atVersion(60) });
    expect(valueOf(restored)).toEqual({ changed: 60, deleted: 0, recreated: 0, head: 180 });
    expect(new Set(sizes)).toEqual(new Set([5]));
    expect(await space({ at: atVersion(180) })).toMatchObject({
      records: (before as { records: string[] }).records,
    });
  });

  test('tells how far it came where it cannot go on, and the same call goes on with the rest', async () => {
    const { restoreWith, restoreAll, service } = await worldOverTime({ pageBytesMax: 1 });
    const rounds = { left: 1 };
    const failing: typeof service = (key, changes) =>
      rounds.left-- > 0 ? service(key, changes) : Promise.resolve({ ok: false, refusal: { ...UNAVAILABLE } });
    const failed = await restoreWith({ change: failing })(OWNER, call);
    expect(failed).toMatchObject({
      refusal: {
        reason: 'UNAVAILABLE',
        facts: { changed_count: '0', deleted_count: '0', recreated_count: '1' },
      },
    });
    expect(valueOf(await restoreAll(OWNER, call))).toEqual({
      changed: 1,
      deleted: 1,
      recreated: 0,
      head: 10,
    });
  });
});

const UNAVAILABLE = refusal('UNAVAILABLE');
