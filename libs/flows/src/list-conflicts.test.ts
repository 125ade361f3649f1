import { type Access, deviceId, recordId, userId } from '@syncline/core';
import { BASE_MS, change, NOTES, payload, readJson, rulesOf } from '@syncline/port-contracts';
import {
  BOB,
  type ConflictWorld,
  conflictWorld,
  deciding,
  filterOf,
  ID,
  OPERATOR,
  reasonOf,
  valueOf,
} from './conflict-world.test-fixtures';
import { ANN, HOME, HOME_KEY, identityOf, TENANT } from './flows.test-fixtures';
import type { ConflictsPlace, ListedConflicts } from './list-conflicts';

const TASKS = rulesOf('tasks').collection;
const ann = identityOf(ANN);

/** Of records a, b and c of notes one conflict each, and one of a task; that of b is settled last. */
async function withFour(): Promise<ConflictWorld> {
  const world = await conflictWorld();
  await world.store.declare(HOME_KEY, rulesOf(TASKS, { policy: 'server-wins' }));
  const meet = async (id: string, collection = NOTES) => {
    const { push } = world.device(`x-${id}`);
    const baseVersion = (await world.head()) + 1;
    await push(change.create(id, { n: 1 }, { collection }), change.update(id, { n: 2 }, { collection }));
    await world.device(`d-${id}`).one(change.update(id, { n: 3 }, { collection, baseVersion }));
    world.clock.advance(1_000);
  };
  for (const id of ['a', 'b', 'c']) await meet(id);
  await meet('t', TASKS);
  valueOf(await world.resolve(ann, deciding({ kind: 'delete' }, { id: idOf('b') })));
  return world;
}

const idOf = (id: string, collection: string = NOTES) => recordId(`${collection}/d-${id}/1`);
const recordsOf = async (world: ConflictWorld, ...given: Parameters<ConflictWorld['list']>) =>
  valueOf(await world.list(...given)).conflicts.map(({ record }) => record);

