import {
  type Access,
  checkpointCursor,
  collectionName,
  encodeCursor,
  HOLDS_NOTHING,
  refusal,
  type Scope,
  scopeHash,
  type SpaceId,
  startCursor,
  type UserId,
  WHOLE_SPACE,
} from '@syncline/core';
import { hmacCursorKeys, memoryAnnouncements, memoryStore } from '@syncline/memory';
import { change, manualTime, pushOf } from '@syncline/port-contracts';
import { acknowledge } from './acknowledge';
import {
  ANN,
  callerOf,
  flowWorld,
  HOME,
  HOME_KEY,
  identityOf,
  OWNER_OF_ALL,
  readerOf,
  subscribeTo,
} from './flows.test-fixtures';

const NOTES = collectionName('notes');
const KEYS = hmacCursorKeys([{ id: 1, secret: new Uint8Array(16) }]);
const HIDDEN: Access = { role: 'owner', collections: new Map([[NOTES, 'none']]) };
const hash = (scope: Scope = WHOLE_SPACE, access = OWNER_OF_ALL) => scopeHash(scope, access);
const cursorAt = (version: number, epoch = 1, scope = hash()) =>
  encodeCursor(checkpointCursor(epoch, version, scope), HOME_KEY, KEYS);

/** A space with three records, at version 3. */
async function world() {
  const store = memoryStore();
  const clock = manualTime();
  const flows = await flowWorld({ store, announcements: memoryAnnouncements(), clock, keys: KEYS });
  await flows.pushOne(
    pushOf(
      'x',
      ['a', 'b', 'c'].map((id) => change.create(id, 1)),
    ),
  );
  const held = async (device: string) =>
    (await store.devices(HOME_KEY))?.find((each) => each.device === device)?.acknowledged;
  return { store, clock, held, ...flows };
}

describe('who may come in', () => {
  const open = async (user: UserId, space = HOME, grants = new Map<SpaceId, Access>()) => {
    const answer = await (
      await world()
    ).open(callerOf('d', identityOf(user, grants)), {
      subscribe: subscribeTo({ space }),
      restart: null,
    });
    return answer.ok ? answer.value.access : answer.refusal.reason;
  };

  test('a member', async () => {
    expect(await open(ANN)).toEqual(OWNER_OF_ALL);
  });

  test('whoever has a token that says so, with the access that it says', async () => {
    expect(await open('guest' as UserId, HOME, new Map([[HOME, HIDDEN]]))).toEqual(HIDDEN);
  });

  test('nobody else, who does not even learn whether the space is there', async () => {
    expect(await open('bob' as UserId)).toBe('SPACE_NOT_FOUND');
    expect(await open(ANN, 'none' as SpaceId)).toBe('SPACE_NOT_FOUND');
    expect(await open('guest' as UserId, 'none' as SpaceId, new Map([['none' as SpaceId, HIDDEN]]))).toBe(
      'SPACE_NOT_FOUND',
    );
  });
});

test('a device stays with the user who first came in with it', async () => {
  const { open } = await world();
  const come = (user: UserId) => {
    const caller = callerOf('d', identityOf(user, new Map([[HOME, OWNER_OF_ALL]])));
    return open(caller, { subscribe: subscribeTo(), restart: null });
  };
  expect(await come(ANN)).toMatchObject({ ok: true });
  expect(await come('bob' as UserId)).toMatchObject({
    ok: false,
    refusal: { reason: 'DEVICE_OF_OTHER_USER' },
  });
  expect(await come(ANN)).toMatchObject({ ok: true });
});

