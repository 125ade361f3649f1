import { deviceId, recordId, seenKey, type Seen, type SpaceKey } from '@syncline/core';
import { BASE_MS, change, NOTES, readJson, rulesOf } from './change-fixtures';
import type { StoreWorld } from './store-under-test';

/** What a device saw of record `a`: 'unknown', 'deleted' or the JSON. */
type Told = (space: SpaceKey, device: string, baseVersion: number, after?: number) => Promise<unknown>;

export function describeMergeSeen(world: StoreWorld): void {
  const seenOf = async (space: SpaceKey, device: string, baseVersion: number, after = 0) => {
    const request = { collection: NOTES, id: recordId('a'), device: deviceId(device), baseVersion, after };
    const found = await world.store.transact([space], (transaction) =>
      transaction.seen(new Map([[space, [request]]])),
    );
    return inWords(found.get(space)?.get(seenKey(request)));
  };
  describe('what a device saw', () => {
    describeSeenAtBase(world, seenOf);
    describeSeenSent(world, seenOf);
    describeSeenInLedger(world, seenOf);
    describeSeenPruned(world, seenOf);
  });
}

function inWords(seen: Seen | undefined): unknown {
  if (seen === undefined) return 'unknown';
  expect(seen.deleted).toBe(seen.payload === null);
  return seen.deleted ? 'deleted' : readJson(seen.payload);
}

function describeSeenAtBase(world: StoreWorld, seenOf: Told): void {
  test('is the latest content not above the base', async () => {
    const space = await world.space();
    const d1 = world.device(space, 'd1');
    await d1.push(
      change.create('a', { n: 1 }),
      change.create('b', { n: 2 }),
      change.update('a', { n: 3 }),
      change.delete('a'),
    );
    expect(await Promise.all([0, 1, 2, 3, 4].map((base) => seenOf(space, 'd2', base)))).toEqual([
      'unknown',
      { n: 1 },
      { n: 1 },
      { n: 3 },
      'deleted',
    ]);
  });

  test('is told in the shape in which it was written', async () => {
    const space = await world.space();
    await world.store.declare(space, rulesOf('notes', { schema: { current: 2, oldest: 1, steps: [] } }));
    const d1 = world.device(space, 'd1');
    await d1.push(
      change.create('a', { n: 1 }, { schemaVersion: 1 }),
      change.update('a', { n: 2 }, { schemaVersion: 2 }),
    );
    const request = { collection: NOTES, id: recordId('a'), device: deviceId('d1') };
    const wanted = [
      { ...request, baseVersion: 1, after: 0 },
      { ...request, baseVersion: 2, after: 0 },
      { ...request, baseVersion: 0, after: 1 },
    ];
    const found = await world.store.transact([space], (transaction) =>
      transaction.seen(new Map([[space, wanted]])),
    );
    expect(wanted.map((each) => found.get(space)?.get(seenKey(each))?.schemaVersion)).toEqual([1, 2, 1]);
  });

  test('is unknown for a record that never was', async () => {
    const space = await world.space();
    expect(await seenOf(space, 'd1', 0)).toBe('unknown');
  });

  test('is asked for several records, devices and spaces at once', async () => {
    const [left, right] = [await world.space(), await world.space()];
    await world
      .device(left, 'd1')
      .push(change.create('a', { at: 'left' }), change.create('b', { at: 'left' }));
    await world.device(right, 'd1').push(change.create('a', { at: 'right' }));
    const request = (id: string, device: string, baseVersion: number) => ({
      collection: NOTES,
      id: recordId(id),
      device: deviceId(device),
      baseVersion,
      after: 0,
    });
    const wanted = new Map([
      [left, [request('a', 'd2', 1), request('b', 'd2', 2), request('b', 'd1', 0), request('c', 'd1', 2)]],
      [right, [request('a', 'd2', 1)]],
    ]);
    const found = await world.store.transact([left, right], (transaction) => transaction.seen(wanted));
    const told = [...wanted].map(([space, requests]) =>
      requests.map((each) => inWords(found.get(space)?.get(seenKey(each)))),
    );
    expect(told).toEqual([[{ at: 'left' }, { at: 'left' }, 'unknown', 'unknown'], [{ at: 'right' }]]);
  });
}

function describeSeenSent(world: StoreWorld, seenOf: Told): void {
  test('is what the device itself sent in the change named, whatever others did since', async () => {
    const space = await world.space();
    const [d1, d2] = [world.device(space, 'd1'), world.device(space, 'd2')];
    await d1.push(change.create('a', { n: 1 }));
    await d2.push(
      change.update('a', { n: 2 }, { baseVersion: 1 }),
      change.patch('a', { m: 1 }, [], { baseVersion: 1 }),
    );
    await d1.push(change.update('a', { n: 4 }, { baseVersion: 3 }));
    expect(await seenOf(space, 'd2', 1, 2)).toEqual({ n: 2, m: 1 });
    expect(await seenOf(space, 'd2', 1, 1)).toEqual({ n: 2 });
    expect(await seenOf(space, 'd2', 1)).toEqual({ n: 1 });
    expect(await seenOf(space, 'd2', 4)).toEqual({ n: 4 });
    expect(await seenOf(space, 'd3', 1, 2)).toBe('unknown');
  });

  test('is unknown for a change that was rejected, concerned another record, or never was', async () => {
    const space = await world.space();
    const d1 = world.device(space, 'd1');
    await d1.push(change.patch('a', {}), change.create('b', { n: 2 }), change.create('a', { n: 3 }));
    expect(await Promise.all([1, 2, 3, 4].map((after) => seenOf(space, 'd1', 0, after)))).toEqual([
      'unknown',
      'unknown',
      { n: 3 },
      'unknown',
    ]);
  });

  test('is a delete of its own', async () => {
    const space = await world.space();
    const [d1, d2] = [world.device(space, 'd1'), world.device(space, 'd2')];
    await d1.push(change.create('a', { n: 1 }), change.delete('a'));
    await d2.push(change.create('a', { n: 2 }));
    expect(await seenOf(space, 'd1', 0, 2)).toBe('deleted');
    expect(await seenOf(space, 'd1', 3)).toEqual({ n: 2 });
  });

  test('is what it sent, not what became of it in a merge', async () => {
    const space = await world.space();
    await world.store.declare(space, rulesOf(NOTES, { policy: 'field-merge' }));
    const [d1, d2] = [world.device(space, 'd1'), world.device(space, 'd2')];
    await d1.push(change.create('a', { a: 0, b: 0 }), change.patch('a', { a: 1 }));
    const merged = await d2.one(change.update('a', { a: 0, b: 5 }, { baseVersion: 1 }));
    expect([merged.status, readJson(merged.record?.payload)]).toEqual(['MERGED', { a: 1, b: 5 }]);
    expect(await seenOf(space, 'd2', 1, 1)).toEqual({ a: 0, b: 5 });
    expect(await seenOf(space, 'd2', merged.version)).toEqual({ a: 1, b: 5 });
    expect(await seenOf(space, 'd1', merged.version)).toEqual({ a: 1, b: 5 });
  });
}