describe('a list of conflicts', () => {
  test('has the newest first, with both sides', async () => {
    const world = await withFour();
    const { conflicts, next, total } = valueOf(await world.list());
    expect([conflicts.map(({ record }) => record), next, total]).toEqual([['b', 't', 'c', 'a'], null, 4]);
    const [first] = conflicts;
    expect(first).toMatchObject({ id: idOf('b'), collection: NOTES, kind: 'UPDATE_UPDATE', base: null });
    expect(readJson(first?.stored.record.payload)).toEqual({ n: 2 });
    expect(readJson(first?.incoming.record.payload)).toEqual({ n: 3 });
  });

  test('can leave the contents out', async () => {
    const world = await withFour();
    const { conflicts } = valueOf(await world.list({ withoutContents: true }));
    for (const { stored, incoming } of conflicts)
      expect([stored.record.payload, stored.omitted, incoming.omitted]).toEqual([null, true, true]);
  });

  test('is told part by part, with how many there are in all', async () => {
    const world = await withFour();
    const parts: unknown[] = [];
    let after: ConflictsPlace | null = null;
    do {
      const part: ListedConflicts = valueOf(await world.list({ resultsMax: 3, after }));
      parts.push([part.conflicts.map(({ record }) => record), part.total]);
      after = part.next;
    } while (after !== null);
    expect(parts).toEqual([
      [['b', 't', 'c'], 4],
      [['a'], 4],
    ]);
    const waiting = { filter: filterOf({ collections: [NOTES] }), resultsMax: 1 };
    const first = valueOf(await world.list(waiting));
    const second = valueOf(await world.list({ ...waiting, after: first.next }));
    expect([second.conflicts[0]?.record, second.total, second.next !== null]).toEqual(['c', 3, true]);
    const last = valueOf(await world.list({ ...waiting, after: second.next }));
    expect([last.conflicts[0]?.record, last.total, last.next]).toEqual(['a', 3, null]);
  });

  test.each([
    [{ collections: [TASKS] }, ['t']],
    [{ collections: [TASKS, NOTES] }, ['b', 't', 'c', 'a']],
    [{ record: recordId('c') }, ['c']],
    [{ state: 'open' as const }, ['c', 'a']],
    [{ state: 'resolved' as const }, ['b', 't']],
    [{ state: 'reopened' as const }, []],
    [{ kinds: ['UPDATE_UPDATE' as const] }, ['b', 't', 'c', 'a']],
    [{ kinds: ['SCHEMA' as const, 'CREATE_CREATE' as const] }, []],
    [{ device: deviceId('d-a') }, ['a']],
    [{ device: deviceId('x-c') }, ['c']],
    [{ user: userId('user of d-b') }, ['b']],
    [{ policy: 'server-wins' }, ['t']],
    [{ detectedFromMs: BASE_MS + 2_000 }, ['t', 'c']],
    [{ detectedToMs: BASE_MS + 1_000 }, ['a']],
    [{ detectedFromMs: BASE_MS + 1_000, detectedToMs: BASE_MS + 3_000, state: 'open' as const }, ['c']],
  ])('has those that fit %j', async (filter, records) => {
    const world = await withFour();
    const listed = valueOf(await world.list({ filter: filterOf(filter) }));
    expect([listed.conflicts.map(({ record }) => record), listed.total]).toEqual([records, records.length]);
  });

  test('has what its reader may read', async () => {
    const world = await withFour();
    const reader = (right: 'none' | 'read'): Access => ({
      role: 'reader',
      collections: new Map([[NOTES, right]]),
    });
    await world.allow(reader('none'));
    expect(await recordsOf(world, {}, identityOf(BOB))).toEqual(['t']);
    expect(valueOf(await world.list({}, identityOf(BOB))).total).toBe(1);
    await world.allow(reader('read'));
    expect(await recordsOf(world, {}, identityOf(BOB))).toEqual(['b', 't', 'c', 'a']);
    expect(await recordsOf(world, {}, OPERATOR)).toEqual(['b', 't', 'c', 'a']);
    await world.allow(null);
    expect(reasonOf(await world.list({}, identityOf(BOB)))).toBe('SPACE_NOT_FOUND');
  });

  test('ends where the answer grows large, and goes on from there', async () => {
    const world = await conflictWorld({}, { pageBytesMax: 1_000 });
    for (let n = 0; n < 60; n++) {
      const baseVersion = (await world.head()) + 1;
      await world.device(`x${n}`).push(change.create(`r${n}`, 1), change.update(`r${n}`, 2));
      await world.device(`d${n}`).one(change.update(`r${n}`, 3, { baseVersion }));
    }
    const first = valueOf(await world.list());
    const second = valueOf(await world.list({ after: first.next }));
    expect([first.conflicts.length, first.total, second.conflicts.length, second.next]).toEqual([
      50,
      60,
      10,
      null,
    ]);
    const seen = new Set([...first.conflicts, ...second.conflicts].map(({ id }) => id));
    expect(seen.size).toBe(60);
  });

  test('looks at a bounded number of conflicts in one go, and says where it stopped', async () => {
    const world = await conflictWorld();
    const asked: (number | null)[] = [];
    const facts = (n: number) =>
      payload({
        state: 'open',
        kind: 'SCHEMA',
        id: `r${n}`,
        policy: '',
        devices: [],
        users: [],
        detectedAtMs: 0,
      });
    world.store.conflicts = ({ before, limit }) => {
      asked.push(before);
      const from = before ?? 20_000;
      const rows = Array.from({ length: limit }, (_, at) => from - 1 - at);
      return Promise.resolve(
        rows.map((version) => ({ id: idOf(String(version)), version, facts: facts(version) })),
      );
    };
    const filter = filterOf({ record: recordId('r3') });
    const part = valueOf(await world.list({ filter }));
    expect([part.conflicts, part.next, part.total]).toEqual([[], { before: 10_000, total: 0 }, 0]);
    expect(asked).toHaveLength(10);
  });
});

