import { type Announcement, CORE_POLICIES, encodeUtf8, type Policy, policyRegistry } from '@syncline/core';
import { memoryStore } from '@syncline/memory';
import { change, eventually, gate, manualTime, pushOf, rulesOf, wholeSpace } from '@syncline/port-contracts';
import { Unavailable } from '@syncline/ports';
import { createMetrics, recordedTraces } from '@syncline/telemetry';
import { creating, gatedStore, HOME, mergeWorld, REGISTRY, saidOf, WORK } from './merge.test-fixtures';
import { mergeMetrics } from './merge-metrics';

const ids = (count: number, name: string) => Array.from({ length: count }, (_, n) => `${name}${n}`);

describe('gathering', () => {
  test('a push that finds nothing under way is committed at once, whatever becomes of timers', async () => {
    const timer = { after: () => () => undefined };
    const { merge, store } = await mergeWorld({ timer });
    const pushed = merge.push(creating('d', 1, 'a'));
    await Promise.resolve();
    expect(store.begun).toEqual([[HOME]]);
    expect(saidOf(await pushed)).toBe('APPLIED');
  });

  test('what comes during a commit shares the next commit', async () => {
    const { merge, store, metrics } = await mergeWorld({ settings: { commitsMax: 1 } });
    store.hold();
    const first = merge.push(creating('first', 1, 'a'));
    await eventually(() => expect(store.begun).toHaveLength(1));
    const others = ids(40, 'd').map((device) => merge.push(creating(device, 1, `of ${device}`)));
    expect(merge.waiting()).toBe(40);
    store.letThrough();
    expect((await Promise.all([first, ...others])).map(saidOf)).toEqual(Array(41).fill('APPLIED'));
    expect(store.begun).toHaveLength(2);
    expect(merge.waiting()).toBe(0);
    expect(await metrics.text()).toContain('syncline_merge_commit_pushes_sum 41');
  });

  test('what comes in one moment shares the first commit', async () => {
    const { merge, store } = await mergeWorld();
    await Promise.all(ids(10, 'd').map((device) => merge.push(creating(device, 1, device))));
    expect(store.begun).toHaveLength(1);
  });

  test('a commit is bounded in changes and in bytes', async () => {
    const { merge, store } = await mergeWorld({ settings: { commitsMax: 1, batchChangesMax: 10 } });
    await Promise.all(ids(9, 'd').map((device) => merge.push(creating(device, 1, ...ids(4, device)))));
    expect(store.begun).toHaveLength(5);
    const byBytes = await mergeWorld({ settings: { commitsMax: 1, batchBytesMax: 1_000 } });
    await Promise.all(
      ids(9, 'd').map((device) => byBytes.merge.push(creating(device, 1, ...ids(3, device)))),
    );
    expect(byBytes.store.begun).toHaveLength(5);
  });

  test('commits beside each other share no space', async () => {
    const spaces = ids(16, 'acme/s').map((name) => name as typeof HOME);
    const { merge, store } = await mergeWorld({ spaces, settings: { commitsMax: 4, batchChangesMax: 1 } });
    store.hold();
    const pushes = [1, 2].flatMap((first) =>
      spaces.map((space) => merge.push({ ...creating('d', first, `r${first}`), space })),
    );
    await eventually(() => expect(store.begun.length).toBeGreaterThan(1));
    expect(new Set(store.begun.flat()).size).toBe(store.begun.length);
    store.letThrough();
    expect((await Promise.all(pushes)).map(saidOf)).toEqual(Array(32).fill('APPLIED'));
  });

  test('the numbers of a device follow each other, however its pushes are cut into commits', async () => {
    const { merge, store } = await mergeWorld({ settings: { batchChangesMax: 3 } });
    const pushes = Array.from({ length: 30 }, (_, n) => merge.push(creating('d', n + 1, `r${n}`)));
    expect((await Promise.all(pushes)).map(saidOf)).toEqual(Array(30).fill('APPLIED'));
    expect(store.begun).toHaveLength(10);
  });

  test('a critical push is committed before what waited already', async () => {
    const { merge, store } = await mergeWorld({ settings: { commitsMax: 1, batchChangesMax: 1 } });
    store.hold();
    const order: string[] = [];
    const noting = (name: string, decided: Promise<unknown>) => decided.then(() => void order.push(name));
    const begun = merge.push(creating('d', 1, 'a'));
    await eventually(() => expect(store.begun).toHaveLength(1));
    const critical = pushOf('x', [{ ...change.create('c', 1), critical: true as const }]);
    const all = [
      noting('slow', merge.push(creating('y', 1, 'b'))),
      noting('told', merge.decide(creating('z', 1, 'e'), { critical: true })),
      noting('critical', merge.push({ space: HOME, push: critical })),
    ];
    store.letThrough();
    await Promise.all([begun, ...all]);
    expect(order).toEqual(['told', 'critical', 'slow']);
  });
});

