import {
  type CollectionName,
  decodeUtf8,
  encodeUtf8,
  type RecordId,
  recordKey,
  refusal,
  type Scope,
  type SpaceId,
  WHOLE_SPACE,
} from '@syncline/core';
import type { Edit } from './inputs';
import { TestDevice } from './testing/device';
import { FakeServer } from './testing/server';
import { failedChanges, pendingChanges, spaceStatus, viewAll, viewRecord } from './view';

const HOME = 'home' as SpaceId;
const ROOMS = 'rooms' as CollectionName;
const rid = (id: string) => id as RecordId;

const create = (id: string, text: string): Edit => ({
  kind: 'create',
  collection: ROOMS,
  id: rid(id),
  payload: encodeUtf8(text),
});
const update = (id: string, text: string): Edit => ({ ...create(id, text), kind: 'update' }) as Edit;
const remove = (id: string): Edit => ({ kind: 'delete', collection: ROOMS, id: rid(id) });
const patch = (id: string, set: string, names: string[] = []): Edit => ({
  kind: 'patch',
  collection: ROOMS,
  id: rid(id),
  patch: { set: encodeUtf8(set), remove: names },
});

const change = (device: TestDevice, ...edits: Edit[]) => {
  device.nowMs++;
  return device.input({ kind: 'change', space: HOME, edits });
};

const see = (device: TestDevice): Record<string, string> =>
  Object.fromEntries(
    viewAll(device.state, HOME)
      .filter(({ collection }) => collection === ROOMS)
      .map(({ id, payload }) => [id, decodeUtf8(payload)]),
  );

const truth = (server: FakeServer): Record<string, string> =>
  Object.fromEntries(
    server
      .live()
      .filter(({ collection }) => collection === ROOMS)
      .map(({ id, payload }) => [id, decodeUtf8(payload)]),
  );

const status = (device: TestDevice) => spaceStatus(device.state, HOME)!;

function online(
  device: TestDevice,
  mode: 'bidirectional' | 'upload-only' | 'download-only' = 'bidirectional',
) {
  device.input({ kind: 'follow', space: HOME, mode });
  device.input({ kind: 'go-online' });
  device.receiveAll();
  return device;
}

function world(names: string[] = ['a']) {
  const server = new FakeServer(HOME);
  const devices = names.map((name) => online(new TestDevice(name, server)));
  return { server, devices, a: devices[0]!, b: devices[1]! };
}

const settle = (...devices: TestDevice[]) => {
  for (let round = 0; round < 20; round++) for (const device of devices) device.receiveAll();
};

describe('a change', () => {
  test('is seen at once, sent, and stays seen until its checkpoint', () => {
    const { server, a } = world();
    const done = change(a, create('r1', '{"n":1}'));
    expect(done.numbers).toEqual([1]);
    expect(see(a)).toEqual({ r1: '{"n":1}' });
    expect(viewRecord(a.state, HOME, ROOMS, rid('r1'))).toMatchObject({ local: true, version: 0 });
    expect(a.receive()).toBe(true);
    expect(status(a)).toMatchObject({ pending: 0, settled: 1 });
    expect(see(a)).toEqual({ r1: '{"n":1}' });
    a.receiveAll();
    expect(status(a)).toMatchObject({ pending: 0, settled: 0, version: 1, syncState: 'IDLE' });
    expect(viewRecord(a.state, HOME, ROOMS, rid('r1'))).toMatchObject({ local: false, version: 1 });
    expect(truth(server)).toEqual(see(a));
    expect(a.noticesOf('records-changed')).toHaveLength(1);
  });

  test('is stored with its number before it is sent', () => {
    const { a } = world();
    a.effects.length = 0;
    change(a, create('r1', '{}'));
    const kinds = a.effects.map(({ kind }) => kind);
    expect(kinds.indexOf('persist')).toBe(0);
    expect(kinds).toContain('send');
    expect(a.store.load().spaces[0]!.row).toMatchObject({ counter: 1, sentUpTo: 1 });
  });

  test('made offline waits, is counted from one, and keeps its order', () => {
    const server = new FakeServer(HOME);
    const a = new TestDevice('a', server);
    a.input({ kind: 'follow', space: HOME });
    change(a, create('r1', '{"n":1}'));
    change(a, patch('r1', '{"m":2}'));
    change(a, update('r1', '{"n":3}'));
    change(a, patch('r1', '{"k":4}', ['n']));
    expect(see(a)).toEqual({ r1: '{"k":4}' });
    expect(status(a).syncState).toBe('QUEUED');
    expect(
      pendingChanges(a.state, HOME).map(({ number, baseVersion, after }) => [number, baseVersion, after]),
    ).toEqual([
      [1, 0, 0],
      [2, 0, 1],
      [3, 0, 2],
      [4, 0, 3],
    ]);
    a.input({ kind: 'go-online' });
    a.receiveAll();
    expect(truth(server)).toEqual({ r1: '{"k":4}' });
    expect(status(a)).toMatchObject({ pending: 0, settled: 0, failed: 0 });
  });

  test('is refused where it makes no sense, and nothing of its command happens', () => {
    const { a } = world();
    change(a, create('r1', '{}'));
    a.receiveAll();
    const refused = (...edits: Edit[]) => change(a, ...edits).refused;
    expect(refused(create('r1', '{}'))?.reason).toBe('RECORD_EXISTS');
    expect(refused(update('r2', '{}'))?.reason).toBe('RECORD_NOT_FOUND');
    expect(refused(patch('r2', '{}'))?.reason).toBe('RECORD_NOT_FOUND');
    expect(refused(remove('r2'))?.reason).toBe('RECORD_NOT_FOUND');
    expect(refused(patch('r1', '[]'))?.reason).toBe('INVALID_PATCH');
    expect(refused(create('', '{}'))?.reason).toBe('INVALID_ID');
    expect(refused({ ...remove('x'), collection: 'sys.conflicts' as CollectionName })?.reason).toBe(
      'COLLECTION_RESERVED',
    );
    expect(refused({ ...remove('x'), collection: 'A' as CollectionName })?.reason).toBe('INVALID_ID');
    expect(refused()?.reason).toBe('NO_EDITS');
    expect(refused(create('big', ' '.repeat(1024 * 1024 + 1)))?.reason).toBe('RECORD_TOO_LARGE');
    expect(refused(create('r3', '{}'), create('r3', '{}'))).toMatchObject({
      reason: 'RECORD_EXISTS',
      edit: 1,
    });
    expect(see(a)).toEqual({ r1: '{}' });
    expect(status(a)).toMatchObject({ counter: 1, pending: 0 });
    expect(a.input({ kind: 'change', space: 'other' as SpaceId, edits: [remove('x')] }).refused?.reason).toBe(
      'SPACE_NOT_FOLLOWED',
    );
  });

  test('of one command travels in one push where it fits', () => {
    const server = new FakeServer(HOME);
    const a = new TestDevice('a', server);
    a.input({ kind: 'follow', space: HOME });
    change(a, create('r1', '{}'), create('r2', '{}'));
    change(a, create('r3', '{}'), create('r4', '{}'), create('r5', '{}'));
    a.input({ kind: 'go-online' });
    a.receiveAll();
    expect(a.sentOf('push').map(({ changes }) => changes.map(({ number }) => number))).toEqual([
      [1, 2],
      [3, 4, 5],
    ]);
  });

  test('is limited in number while it waits', () => {
    const server = new FakeServer(HOME);
    const limits = {
      ...new TestDevice('x', server).config.limits,
      changesHeldMax: 1,
      editsMax: 1,
      spacesMax: 1,
    };
    const a = new TestDevice('a', server, { limits });
    a.input({ kind: 'follow', space: HOME });
    expect(change(a, create('r1', '{}'), create('r2', '{}')).refused?.reason).toBe('TOO_MANY_EDITS');
    expect(change(a, create('r1', '{}')).refused).toBeNull();
    expect(change(a, create('r2', '{}')).refused?.reason).toBe('QUEUE_FULL');
    expect(a.input({ kind: 'follow', space: 'other' as SpaceId }).refused?.reason).toBe('TOO_MANY_SPACES');
  });
});

