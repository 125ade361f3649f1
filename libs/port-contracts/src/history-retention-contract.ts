import { deviceId, type HistoryBounds, recordId, type SpaceKey, seenKey, type Version } from '@syncline/core';
import type { PruneMore, Spare } from '@syncline/ports';
import { BASE_MS, change, NOTES, pushOf, readJson, rulesOf } from './change-fixtures';
import { mergeInto } from './merge-fixtures';
import type { StoreWorld } from './store-under-test';

const TASKS = rulesOf('tasks').collection;
const ANY = Number.MAX_SAFE_INTEGER;
const A = recordId('a');
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Midnight in UTC, so that hours and days begin with it. */
const START_MS = Math.floor(BASE_MS / DAY_MS) * DAY_MS;
const LATER_MS = START_MS + 1_000 * DAY_MS;

interface Write {
  readonly id?: string;
  readonly collection?: typeof NOTES;
  readonly hours: number;
  readonly deletes?: boolean;
}

interface PruneGiven {
  readonly spare?: Spare;
  readonly olderThanMs?: number;
}

const boundsOf = (given: Partial<HistoryBounds>): HistoryBounds => ({
  collection: NOTES,
  versionsMax: 1_000,
  keptSinceMs: 0,
  classes: [],
  ...given,
});

/** What is kept of the history of collections that say so for themselves. */
export function describeHistoryRetention(world: StoreWorld): void {
  const written = async (writes: readonly Write[]): Promise<SpaceKey> => {
    const space = await world.space();
    const standing = new Map<string, { readonly version: Version; readonly isThere: boolean }>();
    for (const [index, { id = 'a', collection = NOTES, hours, deletes = false }] of writes.entries()) {
      const name = `${collection}/${id}`;
      const { version, isThere } = standing.get(name) ?? { version: 0, isThere: false };
      const given = { collection, baseVersion: version };
      const write = isThere ? change.update : change.create;
      const made = isThere && deletes ? change.delete(id, given) : write(id, { n: index + 1 }, given);
      const pushes = new Map([[space, [pushOf(`d${index}`, [made])]]]);
      await mergeInto(world.store, pushes, { nowMs: START_MS + hours * HOUR_MS });
      standing.set(name, { version: index + 1, isThere: !(isThere && deletes) });
    }
    expect((await world.store.reach(space))?.head).toBe(writes.length);
    return space;
  };
  const prune = async (
    space: SpaceKey,
    given: Partial<HistoryBounds>,
    { spare = () => false, olderThanMs = LATER_MS }: PruneGiven = {},
  ) => {
    const more: PruneMore = { collections: [boundsOf(given)], spare: () => Promise.resolve(spare) };
    return (await world.store.pruneHistory(space, 1_000, olderThanMs, ANY, more)).pruned;
  };
  const kept = async (space: SpaceKey, collection = NOTES, id = A) =>
    (await world.store.ofRecord(space, collection, id, null, 100)).map(({ version }) => version);
  const tools: Tools = { written, prune, kept };

  describe('the history of a collection', () => {
    describeBounds(tools);
    describeGaps(world, tools);
    describeReach(world, tools);
    describeTruth(world, tools);
  });
}

interface Tools {
  readonly written: (writes: readonly Write[]) => Promise<SpaceKey>;
  readonly prune: (space: SpaceKey, given: Partial<HistoryBounds>, more?: PruneGiven) => Promise<number>;
  readonly kept: (space: SpaceKey, collection?: typeof NOTES) => Promise<Version[]>;
}

const everyHours = (...hours: readonly number[]): Write[] => hours.map((each) => ({ hours: each }));
const DAILY = { beforeMs: START_MS + 96 * HOUR_MS, onePerMs: DAY_MS };
const HOURLY = { beforeMs: START_MS + 192 * HOUR_MS, onePerMs: HOUR_MS };