describe('where it reads on', () => {
  test('from nothing at the beginning, in a run that knows the head', async () => {
    const { opened } = await world();
    expect(await opened('d')).toMatchObject({
      cursor: startCursor(1, 3, hash()),
      reset: null,
      head: 3,
      lastNumber: 0,
    });
  });

  test('at its cursor', async () => {
    const { opened } = await world();
    expect(await opened('d', { cursor: cursorAt(2) })).toMatchObject({
      cursor: checkpointCursor(1, 2, hash()),
      reset: null,
    });
  });

  test('its own numbers are told', async () => {
    const { opened } = await world();
    expect((await opened('x')).lastNumber).toBe(3);
  });

  test.each<[string, Uint8Array, string]>([
    ['of another epoch', cursorAt(2, 2), 'EPOCH_CHANGED'],
    ['of another scope', cursorAt(2, 1, hash({ ...WHOLE_SPACE, idPrefix: 'a' })), 'SCOPE_CHANGED'],
    ['of other access', cursorAt(2, 1, hash(WHOLE_SPACE, HIDDEN)), 'SCOPE_CHANGED'],
    ['above the head', cursorAt(4), 'INVALID_SYNC_STATE'],
  ])('with a cursor %s it starts over', async (_what, cursor, reason) => {
    const { opened } = await world();
    expect(await opened('d', { cursor })).toMatchObject({
      cursor: startCursor(1, 3, hash()),
      reset: { reason },
    });
  });

  test('with a cursor below the floor it starts over', async () => {
    const { opened, store } = await world();
    await store.raiseFloor(HOME_KEY, 3);
    expect((await opened('d', { cursor: cursorAt(2) })).reset?.reason).toBe('CURSOR_TOO_OLD');
    expect((await opened('d', { cursor: cursorAt(3) })).reset).toBeNull();
  });

  test('a reason that the server has goes before', async () => {
    const { open } = await world();
    const restart = refusal('ACCESS_CHANGED');
    expect(await open(callerOf('d'), { subscribe: subscribeTo(), restart })).toMatchObject({
      value: { reset: restart },
    });
  });

  test('a cursor that was not issued here is refused, and the device stays unknown', async () => {
    const { open, held } = await world();
    for (const cursor of [
      new Uint8Array(3),
      encodeCursor(checkpointCursor(1, 2, hash()), 'acme/work' as typeof HOME_KEY, KEYS),
    ]) {
      const answer = await open(callerOf('d'), { subscribe: subscribeTo({ cursor }), restart: null });
      expect(answer).toMatchObject({ ok: false, refusal: { reason: 'INVALID_CURSOR' } });
    }
    expect(await held('d')).toBeUndefined();
  });

  test('a scope that cannot be answered is refused', async () => {
    const { open } = await world();
    const scope = { ...WHOLE_SPACE, fields: [{ field: 'a', json: '1' }] };
    const answer = await open(callerOf('d'), { subscribe: subscribeTo({ scope }), restart: null });
    expect(answer).toMatchObject({
      ok: false,
      refusal: { reason: 'INVALID_SCOPE', violations: [{ field: 'scope.fields' }] },
    });
  });
});

describe('what a device holds back', () => {
  test('a new one: the head at which it begins', async () => {
    const { opened, held } = await world();
    await opened('d');
    expect(await held('d')).toBe(3);
  });

  test('one that comes back: what it acknowledged, until it acknowledges more', async () => {
    const { opened, held, store, clock } = await world();
    await opened('d', { cursor: cursorAt(1) });
    expect(await held('d')).toBe(1);
    await opened('d', { cursor: cursorAt(2) });
    expect(await held('d')).toBe(1);
    const acked = acknowledge({ devices: store, keys: KEYS });
    const seen = { device: callerOf('d').device, user: ANN, nowMs: clock.nowMs(), skewMs: 0 };
    expect(await acked(HOME_KEY, seen, cursorAt(3))).toMatchObject({ ok: true });
    expect(await acked(HOME_KEY, seen, cursorAt(2))).toMatchObject({ ok: true });
    expect(await acked(HOME_KEY, seen, new Uint8Array(9))).toMatchObject({
      refusal: { reason: 'INVALID_CURSOR' },
    });
    expect(await held('d')).toBe(3);
  });

  test('one that starts over: what it had acknowledged, until it acknowledges anew', async () => {
    const { opened, held } = await world();
    await opened('d', { cursor: cursorAt(1) });
    await opened('d', { cursor: cursorAt(2, 7) });
    expect(await held('d')).toBe(1);
  });

  test('one that only uploads: nothing, until it downloads', async () => {
    const { opened, held } = await world();
    await opened('d', { mode: 'upload-only' });
    expect(await held('d')).toBe(HOLDS_NOTHING);
    await opened('d', { cursor: cursorAt(2) });
    expect(await held('d')).toBe(2);
  });
});