describe('answers', () => {
  test('LOST takes the change away and tells what stands', () => {
    const { server, a, b } = world(['a', 'b']);
    change(a, create('r1', '{"by":"a"}'));
    settle(a, b);
    b.cut();
    change(b, update('r1', '{"by":"b"}'));
    a.nowMs += 10_000;
    change(a, update('r1', '{"by":"a2"}'));
    settle(a);
    b.fire('retry');
    settle(a, b);
    expect(see(b)).toEqual({ r1: '{"by":"a2"}' });
    expect(see(a)).toEqual(truth(server));
    const [conflict] = b.noticesOf('conflict');
    expect(conflict).toMatchObject({
      status: 'LOST',
      conflict: { kind: 'UPDATE_UPDATE', state: 'resolved' },
    });
    expect(decodeUtf8(conflict!.record!.payload)).toBe('{"by":"a2"}');
    expect(status(b)).toMatchObject({ pending: 0, settled: 0, failed: 0 });
    expect(b.noticesOf('sync-state').map(({ to }) => to)).toContain('RESOLVING');
  });

  test('REJECTED moves the change aside and lets those behind it go on; it can be tried again or dropped', () => {
    const { server, a } = world();
    a.cut();
    change(a, create('r1', '{}'));
    change(a, create('r2', '{}'));
    a.fire('retry');
    a.receive();
    a.receive();
    const { numbers } = change(a, create('r3', '{}'));
    expect(numbers).toEqual([3]);
    const [outcome] = a.session!.outbox.splice(0);
    expect(outcome?.kind).toBe('checkpoint');
    const answer = (number: number, ok: boolean) => ({
      number,
      status: ok ? ('APPLIED' as const) : ('REJECTED' as const),
      version: ok ? 1 : 0,
      conflict: null,
      record: null,
      reason: ok ? null : ('QUOTA_EXCEEDED' as const),
      message: 'no',
      ...(ok ? {} : { violations: [{ field: 'payload', description: 'is too much' }] }),
      aheadMs: 0,
      repeated: false,
    });
    a.message({ kind: 'outcomes', space: HOME, outcomes: [answer(1, false), answer(2, true)] });
    expect(failedChanges(a.state, HOME)).toMatchObject([
      {
        id: 1,
        reason: 'QUOTA_EXCEEDED',
        change: { id: 'r1' },
        violations: [{ field: 'payload', description: 'is too much' }],
      },
    ]);
    expect(Object.keys(see(a)).sort()).toEqual(['r2', 'r3']);
    a.message({ kind: 'outcomes', space: HOME, outcomes: [answer(1, false), answer(2, true)] });
    expect(failedChanges(a.state, HOME)).toHaveLength(1);
    expect(a.input({ kind: 'retry-failed', space: HOME, failed: 7 }).refused?.reason).toBe(
      'NO_SUCH_FAILED_CHANGE',
    );
    expect(a.input({ kind: 'retry-failed', space: HOME, failed: 1 }).numbers).toEqual([4]);
    expect(failedChanges(a.state, HOME)).toEqual([]);
    expect(Object.keys(see(a)).sort()).toEqual(['r1', 'r2', 'r3']);
    expect(server.truth.lastNumbers.get(a.id)).toBeGreaterThan(0);
  });

  test('of an earlier change moves the base of unsent ones on the record, and of no other', () => {
    const { a } = world();
    change(a, create('r1', '{}'));
    change(a, patch('r1', '{"x":1}'));
    expect(pendingChanges(a.state, HOME)[1]).toMatchObject({ number: 2, baseVersion: 0, after: 1 });
    expect(a.receive()).toBe(true);
    expect(a.sentOf('push').at(-1)?.changes).toMatchObject([{ number: 2, baseVersion: 1, after: 1 }]);
    a.receiveAll();
    expect(see(a)).toEqual({ r1: '{"x":1}' });
  });

  test('that were lost with the connection are asked for again with the same bytes', () => {
    const { server, a } = world();
    change(a, create('r1', '{}'));
    const first = a.sentOf('push')[0]!.changes;
    a.cut();
    change(a, patch('r1', '{"x":1}'));
    a.fire('retry');
    a.receiveAll();
    expect(a.sentOf('push')[1]!.changes[0]).toEqual(first[0]);
    expect(server.truth.state.head).toBe(2);
    expect(see(a)).toEqual({ r1: '{"x":1}' });
    expect(status(a)).toMatchObject({ pending: 0, settled: 0, failed: 0 });
  });

  test('do not show a change twice that a checkpoint has brought before them', () => {
    const { server, a, b } = world(['a', 'b']);
    change(a, create('r1', '{"n":1}'));
    settle(a, b);
    change(a, update('r1', '{"n":2}'));
    a.cut();
    b.receiveAll();
    change(b, update('r1', '{"n":3}'));
    b.receiveAll();
    a.fire('retry');
    const outbox = a.session!.outbox;
    while (outbox[0] !== undefined && outbox[0].kind !== 'outcomes') a.receive();
    expect(see(a)).toEqual({ r1: '{"n":3}' });
    settle(a, b);
    expect(see(a)).toEqual(truth(server));
  });
});