function describeSeenInLedger(world: StoreWorld, seenOf: Told): void {
  test('is what it sent and lost with', async () => {
    const space = await world.space();
    const [d1, d2] = [world.device(space, 'd1'), world.device(space, 'd2')];
    await d1.push(change.create('a', { n: 1 }, { atMs: 1 }), change.update('a', { n: 2 }, { atMs: 9 }));
    const lost = await d2.one(change.update('a', { lost: true }, { baseVersion: 1, atMs: 5 }));
    expect(lost.status).toBe('LOST');
    expect(await seenOf(space, 'd2', 1, 1)).toEqual({ lost: true });
    expect(await seenOf(space, 'd2', lost.version)).toEqual({ n: 2 });
    expect(await seenOf(space, 'd3', 1)).toEqual({ n: 1 });
  });

  test('is a delete that lost', async () => {
    const space = await world.space();
    await world.store.declare(space, rulesOf(NOTES, { policy: 'server-wins' }));
    const [d1, d2] = [world.device(space, 'd1'), world.device(space, 'd2')];
    await d1.push(change.create('a', { n: 1 }), change.update('a', { n: 2 }));
    expect((await d2.one(change.delete('a', { baseVersion: 1 }))).status).toBe('LOST');
    expect(await seenOf(space, 'd2', 1, 1)).toBe('deleted');
  });

  test('is what it sent in one of several that are held', async () => {
    const space = await world.space();
    await world.store.declare(space, rulesOf(NOTES, { policy: 'manual' }));
    const [d1, d2] = [world.device(space, 'd1'), world.device(space, 'd2')];
    await d1.push(change.create('a', { n: 1 }), change.update('a', { n: 2 }));
    await d2.push(change.update('a', { held: 1 }, { baseVersion: 1 }));
    await d2.push(change.patch('a', { and: 2 }, [], { baseVersion: 1, after: 1 }));
    expect(await seenOf(space, 'd2', 1, 1)).toEqual({ held: 1 });
    expect(await seenOf(space, 'd2', 1, 2)).toEqual({ held: 1, and: 2 });
  });

  test('is not the ledger record that a change of its own closed', async () => {
    const space = await world.space();
    await world.store.declare(space, rulesOf(NOTES, { policy: 'manual' }));
    const [d1, d2] = [world.device(space, 'd1'), world.device(space, 'd2')];
    await d1.push(change.create('a', { n: 1 }), change.update('a', { n: 2 }));
    const held = await d2.one(change.update('a', { n: 3 }, { baseVersion: 1 }));
    const resolves = [held.conflict!.id];
    await d2.push(change.update('a', { decided: true }, { baseVersion: 2, resolves }));
    expect(await seenOf(space, 'd2', 2, 2)).toEqual({ decided: true });
    expect(await seenOf(space, 'd2', 1, 1)).toEqual({ n: 3 });
  });
}

function describeSeenPruned(world: StoreWorld, seenOf: Told): void {
  const laterMs = BASE_MS + 1;

  test('is unknown once the base is pruned, and known where it is left', async () => {
    const space = await world.space();
    const d1 = world.device(space, 'd1');
    await d1.push(change.create('a', { n: 1 }), change.update('a', { n: 2 }), change.update('a', { n: 3 }));
    await world.store.pruneHistory(space, 2, laterMs, Number.MAX_SAFE_INTEGER);
    expect(await Promise.all([1, 2, 3].map((base) => seenOf(space, 'd2', base)))).toEqual([
      'unknown',
      { n: 2 },
      { n: 3 },
    ]);
  });

  test('is still known from the ledger when entries of the record were pruned', async () => {
    const space = await world.space();
    await world.store.declare(space, rulesOf(NOTES, { policy: 'manual' }));
    const [d1, d2] = [world.device(space, 'd1'), world.device(space, 'd2')];
    await d1.push(change.create('a', { n: 1 }), change.update('a', { n: 2 }));
    await d2.push(change.update('a', { held: 1 }, { baseVersion: 1 }));
    await d1.push(change.update('a', { n: 4 }, { baseVersion: 2 }));
    await world.store.pruneHistory(space, 1, laterMs, Number.MAX_SAFE_INTEGER);
    expect(await seenOf(space, 'd2', 1, 1)).toEqual({ held: 1 });
    expect(await seenOf(space, 'd2', 1)).toBe('unknown');
  });
}
