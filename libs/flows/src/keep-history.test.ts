import { type CollectionRules, recordId } from '@syncline/core';
import { BASE_MS, change, deviceOn, NOTES, readJson, rulesOf } from '@syncline/port-contracts';
import { type ConflictWorld, conflictWorld, deciding, ID, valueOf } from './conflict-world.test-fixtures';
import { ANN, chainOf, HOME, HOME_KEY, identityOf } from './flows.test-fixtures';
import { keepSpace } from './keep-space';
import type { Moment } from './past-moment';
import { readPast } from './read-past';
import { readSpaceAt } from './read-space-at';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const ann = identityOf(ANN);
const A = { space: HOME, collection: NOTES, id: recordId('a') };

const keeping = ({ store, clock, limits }: ConflictWorld) =>
  keepSpace({
    deltas: store,
    conflicts: store,
    devices: store,
    upkeep: store,
    syncLog: store,
    chain: chainOf(store),
    clock,
    limits,
  });
const versionsKept = async ({ store }: ConflictWorld) =>
  (await store.ofRecord(HOME_KEY, NOTES, A.id, null, 100)).map(({ version }) => version);

describe('a conflict that waits', () => {
  const forgetful: Partial<CollectionRules> = { history: { versionsMax: 1, keptMs: 1, classes: [] } };
  /** What the ledger leaves out is in the history alone. */
  const conflicted = async () => {
    const world = await conflictWorld(forgetful, { ledgerSideBytesMax: 4 });
    await world.withConflict();
    world.clock.advance(1_000);
    await world.device('y').push(change.update('a', { n: 8 }, { baseVersion: 2 }));
    world.clock.advance(40 * DAY_MS);
    return world;
  };
  const contents = async (world: ConflictWorld) => {
    const { base, stored, incoming } = valueOf(await world.find(ann, { space: HOME, id: ID }));
    return [base, stored, incoming].map((side) =>
      side === null || side.omitted ? 'forgotten' : readJson(side.record.payload),
    );
  };

  test('keeps both sides and what they are compared with, however long it waits', async () => {
    const world = await conflicted();
    expect(await keeping(world)(HOME_KEY)).toMatchObject({ history: 0 });
    expect(await contents(world)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    valueOf(await world.resolve(ann, deciding({ kind: 'keep-incoming' })));
    expect(await world.content()).toEqual({ n: 3 });
  });

  test('keeps them no more once it is decided', async () => {
    const world = await conflicted();
    valueOf(await world.resolve(ann, deciding({ kind: 'keep-stored' })));
    world.clock.advance(40 * DAY_MS);
    expect(await keeping(world)(HOME_KEY)).toMatchObject({ history: 2 });
    expect(await contents(world)).toEqual(['forgotten', 'forgotten', { n: 3 }]);
  });

  test('keeps the change of the device that its own was made after', async () => {
    const world = await conflictWorld(forgetful, { ledgerSideBytesMax: 4 });
    const d = world.device('d');
    await d.push(change.create('a', { n: 1 }));
    await world.device('x').push(change.update('a', { n: 2 }, { baseVersion: 1 }));
    const { conflict } = await d.one(change.update('a', { n: 3 }, { after: 1 }));
    expect(conflict?.state).toBe('open');
    world.clock.advance(40 * DAY_MS);
    expect(await keeping(world)(HOME_KEY)).toMatchObject({ history: 0 });
    const told = valueOf(await world.find(ann, { space: HOME, id: conflict!.id }));
    expect(readJson(told.base?.record.payload)).toEqual({ n: 1 });
  });
});

describe('history that is thinned out', () => {
  const classes = [{ olderThanMs: DAY_MS, onePerMs: DAY_MS }];
  /** A version in the morning, at noon and in the evening of each of three days, and one long after. */
  const overDays = async () => {
    const world = await conflictWorld({
      policy: 'last-write-wins',
      history: { versionsMax: 0, keptMs: 0, classes },
    });
    await world.store.declare(HOME_KEY, rulesOf('tasks'));
    const startMs = Math.ceil(BASE_MS / DAY_MS) * DAY_MS;
    const times = [0, 1, 2].flatMap((day) => [6, 12, 18].map((hour) => day * DAY_MS + hour * HOUR_MS));
    for (const [index, ms] of [...times, 60 * DAY_MS].entries()) {
      world.clock.advance(startMs + ms - world.clock.nowMs());
      const device = deviceOn(world.store, HOME_KEY, `d${index}`, { nowMs: world.clock.nowMs() });
      const given = { baseVersion: index, atMs: world.clock.nowMs() - BASE_MS };
      await device.push((index === 0 ? change.create : change.update)('a', { n: index + 1 }, given));
    }
    await deviceOn(world.store, HOME_KEY, 't', { nowMs: world.clock.nowMs() }).push(
      change.create('t', {}, { collection: rulesOf('tasks').collection }),
    );
    expect(await keeping(world)(HOME_KEY)).toMatchObject({ history: 6 });
    expect(await versionsKept(world)).toEqual([10, 9, 6, 3]);
    const stores = { ...world, history: world.store, past: world.store, directory: world.store };
    const past = readPast(stores);
    const at = async (moment: Moment) => {
      const found = await past.recordAt(ann, { ...A, at: moment });
      return found.ok ? readJson(found.value.record?.payload) : found.refusal.reason;
    };
    const space = async (version: number, collections: string[] = []) => {
      const parts: unknown[] = [];
      const call = { space: HOME, at: { kind: 'version' as const, version } };
      for await (const part of readSpaceAt(stores)(ann, { ...call, collections: collections as never[] })) {
        if (!part.ok) return part.refusal.reason;
        parts.push(...part.value.records.map(({ payload }) => readJson(payload)));
      }
      return parts;
    };
    return { world, startMs, at, space };
  };

  test('tells a record as it was at the end of each day, and never as it was before', async () => {
    const { at, startMs } = await overDays();
    const told = [];
    for (let version = 1; version <= 10; version++) told.push(await at({ kind: 'version', version }));
    const none = 'VERSION_NOT_FOUND';
    expect(told).toEqual([none, none, { n: 3 }, none, none, { n: 6 }, none, none, { n: 9 }, { n: 10 }]);
    const hours = (count: number): Moment => ({ kind: 'time', timeMs: startMs + count * HOUR_MS });
    expect(await at(hours(24))).toEqual({ n: 3 });
    // The morning's version was committed, and is forgotten: the evening's of the day before is not what was then.
    expect(await at(hours(31))).toBe(none);
    expect(await at(hours(47))).toEqual({ n: 6 });
  });

  test('tells a space from where nothing is missing in it, and a collection from where nothing is in that', async () => {
    const { space } = await overDays();
    expect(await space(8)).toBe('VERSION_NOT_FOUND');
    expect(await space(6, [NOTES])).toBe('VERSION_NOT_FOUND');
    expect(await space(6, ['tasks'])).toEqual([]);
    expect(await space(9)).toEqual([{ n: 9 }]);
    expect(await space(11)).toEqual([{ n: 10 }, {}]);
  });

  test('that goes on while a space is read ends the reading', async () => {
    const { world } = await overDays();
    const stores = { ...world, past: world.store, directory: world.store };
    const parts: string[] = [];
    const call = { space: HOME, at: { kind: 'version' as const, version: 9 }, collections: [] };
    for await (const part of readSpaceAt(stores)(ann, call)) {
      parts.push(part.ok ? `${part.value.records.length}` : part.refusal.reason);
      await world.store.pruneHistory(HOME_KEY, 1, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    }
    expect(parts).toEqual(['0', 'VERSION_NOT_FOUND']);
  });

  test('knows no base that it forgot, so that nothing is merged against another one', async () => {
    const { world } = await overDays();
    await world.store.declare(HOME_KEY, rulesOf(NOTES, { policy: 'field-merge' }));
    const late = deviceOn(world.store, HOME_KEY, 'late', { nowMs: world.clock.nowMs() });
    const { conflict } = await late.one(change.update('a', { n: 4 }, { baseVersion: 4, atMs: -1 }));
    const told = valueOf(await world.find(ann, { space: HOME, id: conflict!.id }));
    expect(told.base).toBeNull();
  });
});