describe('answers and checkpoints in any order', () => {
  const applied = (number: number, version: number) => ({
    number,
    status: 'APPLIED' as const,
    version,
    conflict: null,
    record: null,
    reason: null,
    message: '',
    aheadMs: 0,
    repeated: false,
  });
  const checkpoint = (version: number) => ({
    kind: 'checkpoint' as const,
    space: HOME,
    version,
    cursor: new Uint8Array([version]),
    clock: new Map(),
    digests: new Map(),
  });

  test('a checkpoint before the version of a settled change does not take it away', () => {
    const { a } = world();
    change(a, create('r1', '{}'));
    a.message({ kind: 'outcomes', space: HOME, outcomes: [applied(1, 5)] });
    a.message(checkpoint(3));
    expect(see(a)).toEqual({ r1: '{}' });
    expect(status(a)).toMatchObject({ settled: 1, version: 3 });
    a.message(checkpoint(5));
    expect(status(a)).toMatchObject({ settled: 0, version: 5 });
  });

  test('a checkpoint behind the copy makes the space start over', () => {
    const { a } = world();
    a.message(checkpoint(3));
    a.message(checkpoint(2));
    expect(status(a).version).toBe(3);
    expect(a.noticesOf('started-over')).toHaveLength(1);
  });

  test('a change that was sent keeps its bytes, whatever the one before it is answered', () => {
    const server = new FakeServer(HOME);
    const a = new TestDevice('a', server);
    a.input({ kind: 'follow', space: HOME });
    change(a, create('r1', '{}'));
    change(a, patch('r1', '{"x":1}'));
    a.input({ kind: 'go-online' });
    a.receive();
    a.receive();
    const sent = a.sentOf('push')[0]!.changes;
    expect(sent).toHaveLength(2);
    a.message({ kind: 'outcomes', space: HOME, outcomes: [applied(1, 1)] });
    expect(pendingChanges(a.state, HOME)).toEqual([sent[1]]);
  });

  test('an older entry never takes the place of a newer one', () => {
    const { server, a, b } = world(['a', 'b']);
    change(a, create('r1', '{"n":1}'));
    const old = b.session!.outbox[0]!;
    settle(a, b);
    change(a, update('r1', '{"n":2}'));
    a.receiveAll();
    b.receive();
    b.message(old);
    settle(a, b);
    expect(see(b)).toEqual({ r1: '{"n":2}' });
    b.message(old);
    b.message({ ...checkpoint(2), digests: server.truth.state.digests });
    expect(see(b)).toEqual({ r1: '{"n":2}' });
    expect(status(b).mismatches).toBe(0);
  });

  test('a push that follows an answer is written down before it is sent, too', () => {
    const { a } = world();
    change(a, create('r1', '{}'));
    change(a, create('r2', '{}'));
    expect(a.store.load().spaces[0]!.row.sentUpTo).toBe(1);
    a.effects.length = 0;
    a.receive();
    expect(a.effects[0]?.kind).toBe('persist');
    expect(a.sentOf('push')).toHaveLength(2);
    expect(a.store.load().spaces[0]!.row.sentUpTo).toBe(2);
  });
});