describe('digests', () => {
  test('are compared where the device stands at the head', async () => {
    const { opened, store } = await world();
    const { digests } = (await store.state(HOME_KEY))!;
    const wrong = new Map([[NOTES, { ...digests.get(NOTES)!, count: 9 }]]);
    expect((await opened('d', { cursor: cursorAt(3), digests })).mismatched).toEqual([]);
    expect((await opened('d', { cursor: cursorAt(3), digests: wrong })).mismatched).toEqual([NOTES]);
    expect((await opened('d', { cursor: cursorAt(2), digests: wrong })).mismatched).toEqual([]);
  });

  test('of what the device holds and the server does not differ, and the other way round', async () => {
    const { opened, store } = await world();
    const tasks = collectionName('tasks');
    const { digests } = (await store.state(HOME_KEY))!;
    const more = new Map([...digests, [tasks, digests.get(NOTES)!] as const]);
    expect((await opened('d', { cursor: cursorAt(3), digests: more })).mismatched).toEqual([tasks]);
    const other = new Map([
      [tasks, { ...digests.get(NOTES)!, count: 0, versions: { a: 0, b: 0 }, contents: { a: 0, b: 0 } }],
    ]);
    expect((await opened('d', { cursor: cursorAt(3), digests: other })).mismatched).toEqual([NOTES]);
  });
});

describe('reading', () => {
  test('goes page by page to a checkpoint', async () => {
    const { open, read } = await (async () => {
      const store = memoryStore();
      const flows = await flowWorld(
        { store, announcements: memoryAnnouncements(), clock: manualTime(), keys: KEYS },
        { pageRecordsMax: 2 },
      );
      await flows.pushOne(
        pushOf(
          'x',
          ['a', 'b', 'c'].map((id) => change.create(id, 1)),
        ),
      );
      return flows;
    })();
    const opening = await open(callerOf('d'), { subscribe: subscribeTo(), restart: null });
    const { cursor } = opening.ok ? opening.value : fail();
    const reader = readerOf(callerOf('d').device);
    const first = await read(HOME_KEY, reader, cursor);
    const middle = first.ok ? first.value : fail();
    expect([middle.page.entries.length, middle.checkpoint]).toEqual([2, null]);
    const second = await read(HOME_KEY, reader, middle.page.cursor);
    expect(second).toMatchObject({
      value: { page: { entries: { length: 1 } }, checkpoint: { version: 3, clock: new Map([['x', 3]]) } },
    });
  });

  test.each([
    ['another epoch', checkpointCursor(2, 1, hash()), 'EPOCH_CHANGED'],
    ['a version that is not there', checkpointCursor(1, 9, hash()), 'INVALID_SYNC_STATE'],
  ])('from %s is refused', async (_what, cursor, reason) => {
    const { read } = await world();
    expect(await read(HOME_KEY, readerOf(callerOf('d').device), cursor)).toMatchObject({
      ok: false,
      refusal: { reason },
    });
  });

  test('of a space that is not there is refused', async () => {
    const { read } = await world();
    const answer = await read(
      'acme/none' as typeof HOME_KEY,
      readerOf(callerOf('d').device),
      startCursor(1, 0, hash()),
    );
    expect(answer).toMatchObject({ ok: false, refusal: { reason: 'SPACE_NOT_FOUND' } });
  });
});

function fail(): never {
  throw new Error('refused');
}
