import { CONFLICTS, deviceId, mergeKeys, type Outcome, recordKey, type SpaceKey } from '@syncline/core';
import { BASE_MS, change, NOTES, pushOf, readJson, rulesOf } from './change-fixtures';
import { mergeInto } from './merge-fixtures';
import type { StoreWorld } from './store-under-test';
import { storedRecords, wholeSpace } from './whole-space';

export function describeMergeLoading(world: StoreWorld): void {
  describe('what a merge finds', () => {
    describeReceipts(world);
    describeRecords(world);
    describeRules(world);
    describeVolume(world);
  });
}

const asRepeated = (outcome: Outcome): Outcome => ({ ...outcome, repeated: true });

function describeReceipts(world: StoreWorld): void {
  const resultOf = async (space: SpaceKey, push: ReturnType<typeof pushOf>) =>
    (await mergeInto(world.store, new Map([[space, [push]]]))).get(space)!.results[0]!;

  test('a repeated push gets the outcomes it got first, and writes nothing', async () => {
    const space = await world.space();
    const device = world.device(space, 'other');
    await device.push(change.create('a', { n: 1 }), change.update('a', { n: 2 }));
    const push = pushOf('d1', [
      change.update('a', { n: 3 }, { baseVersion: 1, atMs: 5, trace: '00-1-2-01' }),
      change.patch('missing', { n: 1 }),
      change.update('a', { n: 4 }, { baseVersion: 1, atMs: 200_000 }),
    ]);
    const first = await resultOf(space, push);
    const before = await wholeSpace(world.store, space);
    const second = await resultOf(space, push);
    expect(first.kind === 'outcomes' && first.outcomes.map(({ status }) => status)).toEqual([
      'APPLIED',
      'REJECTED',
      'APPLIED',
    ]);
    expect(first.kind === 'outcomes' && first.outcomes[2]?.aheadMs).toBe(140_000);
    expect(second).toEqual(
      first.kind === 'outcomes' && { ...first, outcomes: first.outcomes.map(asRepeated) },
    );
    expect(await wholeSpace(world.store, space)).toEqual(before);
  });

  test('a number that skips ahead is refused, and one used for another change is told apart', async () => {
    const space = await world.space();
    await resultOf(space, pushOf('d1', [change.create('a', { n: 1 })]));
    const gap = await resultOf(space, pushOf('d1', [change.create('b', { n: 1 })], { first: 3 }));
    expect(gap).toMatchObject({ kind: 'refused', refusal: { facts: { expected: '2', got: '3' } } });
    const reused = await resultOf(space, pushOf('d1', [change.create('c', { n: 1 })]));
    expect(reused).toMatchObject({ outcomes: [{ reason: 'CHANGE_NUMBER_REUSED' }] });
    expect((await wholeSpace(world.store, space)).state.head).toBe(1);
  });

  test('a change that builds on those of another device is decided after them', async () => {
    const space = await world.space();
    const reliesOn = { seen: [], dependencies: new Map([[deviceId('d1'), 1]]), artifacts: [] };
    const push = pushOf('d2', [{ ...change.update('a', { by: 'd2' }), reliesOn }]);
    expect(await resultOf(space, push)).toMatchObject({ refusal: { reason: 'DEPENDENCY_MISSING' } });
    await resultOf(space, pushOf('d1', [change.create('a', {})]));
    expect(await resultOf(space, push)).toMatchObject({ outcomes: [{ status: 'APPLIED', conflict: null }] });
  });

  test('a rejected change uses up its number though it writes no record', async () => {
    const space = await world.space();
    const device = world.device(space, 'd1');
    expect((await device.one(change.patch('missing', {}))).status).toBe('REJECTED');
    const { state, clock } = await wholeSpace(world.store, space);
    expect({ head: state.head, number: clock.get(device.id) }).toEqual({ head: 0, number: 1 });
    expect((await device.one(change.create('a', {}))).version).toBe(1);
  });
}