describe('numbers', () => {
  test('go on above what the server has taken, on a device that was set back with nothing to send', () => {
    const { server, a } = world();
    const old = a.store.load();
    change(a, create('r1', '{}'));
    a.receiveAll();
    const again = new TestDevice('a', server);
    again.input({ kind: 'restored', stored: old });
    again.input({ kind: 'go-online' });
    again.receiveAll();
    expect(change(again, create('r2', '{}')).numbers).toEqual([2]);
    again.receiveAll();
    expect(again.noticesOf('renumbered')).toEqual([]);
    expect(see(again)).toEqual(truth(server));
  });

  test('a device set back to a backup gives new numbers to what the server does not know', () => {
    const { server, a } = world();
    change(a, create('r1', '{}'));
    a.receiveAll();
    const old = a.store.load();
    change(a, create('r2', '{}'));
    change(a, create('r3', '{}'));
    a.receiveAll();
    const again = new TestDevice('a', server);
    again.nowMs += 5_000;
    again.input({ kind: 'restored', stored: old });
    change(again, create('r4', '{}'));
    again.input({ kind: 'go-online' });
    again.receiveAll();
    expect(again.noticesOf('renumbered')).toMatchObject([{ numbers: [{ from: 2, to: 4 }] }]);
    expect(truth(server)).toEqual({ r1: '{}', r2: '{}', r3: '{}', r4: '{}' });
    expect(see(again)).toEqual(truth(server));
    expect(change(again, create('r5', '{}')).numbers).toEqual([5]);
  });

  test('also when the server has forgotten its answers', () => {
    const { server, a } = world();
    change(a, create('r1', '{}'));
    a.receiveAll();
    const old = a.store.load();
    change(a, create('r2', '{}'));
    a.receiveAll();
    server.truth.receipts.clear();
    const again = new TestDevice('a', server);
    again.input({ kind: 'restored', stored: old });
    change(again, create('r4', '{"x":1}'));
    change(again, patch('r4', '{"y":1}'));
    again.input({ kind: 'go-online' });
    again.receiveAll();
    expect(truth(server)).toEqual({ r1: '{}', r2: '{}', r4: '{"x":1,"y":1}' });
    expect(see(again)).toEqual(truth(server));
  });

  test('a server restored from a backup gets again what it lost, once', () => {
    const { server, a } = world();
    change(a, create('r1', '{}'));
    a.receiveAll();
    const backup = server.backup();
    change(a, create('r2', '{}'));
    expect(a.receive()).toBe(true);
    expect(status(a)).toMatchObject({ settled: 1 });
    a.cut();
    change(a, create('r3', '{}'));
    server.restore(backup);
    a.fire('retry');
    expect(see(a)).toEqual({ r1: '{}', r2: '{}', r3: '{}' });
    a.receiveAll();
    expect(truth(server)).toEqual({ r1: '{}', r2: '{}', r3: '{}' });
    expect(see(a)).toEqual(truth(server));
    expect(status(a)).toMatchObject({ epoch: 2, pending: 0, settled: 0, counter: 3 });
  });

  test('what was seen before that still counts as seen', () => {
    const { server, a, b } = world(['a', 'b']);
    change(a, create('r1', '{}'));
    settle(a, b);
    const backup = server.backup();
    change(b, update('r1', '{"x":1}'));
    settle(a, b);
    a.cut();
    server.restore(backup);
    a.fire('retry');
    expect(a.receive() && a.receive()).toBe(true);
    expect(status(a)).toMatchObject({ epoch: 2, version: 2 });
    change(a, patch('r1', '{"y":1}'));
    expect(a.sentOf('push').at(-1)?.changes).toMatchObject([{ baseVersion: 2 }]);
    a.receiveAll();
    expect(failedChanges(a.state, HOME)).toEqual([]);
    expect(see(a)).toEqual(truth(server));
  });

  test('a gap is closed by the number that the server expects', () => {
    const { server, a } = world();
    change(a, create('r1', '{}'));
    a.receiveAll();
    server.truth.lastNumbers.set(a.id, 0);
    server.truth.receipts.clear();
    change(a, create('r2', '{}'));
    a.receiveAll();
    expect(a.noticesOf('renumbered')).toMatchObject([{ numbers: [{ from: 2, to: 1 }] }]);
    expect(truth(server)).toEqual({ r1: '{}', r2: '{}' });
    expect(see(a)).toEqual(truth(server));
  });
});