describe('bounds', () => {
  test('beyond as many pushes as may wait, more are refused with the time to come back', async () => {
    const { merge, store } = await mergeWorld({
      settings: { commitsMax: 1, waitingPushesMax: 2, retryAfterMs: 70 },
    });
    store.hold();
    const begun = merge.push(creating('d', 1, 'a'));
    await eventually(() => expect(store.begun).toHaveLength(1));
    const waiting = ['x', 'y'].map((device) => merge.push(creating(device, 1, device)));
    expect(await merge.push(creating('z', 1, 'z'))).toMatchObject({
      kind: 'refused',
      refusal: {
        reason: 'UNAVAILABLE',
        retryAfterMs: 70,
        facts: { limit: 'waiting_pushes_max', allowed: '2' },
      },
    });
    store.letThrough();
    expect((await Promise.all([begun, ...waiting])).map(saidOf)).toEqual(Array(3).fill('APPLIED'));
    expect(saidOf(await merge.push(creating('z', 1, 'z')))).toBe('APPLIED');
  });

  test('beyond as many bytes as may wait as well; a single push may always wait', async () => {
    const { merge, store } = await mergeWorld({ settings: { commitsMax: 1, waitingBytesMax: 100 } });
    store.hold();
    const begun = merge.push(creating('d', 1, 'a'));
    await eventually(() => expect(store.begun).toHaveLength(1));
    const waiting = merge.push(creating('x', 1, 'x'));
    expect(await merge.push(creating('y', 1, 'y'))).toMatchObject({
      refusal: { reason: 'UNAVAILABLE', facts: { limit: 'waiting_bytes_max' } },
    });
    store.letThrough();
    expect([saidOf(await begun), saidOf(await waiting)]).toEqual(['APPLIED', 'APPLIED']);
  });

  test('a push whose time has passed while it waited is not begun', async () => {
    const clock = manualTime();
    const { merge, store } = await mergeWorld({ clock, settings: { commitsMax: 1 } });
    store.hold();
    const begun = merge.push(creating('d', 1, 'a'));
    await eventually(() => expect(store.begun).toHaveLength(1));
    const deadlineAtMs = clock.nowMs() + 100;
    const late = merge.decide(creating('x', 1, 'x'), { deadlineAtMs });
    const patient = merge.decide(creating('y', 1, 'y'), { deadlineAtMs: deadlineAtMs + 1 });
    clock.advance(100);
    store.letThrough();
    await begun;
    expect((await late).result).toMatchObject({ refusal: { reason: 'DEADLINE_EXCEEDED' } });
    expect(saidOf((await patient).result)).toBe('APPLIED');
    expect((await wholeSpace(store, HOME)).rows.map(({ id }) => id)).toEqual(['a', 'y']);
  });
});

describe('answers', () => {
  test('tell the head after the commit; a refused push has none', async () => {
    const { merge } = await mergeWorld();
    const [left, right, gap] = await Promise.all([
      merge.decide(creating('d', 1, 'a', 'b')),
      merge.decide(creating('x', 1, 'c')),
      merge.decide(creating('y', 9, 'd')),
    ]);
    expect([left.head, right.head, gap.head, saidOf(gap.result)]).toEqual([3, 3, 0, 'CHANGE_NUMBER_GAP']);
  });

  test('a space that is not there refuses only its own', async () => {
    const { merge } = await mergeWorld();
    const nowhere = { ...creating('d', 1, 'a'), space: 'acme/none' as typeof HOME };
    const results = await Promise.all([merge.push(nowhere), merge.push(creating('d', 1, 'a'))]);
    expect(results.map(saidOf)).toEqual(['SPACE_NOT_FOUND', 'APPLIED']);
  });
});

