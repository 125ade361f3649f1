import { deviceId, policyRegistry } from '@syncline/core';
import { BASE_MS, change, NOTES, rulesOf } from './change-fixtures';
import { CORE_REGISTRY } from './merge-fixtures';
import { type MakeStore, type StoreWorld, storeWorld } from './store-under-test';

const D1 = deviceId('d1');

export function describeReceiptStoreContract(name: string, make: MakeStore): void {
  describe(`${name} keeps the contract of a receipt store`, () => {
    const world = storeWorld(make);

    describeWhatWasWrong(world);

    test('what became of changes is found by their numbers, of one device', async () => {
      const space = await world.space();
      await world.device(space, 'd1').push(change.create('a', {}), change.create('c', {}));
      await world.device(space, 'd2').push(change.create('b', {}));
      const found = await world.store.receipts(space, D1, [2, 1, 7]);
      expect(found).toMatchObject({ head: 3, lastNumber: 2 });
      expect([...found!.receipts.keys()].sort()).toEqual([1, 2]);
      expect(found!.receipts.get(1)).toMatchObject({
        device: 'd1',
        number: 1,
        status: 'APPLIED',
        version: 1,
        committedAtMs: BASE_MS,
      });
    });

    test('the traces of changes are told, where they have one', async () => {
      const space = await world.space();
      const trace = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
      const { push } = world.device(space, 'd1');
      await push(change.create('a', {}, { trace }), change.create('b', {}));
      await push(change.update('nothing', {}, { baseVersion: 9, trace }));
      const found = await world.store.receipts(space, D1, [1, 2, 3, 4]);
      expect([...found!.receipts.keys()].sort()).toEqual([1, 2, 3]);
      expect(found!.traces).toEqual(new Map([[1, trace]]));
      await world.store.pruneReceipts(space, BASE_MS + 1);
      expect(await world.store.receipts(space, D1, [1])).toMatchObject({ traces: new Map([[1, trace]]) });
    });

    test('a device that never pushed has number 0, and what was pruned is missing', async () => {
      const space = await world.space();
      await world.device(space, 'd1').push(change.create('a', {}));
      expect(await world.store.receipts(space, deviceId('d9'), [1])).toMatchObject({
        lastNumber: 0,
        receipts: new Map(),
      });
      await world.store.pruneReceipts(space, BASE_MS + 1);
      expect(await world.store.receipts(space, D1, [1])).toMatchObject({
        lastNumber: 1,
        receipts: new Map(),
      });
    });

    test('it tells how far everyone was told, and nothing of a space that does not exist', async () => {
      const space = await world.space();
      await world.device(space, 'd1').push(change.create('a', {}));
      expect(await world.store.receipts(space, D1, [])).toMatchObject({ head: 1, announced: 0 });
      await world.store.markAnnounced(new Map([[space, 1]]));
      expect(await world.store.receipts(space, D1, [])).toMatchObject({ head: 1, announced: 1 });
      expect(await world.store.receipts(world.nowhere(), D1, [1])).toBeNull();
    });
  });
}

function describeWhatWasWrong(world: StoreWorld): void {
  test('all that was wrong with a change is remembered with its answer', async () => {
    const violations = [
      { field: '/é"', description: 'is \\ not "nice"' },
      { field: '', description: 'is \u0000' },
    ];
    const registry = policyRegistry([...CORE_REGISTRY.values()], () => ({
      ok: true,
      check: () => violations,
    }));
    const space = await world.space();
    await world.store.declare(space, rulesOf(NOTES, { jsonSchema: 'false' }));
    const device = world.device(space, 'd1', { registry });
    expect(await device.one(change.create('a', {}))).toMatchObject({ status: 'REJECTED' });
    expect((await world.store.receipts(space, D1, [1]))!.receipts.get(1)!.violations).toEqual(
      violations.map(({ field, description }) => ({ field: `payload${field}`, description })),
    );
  });
}