describe('the copy', () => {
  test('pages stay invisible until the checkpoint and survive a broken connection', () => {
    const { server, a } = world();
    for (let i = 0; i < 8; i++) change(a, create(`r${i}`, `{"i":${i}}`));
    a.receiveAll();
    const b = new TestDevice('b', server);
    b.input({ kind: 'follow', space: HOME });
    b.input({ kind: 'go-online' });
    for (let i = 0; i < 3; i++) b.receive();
    expect(status(b)).toMatchObject({ staged: 3, syncState: 'DOWNLOADING', version: 0 });
    expect(see(b)).toEqual({});
    b.crash();
    expect(status(b).staged).toBe(3);
    b.input({ kind: 'go-online' });
    const resumed = b.sentOf('subscribe').at(-1)!;
    expect(resumed.cursor).not.toBeNull();
    b.receiveAll();
    expect(see(b)).toEqual(truth(server));
    expect(status(b)).toMatchObject({ staged: 0, version: 8, syncState: 'IDLE' });
    expect(b.sentOf('ack')).toHaveLength(1);
  });

  test('a reset drops the pages that came before it, also from the store', () => {
    const { server, a } = world();
    for (let i = 0; i < 5; i++) change(a, create(`r${i}`, '{}'));
    a.receiveAll();
    const b = new TestDevice('b', server);
    b.input({ kind: 'follow', space: HOME });
    b.input({ kind: 'go-online' });
    for (let i = 0; i < 3; i++) b.receive();
    expect(status(b).staged).toBe(3);
    b.message({ kind: 'reset', space: HOME, refusal: refusal('ACCESS_CHANGED') });
    b.crash();
    expect(status(b).staged).toBe(0);
    b.input({ kind: 'go-online' });
    expect(b.sentOf('subscribe').at(-1)?.cursor).toBeNull();
    b.receiveAll();
    expect(see(b)).toEqual(truth(server));
  });

  test('is acknowledged only once it is stored', () => {
    const { a, b } = world(['a', 'b']);
    change(a, create('r1', '{}'));
    a.receiveAll();
    b.effects.length = 0;
    b.receiveAll();
    const acked = b.effects.findIndex((effect) => effect.kind === 'send' && effect.message.kind === 'ack');
    const stored = b.effects.findIndex(
      (effect) => effect.kind === 'persist' && effect.writes.some(({ kind }) => kind === 'promote'),
    );
    expect(stored).toBeGreaterThanOrEqual(0);
    expect(acked).toBeGreaterThan(stored);
  });

  test('a reset builds a new copy beside the old one', () => {
    const { server, a, b } = world(['a', 'b']);
    change(a, create('r1', '{}'));
    change(a, create('r2', '{}'));
    settle(a, b);
    b.cut();
    change(b, create('r3', '{}'));
    change(a, remove('r1'));
    a.receiveAll();
    server.truth.records.delete(recordKey(ROOMS, rid('r1')));
    server.truth.state = { ...server.truth.state, floor: server.truth.state.head };
    b.fire('retry');
    expect(b.receive() && b.receive() && b.receive()).toBe(true);
    expect(b.noticesOf('started-over')).toMatchObject([{ why: 'CURSOR_TOO_OLD' }]);
    expect(Object.keys(see(b)).sort()).toEqual(['r1', 'r2', 'r3']);
    settle(a, b);
    expect(Object.keys(see(b)).sort()).toEqual(['r2', 'r3']);
    expect(see(b)).toEqual(truth(server));
    expect(see(a)).toEqual(truth(server));
    b.crash();
    expect(see(b)).toEqual(truth(server));
  });

  test('a wrong digest is noticed and the copy built anew', () => {
    const { server, a, b } = world(['a', 'b']);
    change(a, create('r1', '{}'));
    settle(a, b);
    const held = b.state.spaces.get(HOME)!.copy.collections.get(ROOMS)!.get(rid('r1'))!;
    b.state.spaces
      .get(HOME)!
      .copy.collections.get(ROOMS)!
      .set(rid('r1'), {
        ...held,
        image: { ...held.image, payload: encodeUtf8('{"bad":1}') },
      });
    b.state.spaces.get(HOME)!.copy.digests.delete(ROOMS);
    change(a, create('r2', '{}'));
    settle(a, b);
    expect(b.noticesOf('digest-mismatch')).toMatchObject([{ collections: [ROOMS], count: 1 }]);
    expect(see(b)).toEqual(truth(server));
    expect(b.state.spaces.get(HOME)!.restarts).toBe(0);
  });

  test('where ranges can be compared, only what differs is replaced', () => {
    const server = new FakeServer(HOME);
    const a = online(new TestDevice('a', server));
    const b = online(new TestDevice('b', server, { repair: 'compare' }));
    change(a, create('r1', '{}'));
    settle(a, b);
    const space = b.state.spaces.get(HOME)!;
    space.copy.collections.get(ROOMS)!.clear();
    space.copy.digests.delete(ROOMS);
    change(a, create('r2', '{}'));
    settle(a, b);
    const asked = b.effects.filter(({ kind }) => kind === 'repair');
    expect(asked).toMatchObject([{ space: HOME, collections: [ROOMS] }]);
    const records = server.live();
    b.input({ kind: 'repaired', space: HOME, asOf: server.truth.state.head, records, gone: [] });
    expect(see(b)).toEqual(truth(server));
    change(a, create('r3', '{}'));
    settle(a, b);
    expect(b.noticesOf('digest-mismatch')).toHaveLength(1);
    expect(b.noticesOf('started-over')).toEqual([]);
    expect(see(b)).toEqual(truth(server));
  });

  test('what was compared does not bring back what has gone since', () => {
    const server = new FakeServer(HOME);
    const a = online(new TestDevice('a', server));
    const b = online(new TestDevice('b', server, { repair: 'compare' }));
    change(a, create('r1', '{}'));
    settle(a, b);
    const space = b.state.spaces.get(HOME)!;
    space.copy.collections.get(ROOMS)!.clear();
    space.copy.digests.delete(ROOMS);
    change(a, create('r2', '{}'));
    settle(a, b);
    change(a, create('r3', '{}'));
    settle(a);
    const records = server.live();
    const asOf = server.truth.state.head;
    change(a, remove('r3'));
    settle(a);
    b.input({ kind: 'repaired', space: HOME, asOf, records, gone: [] });
    settle(b);
    expect(see(b)).toEqual(truth(server));
  });

  test('a comparison that is older than the copy is not taken over', () => {
    const server = new FakeServer(HOME);
    const a = online(new TestDevice('a', server));
    const b = online(new TestDevice('b', server, { repair: 'compare' }));
    change(a, create('r1', '{}'));
    settle(a, b);
    b.state.spaces.get(HOME)!.copy.digests.delete(ROOMS);
    change(a, create('r2', '{}'));
    settle(a, b);
    const records = server.live();
    const asOf = server.truth.state.head;
    change(a, remove('r1'));
    settle(a, b);
    b.input({ kind: 'repaired', space: HOME, asOf, records, gone: [] });
    settle(b);
    expect(b.noticesOf('started-over')).toHaveLength(1);
    expect(see(b)).toEqual(truth(server));
  });

  test('an entry that cannot be applied makes the space start over', () => {
    const { server, a, b } = world(['a', 'b']);
    change(a, create('r1', '{}'));
    settle(a, b);
    b.state.spaces.get(HOME)!.copy.collections.get(ROOMS)!.clear();
    change(a, patch('r1', '{"x":1}'));
    settle(a, b);
    expect(b.noticesOf('started-over')).toHaveLength(1);
    expect(see(b)).toEqual(truth(server));
  });

  test('another scope is another copy', () => {
    const { a, b } = world(['a', 'b']);
    change(a, create('r1', '{}'), create('x1', '{}'));
    settle(a, b);
    const scope: Scope = { ...WHOLE_SPACE, idPrefix: 'r' };
    b.input({ kind: 'follow', space: HOME, scope });
    expect(Object.keys(see(b)).sort()).toEqual(['r1', 'x1']);
    settle(a, b);
    expect(Object.keys(see(b))).toEqual(['r1']);
    b.cut();
    b.fire('retry');
    expect(b.sentOf('subscribe').at(-1)).toMatchObject({ scope, digests: new Map() });
    expect(b.sentOf('subscribe').at(-1)?.cursor).not.toBeNull();
  });

  test('pages of an earlier subscription are passed over', () => {
    const { server, a, b } = world(['a', 'b']);
    change(a, create('r1', '{}'));
    settle(a);
    b.input({ kind: 'sync-now', space: HOME });
    const [page, checkpoint, ...later] = b.session!.outbox.splice(0);
    expect([page?.kind, checkpoint?.kind]).toEqual(['page', 'checkpoint']);
    b.message(page!);
    b.message(checkpoint!);
    expect(see(b)).toEqual({});
    later.forEach((message) => b.message(message));
    settle(a, b);
    expect(see(b)).toEqual(truth(server));
  });
});