describe('one conflict', () => {
  const find = { space: HOME, id: ID };

  test('comes with what its device had seen, and with the names of devices', async () => {
    const world = await conflictWorld();
    await world.withConflict();
    await world.store.registerDevice({
      device: { tenant: TENANT, device: deviceId('d') },
      user: ANN,
      nowMs: 0,
      seen: null,
      devicesMax: null,
      name: 'Phone',
      platform: '',
      appVersion: '',
      client: '',
    });
    const told = valueOf(await world.find(ann, find));
    expect(told.base?.record).toMatchObject({ version: 1, deleted: false, device: null });
    expect(readJson(told.base?.record.payload)).toEqual({ n: 1 });
    expect([told.stored.deviceName, told.incoming.deviceName]).toEqual(['', 'Phone']);
    expect(told.incoming.record).toMatchObject({ device: 'd', number: 1, user: 'user of d' });
    expect(told.stored.record).toMatchObject({ device: 'x', number: 2, user: 'user of x', version: 2 });
  });

  test('has what the device had sent before as its base, where it built on that', async () => {
    const world = await conflictWorld();
    const d = world.device('d');
    await world.device('x').push(change.create('a', { n: 1 }), change.update('a', { n: 2 }));
    await d.push(
      change.update('a', { n: 3 }, { baseVersion: 1 }),
      change.update('a', { n: 4 }, { baseVersion: 1, after: 1 }),
    );
    const told = valueOf(await world.find(ann, { ...find, id: recordId(`${NOTES}/d/2`) }));
    expect(readJson(told.base?.record.payload)).toEqual({ n: 3 });
    expect(told.base?.record).toMatchObject({ version: 0, device: 'd', number: 1 });
  });

  test('has contents that are too large for the ledger, as long as the history has them', async () => {
    const world = await conflictWorld({}, { ledgerSideBytesMax: 4 });
    await world.withConflict();
    expect(valueOf(await world.list()).conflicts[0]).toMatchObject({
      stored: { omitted: true },
      incoming: { omitted: true },
    });
    const whole = valueOf(await world.find(ann, find));
    expect(
      [whole.stored, whole.incoming].map(({ record, omitted }) => [readJson(record.payload), omitted]),
    ).toEqual([
      [{ n: 2 }, false],
      [{ n: 3 }, false],
    ]);
    await world.device('y').push(change.update('a', { n: 8 }, { baseVersion: 2 }));
    await world.store.pruneHistory(HOME_KEY, 1, Number.MAX_SAFE_INTEGER, await world.head());
    const pruned = valueOf(await world.find(ann, find));
    expect([pruned.base, pruned.stored.omitted, pruned.incoming.omitted]).toEqual([null, true, false]);
  });

  test('tells a delete as one, and what is no JSON as it was', async () => {
    const world = await conflictWorld({ json: false, deletes: 'ask' });
    await world
      .device('x')
      .push(change.create('a', new Uint8Array([1])), change.update('a', new Uint8Array([2, 255])));
    await world.device('d').one(change.delete('a', { baseVersion: 1 }));
    const { stored, incoming, kind } = valueOf(await world.find(ann, find));
    expect([kind, [...stored.record.payload!], incoming.record.deleted, incoming.omitted]).toEqual([
      'DELETE_UPDATE',
      [2, 255],
      true,
      false,
    ]);
  });

  test('names its trace', async () => {
    const world = await conflictWorld();
    const trace = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    await world.device('x').push(change.create('a', 1), change.update('a', 2));
    await world.device('d').one(change.update('a', 3, { baseVersion: 1, trace }));
    expect(valueOf(await world.find(ann, find)).traceId).toBe('a'.repeat(32));
  });

  test('is not there for who may not read its record, nor if there is none', async () => {
    const world = await conflictWorld();
    await world.withConflict();
    await world.allow({ role: 'editor', collections: new Map([[NOTES, 'none']]) });
    expect(reasonOf(await world.find(identityOf(BOB), find))).toBe('CONFLICT_NOT_FOUND');
    expect(reasonOf(await world.find(ann, { ...find, id: recordId(`${NOTES}/x/9`) }))).toBe(
      'CONFLICT_NOT_FOUND',
    );
  });
});