describe('what fails', () => {
  test('a store that cannot be reached refuses the whole batch with the time to come back, and nothing is lost', async () => {
    const memory = memoryStore();
    const transact = jest.fn<Promise<unknown>, Parameters<typeof memory.transact>>((spaces, work) =>
      memory.transact(spaces, work),
    );
    const { merge, log } = await mergeWorld({
      store: gatedStore({ ...memory, transact: transact as typeof memory.transact }),
    });
    transact.mockRejectedValueOnce(new Unavailable('Postgres'));
    const pushes = ids(5, 'd').map((device) => creating(device, 1, device));
    const refused = await Promise.all(pushes.map((push) => merge.push(push)));
    expect(refused.map(saidOf)).toEqual(Array(5).fill('UNAVAILABLE'));
    expect(refused[0]).toMatchObject({ refusal: { retryAfterMs: 500 } });
    expect(transact).toHaveBeenCalledTimes(1);
    expect(log.events.map(({ level }) => level)).toEqual(['warn']);
    expect((await Promise.all(pushes.map((push) => merge.push(push)))).map(saidOf)).toEqual(
      Array(5).fill('APPLIED'),
    );
  });

  test('when nobody knows whether a commit happened, the same pushes come again and take effect once', async () => {
    const memory = memoryStore();
    const transact: typeof memory.transact = async (spaces, work) => {
      await memory.transact(spaces, work);
      throw new Unavailable('Postgres');
    };
    const store = gatedStore(memory);
    const broken = await mergeWorld({ store: { ...store, transact } });
    expect(saidOf(await broken.merge.push(creating('d', 1, 'a', 'b')))).toBe('UNAVAILABLE');
    const { merge } = await mergeWorld({ store });
    expect(saidOf(await merge.push(creating('d', 1, 'a', 'b')))).toBe('APPLIED* APPLIED*');
    expect((await wholeSpace(store, HOME)).state.head).toBe(2);
  });

  /** Saving anything of the poison device fails, whatever else is saved with it. */
  function poisonedStore() {
    const memory = memoryStore();
    return gatedStore({
      ...memory,
      transact: (spaces, work) =>
        memory.transact(spaces, (transaction) =>
          work({
            ...transaction,
            async save(plans) {
              if (plans.some(({ receipts }) => receipts.some(({ device }) => device.startsWith('poison'))))
                throw Object.assign(new Error('cannot be saved'), {
                  code: '22P05',
                  detail: 'the payload: secret',
                });
              await transaction.save(plans);
            },
          }),
        ),
    });
  }

  test('a push that fails alone is refused, and its neighbours are committed', async () => {
    const { merge, store, log, metrics } = await mergeWorld({
      store: poisonedStore(),
      settings: { commitsMax: 1 },
    });
    const devices = ['a', 'b', 'poison1', 'c', 'd', 'e', 'poison2', 'f'];
    const pushes = devices.map((device) => merge.push(creating(device, 1, device)));
    const elsewhere = merge.push({ ...creating('g', 1, 'g'), space: WORK });
    const said = (await Promise.all([...pushes, elsewhere])).map(saidOf);
    expect(said).toEqual(
      [...devices, 'g'].map((device) => (device.startsWith('poison') ? 'INTERNAL' : 'APPLIED')),
    );
    expect((await wholeSpace(store, HOME)).rows).toHaveLength(6);
    expect(await metrics.text()).toContain('syncline_merge_poisoned_pushes_total 2');
    const errors = log.events.filter(({ level }) => level === 'error');
    expect(errors).toHaveLength(2);
    expect(errors[0]).toMatchObject({ fields: { because: 'cannot be saved', code: '22P05', changes: 1 } });
    expect(JSON.stringify(log.events)).not.toMatch(/secret|acme\/home/);
  });

  test('a fault beside a commit leaves no push without an answer, and each is counted once', async () => {
    const registry = createMetrics({ withProcess: false });
    const traces = recordedTraces();
    const committed = () => {
      throw new Error('broken');
    };
    const { merge } = await mergeWorld({
      store: poisonedStore(),
      settings: { commitsMax: 1 },
      metrics: { ...mergeMetrics(registry), committed },
      traces,
    });
    const pushes = ['a', 'poison', 'b', 'c'].map((device, n) =>
      merge.push({
        ...creating(device, 1, device),
        traceparent: `00-${'a'.repeat(32)}-${`${n}`.repeat(15)}f-01`,
      }),
    );
    const said = (await Promise.all(pushes)).map(saidOf);
    expect(said).toEqual(['APPLIED', 'INTERNAL', 'INTERNAL', 'INTERNAL']);
    await merge.close();
    const text = await registry.text();
    expect(text).toContain('syncline_merge_pushes_total{result="outcomes"} 1');
    expect(text).toContain('syncline_merge_pushes_total{result="INTERNAL"} 3');
    expect(traces.named('merge.push').map(({ ended }) => ended)).toEqual(Array(4).fill(true));
  });

  test('the pushes of one device stay in order while a poisonous one is looked for', async () => {
    const { merge } = await mergeWorld({ store: poisonedStore(), settings: { commitsMax: 1 } });
    const own = [1, 2, 3, 4, 5].map((first) => merge.push(creating('d', first, `r${first}`)));
    const poison = merge.push(creating('poison', 1, 'p'));
    const later = [6, 7, 8].map((first) => merge.push(creating('d', first, `r${first}`)));
    expect((await Promise.all([...own, ...later])).map(saidOf)).toEqual(Array(8).fill('APPLIED'));
    expect(saidOf(await poison)).toBe('INTERNAL');
  });

  test('a store that goes away while a poisonous push is looked for refuses what is left', async () => {
    const store = poisonedStore();
    const memory = { ...store };
    let left = 3;
    const transact: typeof memory.transact = (spaces, work) => {
      if (left-- <= 0) throw new Unavailable('Postgres');
      return memory.transact(spaces, work);
    };
    const { merge } = await mergeWorld({ store: { ...store, transact }, settings: { commitsMax: 1 } });
    const devices = ['a', 'b', 'c', 'poison'];
    const said = (await Promise.all(devices.map((device) => merge.push(creating(device, 1, device))))).map(
      saidOf,
    );
    expect(said).toEqual(['APPLIED', 'APPLIED', 'UNAVAILABLE', 'UNAVAILABLE']);
  });

  test('a policy that throws rejects its change only, and the operator is told without the content', async () => {
    const failing: Policy = {
      ...(CORE_POLICIES['last-write-wins'] as Policy),
      name: 'failing',
      resolve: ({ incoming }) => {
        throw new SyntaxError(`cannot read ${Buffer.from(incoming.payload!).toString()}`);
      },
    };
    const policies = policyRegistry([...REGISTRY.values(), failing]);
    const { merge, store, log, metrics } = await mergeWorld({ policies });
    await store.declare(HOME, rulesOf('notes', { policy: 'failing' }));
    await merge.push(creating('x', 1, 'a'));
    const conflicting = pushOf('d', [
      change.create('b', 1),
      change.update('a', { is: 'private' }, { atMs: 5 }),
      change.create('c', 1),
    ]);
    const [result, neighbour] = await Promise.all([
      merge.push({ space: HOME, push: conflicting }),
      merge.push(creating('y', 1, 'e')),
    ]);
    expect([saidOf(result), saidOf(neighbour)]).toEqual(['APPLIED REJECTED APPLIED', 'APPLIED']);
    expect(log.events).toMatchObject([
      { level: 'error', fields: { policy: 'failing', failure: 'SyntaxError' } },
    ]);
    expect(JSON.stringify(log.events)).not.toContain('private');
    expect(await metrics.text()).toContain('syncline_merge_policy_failures_total{policy="failing"} 1');
  });
});

