import {
  type Announcement,
  deviceId,
  EMPTY_DIGEST,
  nameHash,
  spaceKey,
  spaceId,
  tenantId,
  userId,
  WHOLE_SPACE,
} from '@syncline/core';
import { memoryStore } from '@syncline/memory';
import { artifactOf, change, deviceOn, eventually, gate, NOTES } from '@syncline/port-contracts';
import { Unavailable } from '@syncline/ports';
import { BEHALF, cursorAt, cursorFrom, deltaWorld, HOME, READER } from './delta.test-fixtures';

const DAY_MS = 86_400_000;
const SUBSCRIBE = {
  kind: 'subscribe',
  space: spaceId('home'),
  scope: WHOLE_SPACE,
  cursor: null,
  mode: 'check-only',
  digests: new Map(),
  pending: [],
  tag: 0,
} as const;

describe('reading', () => {
  test('gives the next page, and the checkpoint at the head', async () => {
    const { delta, store } = await deltaWorld({ limits: { pageRecordsMax: 2 } });
    await deviceOn(store, HOME, 'd').push(...['a', 'b', 'c'].map((id) => change.create(id, {})));
    const first = await delta.read(HOME, READER, cursorFrom(3));
    expect(first).toMatchObject({ value: { page: { entries: [{}, {}] }, checkpoint: null } });
    const second = first.ok ? await delta.read(HOME, READER, first.value.page.cursor) : first;
    expect(second).toMatchObject({ value: { page: { entries: [{}] }, checkpoint: { version: 3 } } });
  });

  test('plans and compares on behalf of whoever asks', async () => {
    const { delta, store } = await deltaWorld();
    await deviceOn(store, HOME, 'd').push(change.create('a', {}));
    expect(await delta.plan(BEHALF, SUBSCRIBE)).toMatchObject({ value: { downloadRecords: 1, head: 1 } });
    const ranges = [{ collection: NOTES, fromId: '', toId: null, digest: EMPTY_DIGEST }];
    expect(await delta.compare(BEHALF, ranges)).toMatchObject({
      value: { answers: [{ kind: 'replace' }], head: 1 },
    });
  });

  test('what cannot be reached is a refusal with the time to come back, a fault is one that tells nothing', async () => {
    const memory = memoryStore();
    const failures = [new Unavailable('Postgres'), new Error('a bug')];
    const changes: typeof memory.changes = () => Promise.reject(failures.shift()!);
    const { delta } = await deltaWorld({ store: { ...memory, changes } });
    expect(await delta.read(HOME, READER, cursorAt(0))).toMatchObject({
      refusal: { reason: 'UNAVAILABLE', retryAfterMs: 500 },
    });
    expect(await delta.read(HOME, READER, cursorAt(0))).toMatchObject({
      refusal: { reason: 'INTERNAL', retryAfterMs: null, facts: {} },
    });
  });

  /** A store whose reads wait until they are let go, and what it was asked. */
  function heldStore() {
    const memory = memoryStore();
    const shut = gate();
    const asked: number[] = [];
    const changes: typeof memory.changes = async (request) => {
      asked.push(request.after);
      await shut.opened;
      return memory.changes(request);
    };
    return { store: { ...memory, changes }, shut, asked };
  }

  test('so much is read at once, and too much is refused', async () => {
    const { store, shut, asked } = heldStore();
    const { delta, metrics } = await deltaWorld({ store, settings: { readsMax: 2, waitingReadsMax: 1 } });
    const reads = [0, 1, 2, 3].map((version) =>
      delta.read(HOME, READER, { ...cursorFrom(0), position: version }),
    );
    expect(await reads[3]).toMatchObject({ refusal: { reason: 'UNAVAILABLE' } });
    expect(asked).toEqual([0, 1]);
    shut.open();
    await Promise.all(reads);
    expect(asked).toEqual([0, 1, 2]);
    expect(await metrics.text()).toContain('delta_queue_refusals_total{limit="waiting_reads_max"} 1');
  });

  test('whoever has gone before their turn is not read for, and was not refused', async () => {
    const { store, shut, asked } = heldStore();
    const { delta, metrics } = await deltaWorld({ store, settings: { readsMax: 1 } });
    const leaving = new AbortController();
    const running = delta.read(HOME, READER, cursorAt(0));
    const left = delta.read(HOME, READER, { ...cursorFrom(0), position: 5 }, leaving.signal);
    leaving.abort();
    expect((await left).ok).toBe(false);
    shut.open();
    expect((await running).ok).toBe(true);
    expect(asked).toEqual([0]);
    expect(await metrics.text()).toContain('delta_queue_refusals_total{limit="waiting_reads_max"} 0');
  });

  test('many who ask the same at the same time are read for twice at most, and no one is given what is too old', async () => {
    const { store, shut, asked } = heldStore();
    const { delta, metrics } = await deltaWorld({ store, settings: { readsMax: 100 } });
    const ask = () => delta.read(HOME, READER, cursorFrom(0));
    const early = ask();
    await eventually(() => expect(asked).toHaveLength(1));
    const others = Array.from({ length: 50 }, ask);
    await deviceOn(store, HOME, 'd').push(change.create('a', {}));
    shut.open();
    await early;
    expect(await Promise.all(others)).toEqual(
      Array(50).fill(
        expect.objectContaining({
          value: expect.objectContaining({
            checkpoint: expect.objectContaining({ version: 1 }) as unknown,
          }) as unknown,
        }),
      ),
    );
    expect(asked).toHaveLength(2);
    expect(await metrics.text()).toContain('syncline_delta_shared_reads_total 49');
    await ask();
    expect(asked).toHaveLength(3);
  });
});