describe('modes', () => {
  test('upload-only keeps no copy but the answers, and downloads everything once it may', () => {
    const server = new FakeServer(HOME);
    const a = online(new TestDevice('a', server));
    const b = online(new TestDevice('b', server), 'upload-only');
    change(a, create('r1', '{}'));
    change(b, create('r2', '{}'));
    change(b, patch('r2', '{"x":1}'));
    settle(a, b);
    expect(see(b)).toEqual({ r2: '{"x":1}' });
    expect(status(b)).toMatchObject({ pending: 0, settled: 0, syncState: 'IDLE' });
    change(b, patch('r2', '{"y":1}'));
    settle(a, b);
    expect(truth(server)).toEqual({ r1: '{}', r2: '{"x":1,"y":1}' });
    b.input({ kind: 'set-mode', space: HOME, mode: 'bidirectional' });
    settle(a, b);
    expect(see(b)).toEqual(truth(server));
  });

  test('download-only refuses changes on the device and sends none', () => {
    const server = new FakeServer(HOME);
    const a = online(new TestDevice('a', server));
    const b = new TestDevice('b', server);
    b.input({ kind: 'follow', space: HOME });
    change(b, create('r9', '{}'));
    b.input({ kind: 'set-mode', space: HOME, mode: 'download-only' });
    b.input({ kind: 'go-online' });
    change(a, create('r1', '{}'));
    settle(a, b);
    expect(change(b, create('r2', '{}')).refused?.reason).toBe('DOWNLOAD_ONLY');
    expect(see(b)).toEqual({ r1: '{}', r9: '{}' });
    expect(b.sentOf('push')).toEqual([]);
    b.input({ kind: 'set-mode', space: HOME, mode: 'bidirectional' });
    settle(a, b);
    expect(truth(server)).toEqual({ r1: '{}', r9: '{}' });
  });

  test('check-only brings a plan and changes nothing', () => {
    const { server, a, b } = world(['a', 'b']);
    b.input({ kind: 'set-mode', space: HOME, mode: 'check-only' });
    change(a, create('r1', '{}'));
    settle(a, b);
    change(b, create('r2', '{}'));
    b.input({ kind: 'sync-now' });
    settle(a, b);
    const plans = b.noticesOf('plan');
    expect(plans.at(-1)?.plan).toMatchObject({ direction: 'bidirectional', uploadChanges: 1 });
    expect(see(b)).toEqual({ r2: '{}' });
    expect(truth(server)).toEqual({ r1: '{}' });
    expect(status(b)).toMatchObject({ syncState: 'IDLE', pending: 1 });
    b.input({ kind: 'set-mode', space: HOME, mode: 'bidirectional' });
    settle(a, b);
    expect(see(b)).toEqual(truth(server));
  });

  test('a mode that was chosen while a plan was on its way is taken up when the plan has come', () => {
    const { server, a, b } = world(['a', 'b']);
    b.input({ kind: 'set-mode', space: HOME, mode: 'check-only' });
    b.input({ kind: 'set-mode', space: HOME, mode: 'bidirectional' });
    change(a, create('r1', '{}'));
    settle(a, b);
    expect(b.noticesOf('plan')).toEqual([]);
    expect(b.state.spaces.get(HOME)!.link.phase).toBe('subscribed');
    expect(see(b)).toEqual(truth(server));
  });
});

