import { type Access, deviceId, HOLDS_NOTHING } from '@syncline/core';
import { manualTime, change, deviceOn, NOTES } from '@syncline/port-contracts';
import { hmacCursorKeys, memoryAnnouncements, memoryStore, memoryWhereabouts } from '@syncline/memory';
import { followChanges, type FollowRequest } from './follow-changes';
import { ANN, flowWorld, HOME_KEY, OWNER_OF_ALL } from './flows.test-fixtures';

async function begin() {
  const time = manualTime();
  const store = memoryStore();
  const keys = hmacCursorKeys([{ id: 1, secret: new Uint8Array(32) }]);
  const { limits } = await flowWorld({ store, announcements: memoryAnnouncements(), clock: time, keys });
  const whereabouts = memoryWhereabouts();
  const follow = followChanges({ receipts: store, devices: store, whereabouts, clock: time, limits });
  return {
    time,
    store,
    whereabouts,
    limits,
    writer: deviceOn(store, HOME_KEY, 'writer'),
    acknowledge: (device: string, version: number) =>
      store.acknowledge([
        {
          space: HOME_KEY,
          seen: { device: deviceId(device), user: ANN, nowMs: time.nowMs(), skewMs: 0 },
          version,
        },
      ]),
    stages: async (numbers: readonly number[], given: Partial<FollowRequest> = {}) => {
      const request = { access: OWNER_OF_ALL, device: deviceId('writer'), numbers, ...given };
      const answer = await follow(HOME_KEY, request);
      if (!answer.ok) throw new Error(answer.refusal.reason);
      return answer.value.changes;
    },
  };
}

test('a change goes from stage to stage', async () => {
  const { store, writer, acknowledge, stages } = await begin();
  const stage = async () => (await stages([1])).map((each) => each.stage);
  expect(await stage()).toEqual(['unknown']);
  await writer.push(change.create('a', {}));
  expect(await stage()).toEqual(['committed']);
  await store.markAnnounced(new Map([[HOME_KEY, 1]]));
  expect(await stage()).toEqual(['announced']);
  await acknowledge('slow', 0);
  await acknowledge('quick', 1);
  expect(await stage()).toEqual(['delivered']);
  await acknowledge('slow', 1);
  expect(await stage()).toEqual(['acknowledged']);
});

describe('what gateways remember', () => {
  const marks = (...all: readonly number[]) => ({ since: 0, marks: [...all] });
  const unknown = { since: 9, marks: null };

  test('tells when a change was announced, sent and acknowledged', async () => {
    const { writer, whereabouts, acknowledge, stages } = await begin();
    await writer.push(change.create('a', {}));
    await acknowledge('quick', 1);
    await acknowledge('slow', 0);
    const [quick, slow] = [deviceId('quick'), deviceId('slow')];
    whereabouts.answer(() => ({
      announced: marks(1, 1_100),
      sentUpTo: 1,
      devices: [{ device: quick, trail: { sent: marks(1, 1_200), stored: marks(1, 1_300) } }],
    }));
    // A gateway that hears of it late, and another that says what the store does not confirm yet.
    whereabouts.answer(() => ({
      announced: marks(3, 9_000),
      sentUpTo: 3,
      devices: [
        { device: quick, trail: { sent: marks(3, 9_100), stored: unknown } },
        { device: slow, trail: { sent: marks(2, 1_400), stored: marks(2, 1_500) } },
      ],
    }));
    expect(await stages([1])).toMatchObject([
      {
        stage: 'delivered',
        announcedAtMs: 1_100,
        others: [
          { device: 'slow', acknowledged: 0, delivered: 2, deliveredAtMs: 1_400, acknowledgedAtMs: 0 },
          { device: 'quick', acknowledged: 1, delivered: 3, deliveredAtMs: 1_200, acknowledgedAtMs: 1_300 },
        ],
      },
    ]);
  });

  test('moves a change on before anything of it is stored', async () => {
    const { writer, whereabouts, stages } = await begin();
    await writer.push(change.create('a', {}));
    const heard = whereabouts.answer(() => ({ announced: marks(1, 1_100), sentUpTo: 0, devices: [] }));
    expect(await stages([1])).toMatchObject([{ stage: 'announced', announcedAtMs: 1_100 }]);
    heard();
    whereabouts.answer(() => ({ announced: null, sentUpTo: 1, devices: [] }));
    expect(await stages([1])).toMatchObject([{ stage: 'delivered', announcedAtMs: 0 }]);
  });

  test('is asked of the other devices, and only where there is something to find', async () => {
    const { writer, whereabouts, acknowledge, stages } = await begin();
    const asked: unknown[] = [];
    whereabouts.answer((question) => {
      asked.push(question);
      return { announced: null, sentUpTo: 0, devices: [] };
    });
    await acknowledge('reader', 0);
    await acknowledge('writer', 0);
    await writer.push(change.update('nothing', {}, { baseVersion: 9 }));
    await stages([1, 2]);
    expect(asked).toEqual([]);
    await writer.push(change.create('a', {}));
    await stages([1, 2]);
    expect(asked).toEqual([{ space: HOME_KEY, author: 'writer', devices: ['reader'] }]);
  });

  test('may be nothing', async () => {
    const { store, writer, acknowledge, stages } = await begin();
    await writer.push(change.create('a', {}));
    await store.markAnnounced(new Map([[HOME_KEY, 1]]));
    await acknowledge('reader', 1);
    expect(await stages([1])).toMatchObject([
      {
        stage: 'acknowledged',
        announcedAtMs: 0,
        others: [{ device: 'reader', delivered: 1, deliveredAtMs: 0, acknowledgedAtMs: 0 }],
      },
    ]);
  });
});

