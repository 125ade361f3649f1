import {
  type Announcement,
  checkpointCursor,
  encodeCursor,
  scopeHash,
  type SpaceKey,
  WHOLE_SPACE,
} from '@syncline/core';
import { hmacCursorKeys, memoryAnnouncements, memoryStore } from '@syncline/memory';
import { change, manualTime, pushOf } from '@syncline/port-contracts';
import { announceMissed } from './announce';
import { acknowledge } from './acknowledge';
import { callerOf, chainOf, flowWorld, ANN, HOME_KEY, OWNER_OF_ALL, readerOf } from './flows.test-fixtures';
import { keepSpace } from './keep-space';

const KEYS = hmacCursorKeys([{ id: 1, secret: new Uint8Array(16) }]);
const HASH = scopeHash(WHOLE_SPACE, OWNER_OF_ALL);
const cursorAt = (version: number) => encodeCursor(checkpointCursor(1, version, HASH), HOME_KEY, KEYS);

async function world() {
  const store = memoryStore();
  const announcements = memoryAnnouncements();
  const clock = manualTime();
  const flows = await flowWorld({ store, announcements, clock, keys: KEYS });
  const heard: Announcement[] = [];
  announcements.listen(HOME_KEY, (each) => heard.push(each));
  const ack = acknowledge({ devices: store, keys: KEYS });
  return {
    store,
    announcements,
    clock,
    heard,
    ...flows,
    keep: keepSpace({
      deltas: store,
      conflicts: store,
      devices: store,
      upkeep: store,
      syncLog: store,
      chain: chainOf(store),
      clock,
      limits: flows.limits,
    }),
    missed: announceMissed({ announcements, upkeep: store, deltas: store }),
    acked: (device: string, version: number) =>
      ack(
        HOME_KEY,
        { device: callerOf(device).device, user: ANN, nowMs: clock.nowMs(), skewMs: 0 },
        cursorAt(version),
      ),
  };
}

const created = () => pushOf('x', [change.create('a', 1), change.create('b', 1)]);
const deletedA = () => pushOf('x', [change.delete('a', { baseVersion: 1 })], { first: 3 });

describe('announcing', () => {
  test('tells what plans did, and that it was told', async () => {
    const { push, announce, heard, store } = await world();
    await announce((await push([{ space: HOME_KEY, push: created() }])).plans);
    expect(heard).toMatchObject([{ from: 0, to: 2, entries: [{ kind: 'put' }, { kind: 'put' }] }]);
    expect(await store.unannounced(9)).toEqual([]);
  });

  test('says nothing where nothing moved', async () => {
    const { push, announce, heard } = await world();
    await announce((await push([{ space: HOME_KEY, push: pushOf('x', [change.delete('none')]) }])).plans);
    expect(heard).toEqual([]);
  });

  test('what a crash left untold is told later, once, without entries', async () => {
    const { push, missed, heard, store } = await world();
    await push([{ space: HOME_KEY, push: created() }]);
    await push([{ space: HOME_KEY, push: deletedA() }]);
    expect(await missed(9)).toEqual([HOME_KEY]);
    expect(heard).toMatchObject([{ epoch: 1, from: 0, to: 3, entries: null }]);
    expect(await missed(9)).toEqual([]);
    expect((await store.state(HOME_KEY))?.head).toBe(3);
  });

  test('what cannot be published stays to be told', async () => {
    const { push, announce, announcements, missed } = await world();
    const { plans } = await push([{ space: HOME_KEY, push: created() }]);
    const publish = jest.spyOn(announcements, 'publish').mockRejectedValueOnce(new Error('no connection'));
    await expect(announce(plans)).rejects.toThrow('no connection');
    publish.mockRestore();
    expect(await missed(9)).toEqual([HOME_KEY]);
  });
});

describe('keeping a space', () => {
  const DAY_MS = 86_400_000;

  test('forgets deletes that everyone has seen', async () => {
    const { pushOne, opened, keep, acked, store } = await world();
    await opened('d');
    await pushOne(created());
    await pushOne(deletedA());
    expect(await keep(HOME_KEY)).toMatchObject({ floor: 0, tombstones: 0 });
    await acked('d', 2);
    expect(await keep(HOME_KEY)).toMatchObject({ floor: 2, tombstones: 0 });
    await acked('d', 3);
    expect(await keep(HOME_KEY)).toMatchObject({ floor: 3, tombstones: 1 });
    expect(await keep(HOME_KEY)).toMatchObject({ floor: 3, tombstones: 0 });
    expect((await store.state(HOME_KEY))?.floor).toBe(3);
  });

  test('waits for no one beyond the horizon, who then starts over', async () => {
    const { pushOne, opened, keep, clock, acked } = await world();
    await pushOne(created());
    await opened('away', { cursor: cursorAt(2) });
    await pushOne(deletedA());
    clock.advance(30 * DAY_MS);
    expect(await keep(HOME_KEY)).toMatchObject({ floor: 2, tombstones: 0 });
    clock.advance(1);
    await acked('d', 3);
    expect(await keep(HOME_KEY)).toMatchObject({ floor: 3, tombstones: 1 });
    expect((await opened('away', { cursor: cursorAt(2) })).reset?.reason).toBe('CURSOR_TOO_OLD');
  });

  test('takes nothing away from a first sync that is under way', async () => {
    const { pushOne, opened, keep, read } = await world();
    await pushOne(created());
    const { cursor } = await opened('d');
    await pushOne(deletedA());
    expect(await keep(HOME_KEY)).toMatchObject({ floor: 2 });
    const midway = { ...cursor, position: 1 };
    const page = await read(HOME_KEY, readerOf(callerOf('d').device), midway);
    expect(page).toMatchObject({
      value: { page: { entries: [{ kind: 'put' }, { kind: 'delete', id: 'a' }] } },
    });
  });

  test('forgets old receipts and history, and the numbers stay', async () => {
    const { pushOne, keep, clock } = await world();
    await pushOne(created());
    clock.advance(31 * DAY_MS);
    expect(await keep(HOME_KEY)).toMatchObject({ receipts: 2 });
    expect(await pushOne(created())).toMatchObject({
      outcomes: [{ status: 'APPLIED', version: 0, repeated: true }, {}],
    });
  });

  test('of which nobody knows is nothing', async () => {
    const { keep } = await world();
    expect(await keep('acme/none' as SpaceKey)).toBeNull();
  });
});