function describeRecords(world: StoreWorld): void {
  test('every part of a record comes back as it was planned, also from other devices', async () => {
    const space = await world.space();
    const pushes = [
      pushOf('d1', [
        change.create('whole', new Uint8Array([0, 1, 127, 128, 255]), { atMs: 3 }),
        change.create('é\u{1f600}', { text: 'ü' }),
        change.patch('é\u{1f600}', { more: 1 }, ['text', 'näme'], { trace: '00-a-b-01' }),
        change.delete('whole'),
        change.create('fields', { a: 0 }, { collection: rulesOf('docs').collection }),
      ]),
    ];
    await world.store.declare(space, rulesOf('docs', { policy: 'field-merge' }));
    const plan = (await mergeInto(world.store, new Map([[space, pushes]]))).get(space)!;
    expect(await storedRecords(world.store, space)).toEqual(plan.records);
    expect(plan.records.map(({ deleted, patch, meta }) => [deleted, patch !== null, meta !== null])).toEqual([
      [false, true, false],
      [true, false, false],
      [false, false, true],
    ]);
    const loaded = await world.store.transact([space], (transaction) =>
      transaction.load(new Map([[space, mergeKeys(pushes, CONFLICTS)]])),
    );
    const { state, records, lastNumbers, receipts } = loaded.get(space)!;
    expect(state).toEqual(plan.after);
    expect([...records.values()]).toEqual(expect.arrayContaining([...plan.records]));
    expect(records.size).toBe(3);
    expect([...lastNumbers]).toEqual([['d1', 5]]);
    expect([...receipts.values()].sort((left, right) => left.number - right.number)).toEqual(plan.receipts);
  });

  test('conflicts are in the ledger, and a change that names one finds and closes it', async () => {
    const space = await world.space();
    await world.store.declare(space, rulesOf(NOTES, { policy: 'manual' }));
    const [d1, d2] = [world.device(space, 'd1'), world.device(space, 'd2')];
    await d1.push(change.create('a', { n: 1 }), change.update('a', { n: 2 }));
    const held = await d2.one(change.update('a', { n: 3 }, { baseVersion: 1 }));
    expect([held.status, held.conflict?.state]).toEqual(['HELD', 'open']);
    const ledgerKey = recordKey(CONFLICTS, held.conflict!.id);
    const entryNow = async () =>
      readJson(
        (await wholeSpace(world.store, space)).rows.find((row) => row.id === held.conflict!.id)?.payload,
      );
    expect(await entryNow()).toMatchObject({
      state: 'open',
      kind: 'UPDATE_UPDATE',
      incoming: { json: { n: 3 } },
    });
    await d1.one(change.update('a', { n: 4 }, { baseVersion: 2, resolves: [held.conflict!.id] }));
    expect(await entryNow()).toMatchObject({ state: 'resolved', resolvedBy: { device: 'd1', number: 3 } });
    const name = { collection: CONFLICTS, id: held.conflict!.id, key: ledgerKey };
    expect((await world.store.records(space, [name]))?.get(ledgerKey)?.version).toBe(5);
  });
}

function describeRules(world: StoreWorld): void {
  test('rules, quota and access to them are those of the moment the transaction began', async () => {
    const space = await world.space({ recordsMax: 2, bytesMax: 1_000 });
    const device = world.device(space, 'd1');
    const outcomes = await device.push(...['a', 'b', 'c'].map((id) => change.create(id, { id })));
    expect(outcomes.map(({ reason }) => reason)).toEqual([null, null, 'QUOTA_EXCEEDED']);
    await world.store.setQuota(space, { recordsMax: 10, bytesMax: 30 });
    const large = await device.push(
      change.create('c', { id: 'c' }),
      change.create('d', { id: 'much longer' }),
    );
    expect(large.map(({ reason }) => reason)).toEqual([null, 'QUOTA_EXCEEDED']);
    await world.store.setQuota(space, null);
    expect((await device.one(change.create('d', { id: 'much longer' }))).reason).toBeNull();
    expect((await wholeSpace(world.store, space)).state.records).toBe(4);
  });

  test('a declaration counts for merges that begin later, and gets a number of its own', async () => {
    const space = await world.space();
    const [d1, d2] = [world.device(space, 'd1'), world.device(space, 'd2')];
    await d1.push(change.create('a', { n: 1 }, { atMs: 1 }), change.update('a', { n: 2 }, { atMs: 2 }));
    expect((await d2.one(change.update('a', { n: 0 }, { baseVersion: 1 }))).status).toBe('LOST');
    expect(await world.store.declare(space, rulesOf(NOTES, { policy: 'client-wins' }))).toBe(1);
    expect((await d2.one(change.update('a', { n: 9 }, { baseVersion: 1 }))).status).toBe('APPLIED');
    expect(await world.store.declare(space, rulesOf(NOTES, { policy: 'server-wins' }))).toBe(2);
    expect((await d1.one(change.update('a', { n: 8 }, { baseVersion: 1 }))).status).toBe('LOST');
    expect((await world.store.collections(space))?.rules.get(NOTES)).toMatchObject({
      policy: 'server-wins',
      rulesVersion: 2,
    });
  });

  test('declarations at the same moment get different numbers', async () => {
    const space = await world.space();
    const versions = await Promise.all(
      Array.from({ length: 6 }, () => world.store.declare(space, rulesOf(NOTES, { policy: 'manual' }))),
    );
    expect(versions.sort()).toEqual([1, 2, 3, 4, 5, 6]);
  });
}

function describeVolume(world: StoreWorld): void {
  test('a push of a thousand changes goes in at once', async () => {
    const space = await world.space();
    const changes = Array.from({ length: 1_000 }, (_, n) => change.create(`r${n % 500}`, { n }, { atMs: n }));
    const updates = changes.map((each, n) =>
      n < 500 ? each : change.update(`r${n % 500}`, { n }, { atMs: n }),
    );
    const outcomes = await world.device(space, 'd1').push(...updates);
    expect(outcomes.filter(({ status }) => status === 'APPLIED')).toHaveLength(1_000);
    const { state, rows } = await wholeSpace(world.store, space);
    expect([state.head, rows.length, rows[0]?.version]).toEqual([1_000, 500, 501]);
    expect((await world.store.atVersion(space, 250))?.committedAtMs).toBe(BASE_MS);
  });
}