function describeBounds({ written, prune, kept }: Tools): void {
  test('is kept by count, by age, or by both, and the newest entry in any case', async () => {
    const space = await written(everyHours(0, 1, 2, 3, 4, 5));
    expect(await prune(space, { versionsMax: 5 })).toBe(1);
    expect(await prune(space, { keptSinceMs: START_MS + 2 * HOUR_MS })).toBe(1);
    expect(await kept(space)).toEqual([6, 5, 4, 3]);
    expect(await prune(space, { versionsMax: 3, keptSinceMs: START_MS + 2 * HOUR_MS })).toBe(1);
    expect(await prune(space, { keptSinceMs: LATER_MS })).toBe(2);
    expect(await kept(space)).toEqual([6]);
    expect(await prune(space, { versionsMax: 0, keptSinceMs: LATER_MS })).toBe(0);
  });

  test('goes by its own bounds, and others by those of the installation', async () => {
    const twice = [0, 1, 2].flatMap((hours) => [{ hours }, { hours, collection: TASKS }]);
    const space = await written(twice);
    expect(await prune(space, { versionsMax: 1 })).toBe(2);
    expect([await kept(space), await kept(space, TASKS)]).toEqual([[5], [6, 4, 2]]);
  });

  test('keeps what was replaced after the bound, however old it is: a device may have it in view', async () => {
    const space = await written(everyHours(0, 1, 50, 51));
    const day = { olderThanMs: START_MS + DAY_MS };
    expect(await prune(space, { versionsMax: 1, keptSinceMs: LATER_MS }, day)).toBe(1);
    expect(await kept(space)).toEqual([4, 3, 2]);
  });

  test('keeps the last version of each period, of longer ones the older it is', async () => {
    const writes = everyHours(0.2, 0.7, 1, 23.9, 24, 47, 100, 100.5, 101.9, 200, 200.5, 201);
    const space = await written(writes);
    expect(await prune(space, { classes: [HOURLY, DAILY] })).toBe(5);
    expect(await kept(space)).toEqual([12, 11, 10, 9, 8, 6, 4]);
    expect(await prune(space, { classes: [HOURLY, DAILY] })).toBe(0);
  });

  test('counts versions that are old enough for a class, and only those that stay', async () => {
    const writes = everyHours(0, 10, 24, 30, 48, 60, 72, 80, 100, 100.2, 200, 201, 202, 203);
    const space = await written(writes);
    expect(await prune(space, { classes: [HOURLY, DAILY], versionsMax: 3 })).toBe(7);
    expect(await kept(space)).toEqual([14, 13, 12, 11, 10, 8, 6]);
  });

  test('spares what the caller wants to be spared', async () => {
    const space = await written(everyHours(0, 1, 2, 3));
    const asked: unknown[] = [];
    const spare: Spare = ({ version, next, collection, id, device, number }) => {
      asked.push([version, next, collection, id, device, number]);
      return version === 2;
    };
    expect(await prune(space, { versionsMax: 1 }, { spare })).toBe(2);
    expect(asked).toEqual([
      [1, 2, NOTES, A, 'd0', 1],
      [2, 3, NOTES, A, 'd1', 1],
      [3, 4, NOTES, A, 'd2', 1],
    ]);
    expect(await kept(space)).toEqual([4, 2]);
  });
}

function describeGaps(world: StoreWorld, { written, prune }: Tools): void {
  const seenAt = async (space: SpaceKey, baseVersion: Version) => {
    const request = { collection: NOTES, id: A, device: deviceId('x'), baseVersion, after: 0 };
    const found = await world.store.seenBy(space, [request]);
    return readJson(found.get(seenKey(request))?.payload);
  };

  test('tells nothing for what it forgot in the middle', async () => {
    const tasks = { collection: TASKS };
    const space = await written([
      { hours: 0 },
      { hours: 24 },
      { hours: 24.5 },
      { hours: 25, ...tasks },
      { hours: 47, deletes: true },
      { hours: 50, ...tasks },
      { hours: 72 },
      { hours: 300 },
    ]);
    expect(await prune(space, { classes: [HOURLY, DAILY] })).toBe(2);
    const versions = [1, 2, 3, 4, 5, 6, 7, 8];
    const told = versions.map((version) => world.store.atOrBefore(space, NOTES, A, version));
    expect((await Promise.all(told)).map((entry) => entry?.version ?? null)).toEqual([
      1,
      null,
      null,
      null,
      5,
      5,
      7,
      8,
    ]);
    const places = versions.map((version) => world.store.placesAt(space, NOTES, version, null, 9));
    expect((await Promise.all(places)).map(([place]) => place?.version)).toEqual([
      1,
      null,
      null,
      null,
      5,
      5,
      7,
      8,
    ]);
    const seen = await Promise.all(versions.map((version) => seenAt(space, version)));
    expect(seen).toEqual([{ n: 1 }, null, null, null, null, null, { n: 7 }, { n: 8 }]);
    // What is forgotten was committed all the same: a time does not stand for a moment before it.
    expect(await world.store.versionAt(space, START_MS + 24.7 * HOUR_MS)).toBe(3);
  });

  test('knows no less for forgetting the same middle in parts', async () => {
    const space = await written(everyHours(0, 24, 25, 26, 27, 300));
    const only = (...versions: number[]) => ({
      spare: ({ version }: { version: Version }) => !versions.includes(version),
    });
    for (const version of [4, 3, 2]) expect(await prune(space, { versionsMax: 1 }, only(version))).toBe(1);
    const told = [1, 2, 3, 4, 5].map((version) => world.store.atOrBefore(space, NOTES, A, version));
    expect((await Promise.all(told)).map((entry) => entry?.version ?? null)).toEqual([
      1,
      null,
      null,
      null,
      5,
    ]);
    expect((await world.store.reach(space))?.keptFrom).toBe(5);
    expect(await prune(space, { versionsMax: 1 }, only(1))).toBe(1);
    expect(await world.store.atOrBefore(space, NOTES, A, 4)).toBeNull();
    expect((await world.store.atOrBefore(space, NOTES, A, 5))?.version).toBe(5);
  });
}