describe('repair', () => {
  async function unannounced() {
    const world = await deltaWorld();
    const heard: Announcement[] = [];
    world.announcements.listen(HOME, (each) => heard.push(each));
    const device = deviceOn(world.store, HOME, 'd');
    await device.push(change.create('a', {}), change.create('b', {}));
    /** One look of the repair, to its end. */
    const look = async () => {
      const before = (await world.metrics.text()).split('\n').length;
      world.time.advance(2_000);
      await new Promise((resolve) => setImmediate(resolve));
      return before;
    };
    return { ...world, heard, device, look };
  }

  test('announces what was not, once, and only after a grace', async () => {
    const { look, heard, store } = await unannounced();
    await look();
    expect(heard).toEqual([]);
    await look();
    await eventually(() => expect(heard).toMatchObject([{ from: 0, to: 2, entries: null }]));
    await look();
    await look();
    expect(heard).toHaveLength(1);
    expect(await store.unannounced(9)).toEqual([]);
  });

  test('keeps away from a space whose announcing goes on', async () => {
    const { look, heard, store, device } = await unannounced();
    for (const [id, version] of [
      ['c', 2],
      ['e', 3],
      ['f', 4],
    ] as const) {
      await look();
      await store.markAnnounced(new Map([[HOME, version]]));
      await device.push(change.create(id, {}));
    }
    expect(heard).toEqual([]);
  });

  test('several instances may do the same, and one goes on where another fails', async () => {
    const { look, heard, start, announcements, store } = await unannounced();
    const other = start();
    const publish = jest.spyOn(announcements, 'publish').mockRejectedValueOnce(new Unavailable('NATS'));
    await look();
    await look();
    await eventually(() => expect(heard.length).toBeGreaterThanOrEqual(1));
    publish.mockRestore();
    await eventually(async () => expect(await store.unannounced(9)).toEqual([]));
    await other.close();
  });

  test('after its end nothing is looked at any more', async () => {
    const { look, heard, delta } = await unannounced();
    await look();
    await delta.close();
    await look();
    await look();
    expect(heard).toEqual([]);
  });
});