describe('announcing', () => {
  test('tells commits in order, space by space, and that they were told', async () => {
    const { merge, announcements, store } = await mergeWorld({ settings: { batchChangesMax: 1 } });
    const heard: Announcement[] = [];
    announcements.listen(HOME, (each) => heard.push(each));
    await Promise.all([1, 2, 3, 4].map((first) => merge.push(creating('d', first, `r${first}`))));
    await merge.close();
    expect(heard.map(({ from, to }) => [from, to])).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 4],
    ]);
    expect(await store.unannounced(9)).toEqual([]);
  });

  test('never delays an answer or the next commit, nor another space', async () => {
    const stuck = gate();
    const told: string[] = [];
    const announcements = {
      listen: () => () => undefined,
      publish: async (space: string) => {
        if (space === HOME) await stuck.opened;
        told.push(space);
      },
    };
    const { merge } = await mergeWorld({ announcements, settings: { commitsMax: 1 } });
    for (const first of [1, 2, 3])
      expect(saidOf(await merge.push(creating('d', first, `r${first}`)))).toBe('APPLIED');
    await merge.push({ ...creating('d', 1, 'a'), space: WORK });
    await eventually(() => expect(told).toEqual([WORK]));
    stuck.open();
    await merge.close();
    expect(told).toEqual([WORK, HOME, HOME, HOME]);
  });

  test('what could not be told is left to the repair', async () => {
    const announcements = {
      listen: () => () => undefined,
      publish: jest.fn().mockRejectedValue(new Unavailable('NATS')),
    };
    const { merge, store, metrics } = await mergeWorld({ announcements });
    expect(saidOf(await merge.push(creating('d', 1, 'a')))).toBe('APPLIED');
    await merge.close();
    expect(await store.unannounced(9)).toMatchObject([{ space: HOME, announced: 0, head: 1 }]);
    expect(await metrics.text()).toContain('syncline_merge_announcements_total{how="failed"} 1');
  });

  test('so is what comes when too much waits to be told', async () => {
    const stuck = gate();
    const announcements = { listen: () => () => undefined, publish: jest.fn(() => stuck.opened) };
    const { merge, metrics } = await mergeWorld({ announcements, settings: { announcingBytesMax: 400 } });
    for (const first of [1, 2, 3, 4, 5]) await merge.push(creating('d', first, `r${first}`));
    stuck.open();
    await merge.close();
    expect(await metrics.text()).toMatch(
      /how="done"} 3[^]*how="dropped"} 2|how="dropped"} 2[^]*how="done"} 3/,
    );
  });

  test('the mark is written once for many commits', async () => {
    const time = manualTime();
    const store = gatedStore();
    const mark = jest.spyOn(store, 'markAnnounced');
    const { merge } = await mergeWorld({ store, timer: time });
    for (const first of [1, 2, 3]) await merge.push(creating('d', first, `r${first}`));
    expect(mark).not.toHaveBeenCalled();
    time.advance(1_000);
    await eventually(() => expect(mark.mock.calls).toEqual([[new Map([[HOME, 3]])]]));
  });
});