function describeReach(world: StoreWorld, { written, prune }: Tools): void {
  test('moves the reach of that collection and of the whole, and leaves that of others', async () => {
    const space = await written([
      { hours: 0, collection: TASKS },
      { hours: 1 },
      { hours: 2 },
      { hours: 30, collection: TASKS },
      { hours: 31 },
      { hours: 300 },
    ]);
    expect(await prune(space, { classes: [DAILY] })).toBe(1);
    const reach = async (...collections: (typeof NOTES)[]) =>
      (await world.store.reach(space, collections))?.keptFrom;
    expect([await reach(), await reach(NOTES), await reach(TASKS), await reach(TASKS, NOTES)]).toEqual([
      3, 3, 0, 3,
    ]);
    expect((await world.store.entriesAt(space, [1], [TASKS]))?.reach.keptFrom).toBe(0);
    expect((await world.store.entriesAt(space, [1]))?.reach.keptFrom).toBe(3);
  });
}

/** Small, and the same in every run. */
function chances(seed: number): (below: number) => number {
  const state = { at: seed * 2_654_435_761 };
  return (below) => {
    state.at = (Math.imul(state.at ^ (state.at >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    return Math.floor((state.at / 2 ** 32) * below);
  };
}

function describeTruth(world: StoreWorld, { written, prune }: Tools): void {
  test.each([1, 2, 3, 4])('is told as it was or not at all, whatever is pruned (seed %d)', async (seed) => {
    const chance = chances(seed);
    const hours = { now: 0 };
    const writes = Array.from({ length: 40 }, (): Write => {
      hours.now += [0.2, 0.5, 3, 20][chance(4)]!;
      const deletes = chance(5) === 0;
      return { id: 'ab'[chance(2)]!, hours: hours.now, collection: [NOTES, TASKS][chance(2)]!, deletes };
    });
    const space = await written(writes);
    const all = new Map<Version, string>();
    for (let version = 1; version <= writes.length; version++) {
      const { collection, id, payload } = (await world.store.atVersion(space, version))!;
      all.set(version, `${collection}/${id} ${JSON.stringify(readJson(payload))}`);
    }
    const truthAt = (name: string, moment: Version): string | undefined =>
      [...all].filter(([at, what]) => at <= moment && what.startsWith(`${name} `)).at(-1)?.[1];
    const ago = (back: number) => START_MS + (hours.now - back) * HOUR_MS;
    const rounds = { pruned: 0, silent: 0 };
    for (const [versionsMax, older, back] of [
      [1_000, 150, 90],
      [12, 80, 40],
      [3, 10, 5],
    ] as const) {
      const classes = [
        { beforeMs: ago(back / 4), onePerMs: HOUR_MS },
        { beforeMs: ago(back), onePerMs: DAY_MS },
      ];
      const spare = () => chance(10) === 0;
      rounds.pruned += await prune(space, { versionsMax, classes, keptSinceMs: ago(older) }, { spare });
      for (const collection of [NOTES, TASKS]) {
        const { keptFrom } = (await world.store.reach(space, [collection]))!;
        for (const id of ['a', 'b']) {
          for (let moment = 1; moment <= writes.length; moment++) {
            const entry = await world.store.atOrBefore(space, collection, recordId(id), moment);
            const told = entry && `${collection}/${id} ${JSON.stringify(readJson(entry.payload))}`;
            const truth = truthAt(`${collection}/${id}`, moment) ?? null;
            if (told === null && truth !== null) {
              rounds.silent++;
              expect(moment).toBeLessThan(keptFrom);
            } else expect(told).toBe(truth);
          }
        }
      }
    }
    expect(rounds.pruned).toBeGreaterThan(3);
    expect(rounds.silent).toBeGreaterThan(3);
  });
}