describe('retention', () => {
  const SETTINGS = {
    keepEveryMs: 10_000,
    keepSpacesPerSecond: 10,
    keepPageSpaces: 3,
    repairEveryMs: DAY_MS * 100,
  };
  const spaces = Array.from({ length: 8 }, (_, n) => spaceKey(tenantId('acme'), spaceId(`s${n}`)));

  async function aged() {
    const world = await deltaWorld({ settings: SETTINGS });
    for (const space of spaces) {
      await world.store.createSpace(space, null);
      await deviceOn(world.store, space, 'd').push(change.create('a', {}), change.delete('a'));
    }
    world.time.advance(40 * DAY_MS);
    /** Lets virtual time pass in steps as small as the walk's own. */
    const pass = async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 100) {
        world.time.advance(100);
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const floors = async () =>
      Promise.all(spaces.map(async (space) => (await world.store.state(space))!.floor));
    return { ...world, pass, floors };
  }

  test('walks over all spaces, page by page and at its rate, and tells what it did', async () => {
    const { pass, floors, metrics } = await aged();
    await pass(400);
    const begun = (await floors()).filter((floor) => floor > 0).length;
    expect(begun).toBeLessThan(8);
    await pass(3_000);
    expect(await floors()).toEqual(Array(8).fill(2));
    const text = await metrics.text();
    expect(text).toContain('syncline_delta_pruned_total{what="tombstones"} 8');
    expect(text).toContain('syncline_delta_pruned_total{what="receipts"} 16');
    expect(text).toContain('syncline_delta_walk_spaces 9');
    expect(text).toContain('syncline_delta_floor_behind_versions 0');
    expect(text).toContain('syncline_delta_floor_age_seconds 0');
  });

  test('tells how old the oldest write is that no floor has passed', async () => {
    const { pass, store, time, metrics } = await aged();
    await pass(3_000);
    const [space, seen] = [spaces[3]!, { device: deviceId('e'), user: userId('u'), skewMs: 0 }];
    await store.acknowledge([{ space, seen: { ...seen, nowMs: time.nowMs() }, version: 2 }]);
    await deviceOn(store, space, 'f', { nowMs: time.nowMs() }).push(change.create('b', {}));
    await pass(20_000);
    const told = /^syncline_delta_floor_age_seconds (.*)$/m.exec(await metrics.text())?.[1];
    expect(Number(told)).toBeGreaterThan(6);
    expect(Number(told)).toBeLessThan(30);
  });

  test('forgets uploads that nobody went on with, and leaves the others', async () => {
    const { pass, store, time, metrics } = await aged();
    const [left, young, whole] = [1, 2, 3].map((seed) => artifactOf(10, seed));
    const [space, { artifacts }] = [spaces[0]!, store];
    await artifacts.begin(space, left!.info, time.nowMs() - 2 * DAY_MS);
    await artifacts.begin(space, young!.info, time.nowMs());
    await artifacts.begin(space, whole!.info, 0);
    await artifacts.putChunk(space, whole!.info.hash, { index: 0, content: whole!.chunks[0]! }, 0);
    await artifacts.complete(space, whole!.info.hash);
    await pass(15_000);
    expect(await artifacts.state(space, left!.info.hash)).toBeNull();
    expect(await artifacts.list(space, null, 9)).toHaveLength(2);
    expect(await metrics.text()).toContain('syncline_delta_pruned_total{what="uploads"} 1');
  });

  test('only one instance walks; when it has gone without a word, another takes over', async () => {
    const { pass, floors, start, store, time, delta } = await aged();
    await delta.close();
    await store.lease('keep-spaces', 'a dead instance', time.nowMs(), 30_000);
    const next = start();
    await pass(20_000);
    expect(await floors()).toEqual(Array(8).fill(0));
    await pass(25_000);
    expect(await floors()).toEqual(Array(8).fill(2));
    await next.close();
    expect(await store.lease('keep-spaces', 'someone else', time.nowMs(), 1)).toBe(true);
  });

  test('a space that fails holds up no other', async () => {
    const { pass, floors, store, metrics, logged, start, delta } = await aged();
    await delta.close();
    const raise = store.raiseFloor.bind(store);
    jest.spyOn(store, 'raiseFloor').mockImplementation((space, floor) => {
      if (space === spaces[2]) throw new Error('broken');
      return raise(space, floor);
    });
    const next = start();
    await pass(15_000);
    expect(await floors()).toEqual(spaces.map((_, n) => (n === 2 ? 0 : 2)));
    expect(await metrics.text()).toMatch(/upkeep_failures_total\{task="keep"\} [1-9]/);
    expect(await metrics.text()).toContain('syncline_delta_walk_failed_spaces 1');
    expect(logged.join('')).toContain(`"space":"${nameHash(spaces[2]!)}"`);
    expect(logged.join('')).not.toContain(spaces[2]);
    await next.close();
  });

  test('ends in the middle of a walk, and gives the lease back', async () => {
    const { pass, delta, store, time, floors } = await aged();
    await pass(300);
    await delta.close();
    expect((await floors()).filter((floor) => floor > 0).length).toBeLessThan(8);
    expect(await store.lease('keep-spaces', 'someone else', time.nowMs(), 1)).toBe(true);
  });
});

test('after its end everything is refused, and what was under way is answered', async () => {
  const { delta } = await deltaWorld();
  const under = delta.read(HOME, READER, cursorAt(0));
  await delta.close();
  expect((await under).ok).toBe(true);
  expect(await delta.read(HOME, READER, cursorAt(0))).toMatchObject({ refusal: { reason: 'UNAVAILABLE' } });
});