test('the trace is that of the change', async () => {
  const { writer, stages } = await begin();
  const trace = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
  await writer.push(change.create('a', {}, { trace }), change.create('b', {}));
  expect((await stages([1, 2])).map(({ traceId }) => traceId)).toEqual(['a'.repeat(32), '']);
});

test('devices that stay away longer than the horizon, or keep no copy, are not waited for', async () => {
  const { store, time, limits, writer, acknowledge, stages } = await begin();
  await writer.push(change.create('a', {}));
  await store.markAnnounced(new Map([[HOME_KEY, 1]]));
  await acknowledge('lost', 0);
  await acknowledge('uploader', HOLDS_NOTHING);
  time.advance(limits.offlineHorizonMs + 1);
  await acknowledge('reader', 1);
  expect(await stages([1])).toMatchObject([
    {
      stage: 'acknowledged',
      acknowledgedCount: 1,
      deviceCount: 2,
      others: [{ device: 'lost' }, { device: 'reader' }],
    },
  ]);
});

test('a rejected change is decided, and there is nothing to wait for', async () => {
  const { store, writer, stages } = await begin();
  await writer.push(change.update('nothing', {}, { baseVersion: 9 }));
  await store.markAnnounced(new Map([[HOME_KEY, 1]]));
  expect(await stages([1])).toMatchObject([
    { stage: 'committed', version: 0, outcome: { status: 'REJECTED', reason: 'BASE_VERSION_UNKNOWN' } },
  ]);
});

test('what was forgotten is known to have been taken', async () => {
  const { store, time, writer, stages } = await begin();
  await writer.push(change.create('a', {}));
  await store.pruneReceipts(HOME_KEY, time.nowMs() + 1);
  expect(await stages([1])).toMatchObject([
    { stage: 'committed', version: 0, committedAtMs: 0, outcome: { status: 'APPLIED', repeated: true } },
  ]);
});

test('who may not see every collection is not told what a conflict or a message names', async () => {
  const { writer, stages } = await begin();
  await writer.push(change.create('a', { n: 1 }));
  await writer.push(change.update('b', {}, { baseVersion: 9 }));
  const narrowed: Access = { role: 'reader', collections: new Map([[NOTES, 'none']]) };
  const [, told] = await stages([1, 2]);
  const [, hidden] = await stages([1, 2], { access: narrowed });
  expect(told!.outcome!.message).not.toBe('');
  expect(hidden!.outcome).toMatchObject({ status: 'REJECTED', message: '', conflict: null });
});