describe('ending', () => {
  test('commits and answers what waits, announces it, and takes no more', async () => {
    const { merge, store } = await mergeWorld({ settings: { commitsMax: 1, batchChangesMax: 2 } });
    store.hold();
    const pushes = ids(7, 'd').map((device) => merge.push(creating(device, 1, device)));
    await eventually(() => expect(store.begun).toHaveLength(1));
    const closed = merge.close();
    expect(await merge.push(creating('late', 1, 'late'))).toMatchObject({
      refusal: { reason: 'UNAVAILABLE' },
    });
    store.letThrough();
    await closed;
    expect((await Promise.all(pushes)).map(saidOf)).toEqual(Array(7).fill('APPLIED'));
    expect(await store.unannounced(9)).toEqual([]);
  });
});

test('nothing of a record reaches the log when a commit fails', async () => {
  const memory = memoryStore();
  const store = gatedStore({
    ...memory,
    transact: async () => {
      throw new SyntaxError('Unexpected token in "private text"');
    },
  });
  const { merge, log } = await mergeWorld({ store });
  const push = pushOf('d', [change.create('a', encodeUtf8('private text'))]);
  expect(saidOf(await merge.push({ space: HOME, push }))).toBe('INTERNAL');
  expect(JSON.stringify(log.events)).not.toContain('private');
});