describe('the connection', () => {
  test('is tried again with growing delays, and at once when asked', () => {
    const { a } = world();
    a.cut();
    expect(a.timers.get('retry')).toBe(750);
    const { id } = a.state.connection;
    a.fire('retry');
    a.input({ kind: 'disconnected', connection: id });
    expect(a.state.connection.status).toBe('greeting');
    a.cut();
    expect(a.timers.get('retry')).toBe(1_500);
    a.input({ kind: 'sync-now' });
    a.receiveAll();
    expect(a.state.connection).toMatchObject({ status: 'open', failures: 0 });
    expect(a.timers.has('retry')).toBe(false);
  });

  test('a token that has ended is replaced on the open connection, and pushes wait for that', () => {
    const { server, a } = world();
    a.token = null;
    change(a, create('r1', '{}'));
    a.session!.outbox.length = 0;
    a.message({
      kind: 'refusal',
      space: HOME,
      about: 'push',
      refusal: refusal('AUTH_EXPIRED'),
      closing: false,
    });
    change(a, create('r2', '{}'));
    expect(a.sentOf('push')).toHaveLength(1);
    a.input({ kind: 'token', token: 'fresh' });
    expect(a.sentOf('authenticate')).toEqual([{ kind: 'authenticate', token: 'fresh' }]);
    a.receiveAll();
    expect(truth(server)).toEqual({ r1: '{}', r2: '{}' });
    expect(status(a)).toMatchObject({ pending: 0 });
  });

  test('without a token it waits for one', () => {
    const server = new FakeServer(HOME);
    const a = new TestDevice('a', server);
    a.token = null;
    a.input({ kind: 'go-online' });
    expect(a.state.connection.status).toBe('needs-token');
    expect(a.effects.filter(({ kind }) => kind === 'ask-token')).toHaveLength(1);
    a.input({ kind: 'token', token: 'good' });
    a.receiveAll();
    expect(a.state.connection.status).toBe('open');
  });

  test('what only a person can mend stops the space, or everything', () => {
    const { a } = world();
    a.message({
      kind: 'refusal',
      space: HOME,
      about: null,
      refusal: refusal('PERMISSION_DENIED'),
      closing: false,
    });
    expect(status(a)).toMatchObject({ stopped: true, syncState: 'ERROR' });
    expect(a.noticesOf('stopped')).toMatchObject([{ space: HOME, refusal: { reason: 'PERMISSION_DENIED' } }]);
    change(a, create('r1', '{}'));
    expect(a.sentOf('push')).toEqual([]);
    a.input({ kind: 'sync-now', space: HOME });
    a.receiveAll();
    expect(status(a)).toMatchObject({ stopped: false, pending: 0 });
    a.message({
      kind: 'refusal',
      space: null,
      about: null,
      refusal: refusal('DEVICE_REVOKED'),
      closing: true,
    });
    expect(a.state.connection.status).toBe('stopped');
    expect(status(a).syncState).toBe('ERROR');
    expect(a.timers.has('retry')).toBe(false);
  });

  test('a refused push is held for as long as the server asks', () => {
    const { server, a } = world();
    change(a, create('r1', '{}'));
    a.session!.outbox.length = 0;
    const limited = refusal('RATE_LIMITED', { retryAfterMs: 5_000 });
    a.message({ kind: 'refusal', space: HOME, about: 'push', refusal: limited, closing: false });
    expect(a.timers.get(`push:${HOME}`)).toBe(5_500);
    expect(status(a).syncState).toBe('QUEUED');
    a.fire(`push:${HOME}`);
    a.receiveAll();
    expect(server.truth.state.head).toBe(1);
    expect(status(a)).toMatchObject({ pending: 0, syncState: 'IDLE' });
  });

  test('a change that the server will not even look at is found and set aside', () => {
    const server = new FakeServer(HOME);
    const a = new TestDevice('a', server);
    a.input({ kind: 'follow', space: HOME });
    for (const id of ['r1', 'bad', 'r2', 'r3']) change(a, create(id, '{}'));
    a.input({ kind: 'go-online' });
    const receive = a.session!.receive.bind(a.session);
    a.session!.receive = (message) => {
      const bad = message.kind === 'push' && message.changes.some(({ id }) => id === 'bad');
      const refused = {
        kind: 'refusal',
        space: HOME,
        about: 'push',
        refusal: refusal('INVALID_ARGUMENT'),
        closing: false,
      } as const;
      if (bad) a.session!.outbox.push(refused);
      else receive(message);
    };
    a.receiveAll();
    expect(truth(server)).toEqual({ r1: '{}', r2: '{}', r3: '{}' });
    expect(failedChanges(a.state, HOME)).toMatchObject([
      { change: { id: 'bad' }, reason: 'INVALID_ARGUMENT' },
    ]);
    expect(see(a)).toEqual(truth(server));
    expect(status(a)).toMatchObject({ counter: 3, pending: 0 });
    a.input({ kind: 'discard-failed', space: HOME, failed: 1 });
    expect(failedChanges(a.state, HOME)).toEqual([]);
  });

  test('pace delays and limits pushes', () => {
    const { a } = world();
    const pace = {
      kind: 'pace',
      pushChangesMax: 1,
      pushBytesMax: 10_000,
      delayMs: 3_000,
      nextPollMs: 5_000,
      changesRemaining: 5,
    } as const;
    a.message(pace);
    change(a, create('r1', '{}'));
    change(a, create('r2', '{}'));
    expect(a.sentOf('push')).toEqual([]);
    a.fire(`push:${HOME}`);
    a.receiveAll();
    expect(a.sentOf('push').map(({ changes }) => changes.length)).toEqual([1, 1]);
    expect(a.noticesOf('pace')).toHaveLength(1);
  });

  test('a connection without answers is given up', () => {
    const { server, a } = world();
    change(a, create('r1', '{}'));
    a.session!.outbox.length = 0;
    const { id } = a.state.connection;
    a.fire(`answer:${HOME}`);
    expect(a.state.connection).toMatchObject({ status: 'waiting', failures: 1 });
    a.input({ kind: 'disconnected', connection: id });
    expect(a.state.connection).toMatchObject({ status: 'waiting', failures: 1 });
    a.fire('retry');
    a.receiveAll();
    expect(see(a)).toEqual(truth(server));
    expect(server.truth.state.head).toBe(1);
  });

  test('a server that drains is left within the time it gives', () => {
    const { a } = world();
    a.message({ kind: 'notice', notice: 'draining', inMs: 1_000 });
    expect(a.timers.get('drain')).toBe(500);
    a.fire('drain');
    a.receiveAll();
    expect(a.state.connection).toMatchObject({ status: 'open', failures: 0 });
    expect(a.sentOf('hello').map(({ resume }) => resume)).toEqual([null, null]);
  });

  test('who pushes to a server that drains goes on elsewhere at once, and nobody has to know', () => {
    const { server, a } = world();
    change(a, create('r1', '{}'));
    a.session!.outbox.length = 0;
    const draining = refusal('DRAINING', { retryAfterMs: 0 });
    a.message({ kind: 'refusal', refusal: draining, about: 'push', space: HOME, closing: false });
    a.receiveAll();
    expect(a.sentOf('hello')).toHaveLength(2);
    expect(a.state.connection).toMatchObject({ status: 'open', failures: 0 });
    expect(a.noticesOf('refusal')).toEqual([]);
    expect(server.truth.state.head).toBe(1);
    expect(a.state.spaces.get(HOME)?.pending.size).toBe(0);
  });

  test('another Subscribed than was asked for is only trusted with a reset', () => {
    const { server, a, b } = world(['a', 'b']);
    change(a, create('r1', '{}'));
    settle(a, b);
    const { epoch, head } = server.truth.state;
    const link = () => b.state.spaces.get(HOME)!.link;
    const subscribed = (tag = link().tag) =>
      ({
        kind: 'subscribed',
        space: HOME,
        head,
        mode: 'bidirectional',
        lastNumber: 0,
        epoch,
        mismatched: [],
        tag,
      }) as const;
    b.message(subscribed(link().tag - 1));
    expect(link().uncertain).toBe(false);
    b.message(subscribed());
    expect(link().uncertain).toBe(true);
    const before = b.sentOf('subscribe').length;
    change(a, create('r2', '{}'));
    settle(a, b);
    expect(b.sentOf('subscribe').length).toBe(before + 1);
    expect(see(b)).toEqual(truth(server));
    b.message(subscribed());
    b.message({ kind: 'reset', space: HOME, refusal: refusal('ACCESS_CHANGED') });
    expect(b.state.spaces.get(HOME)!.staging?.fresh).toBe(true);
    expect(b.sentOf('subscribe').length).toBe(before + 1);
  });

  test('going offline ends it politely, and changes made then wait', () => {
    const { server, a } = world();
    a.input({ kind: 'go-offline' });
    expect(a.sent.at(-1)).toEqual({ kind: 'goodbye' });
    change(a, create('r1', '{}'));
    expect(status(a).syncState).toBe('QUEUED');
    expect(a.input({ kind: 'presence', space: HOME, status: 'online' }).refused?.reason).toBe(
      'NOT_CONNECTED',
    );
    expect(a.input({ kind: 'unfollow', space: HOME }).refused?.reason).toBe('CHANGES_PENDING');
    a.input({ kind: 'go-online' });
    a.receiveAll();
    expect(a.input({ kind: 'presence', space: HOME, status: 'online' }).refused).toBeNull();
    expect(truth(server)).toEqual({ r1: '{}' });
    a.input({ kind: 'unfollow', space: HOME });
    expect(a.store.load().spaces).toEqual([]);
  });
});

test('a conflict is resolved by a change that names it', () => {
  const { a } = world();
  change(a, create('r1', '{}'));
  a.receiveAll();
  change(a, { ...update('r1', '{"x":1}'), resolves: [rid('rooms/b/1')] });
  expect(a.sentOf('push').at(-1)?.changes[0]?.resolves).toEqual(['rooms/b/1']);
});

test('the clock moves on with what it sees, as far as that can be believed, and never back', () => {
  const { server, a } = world();
  server.nowMs += 30_000;
  a.cut();
  a.fire('retry');
  a.receiveAll();
  change(a, create('r1', '{}'));
  const first = a.sentOf('push').at(-1)!.changes[0]!.time;
  expect(first).toBeGreaterThanOrEqual(server.nowMs * 1024);
  a.nowMs -= 60_000;
  change(a, create('r2', '{}'));
  a.receiveAll();
  expect(a.sentOf('push').at(-1)!.changes[0]!.time).toBeGreaterThan(first);
  expect(a.store.load().clock).toBe(a.state.clock);
});
