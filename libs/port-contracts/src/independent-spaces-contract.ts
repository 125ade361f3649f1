import { change, pushOf } from './change-fixtures';
import { eventually, gate } from './eventually';
import { mergeInto, mergeWithin } from './merge-fixtures';
import { type MakeStore, type StoreWorld, storeWorld } from './store-under-test';
import { wholeSpace } from './whole-space';

const MANY = 100_000;

const pushesFor = <Space>(space: Space, device: string) =>
  new Map([[space, [pushOf(device, [change.create(device, { by: device })])]]]);

/** For stores that can do more than one thing at a time; one with a single connection cannot promise this. */
export function describeIndependentSpacesContract(name: string, make: MakeStore): void {
  describe(`${name} keeps spaces independent of each other`, () => {
    const world = storeWorld(make);
    describeMarking(world);

    test('a merge in one space does not wait for one in another', async () => {
      const [slow, quick] = [await world.space(), await world.space()];
      const [entered, leave] = [gate(), gate()];
      const slowMerge = world.store.transact([slow], async (transaction) => {
        await mergeWithin(transaction, pushesFor(slow, 'd1'));
        entered.open();
        await leave.opened;
      });
      await entered.opened;
      await mergeInto(world.store, pushesFor(quick, 'd1'));
      expect((await wholeSpace(world.store, quick)).state.head).toBe(1);
      leave.open();
      await slowMerge;
    });

    test('readers neither wait for a transaction nor see into it', async () => {
      const space = await world.space();
      const [saved, leave] = [gate(), gate()];
      const merge = world.store.transact([space], async (transaction) => {
        await mergeWithin(transaction, pushesFor(space, 'd1'));
        saved.open();
        await leave.opened;
      });
      await saved.opened;
      expect((await wholeSpace(world.store, space)).state.head).toBe(0);
      expect(await world.store.atVersion(space, 1)).toBeNull();
      leave.open();
      await merge;
      expect((await wholeSpace(world.store, space)).state.head).toBe(1);
    });

    test('a transaction waits for the one that holds its space, and then finds what that one wrote', async () => {
      const [space, elsewhere] = [await world.space(), await world.space()];
      const [entered, leave] = [gate(), gate()];
      const log: string[] = [];
      const first = world.store.transact([space], async (transaction) => {
        await mergeWithin(transaction, pushesFor(space, 'd1'));
        entered.open();
        await leave.opened;
        log.push('first ends');
      });
      await entered.opened;
      const second = world.store.transact([space], async (transaction) => {
        const plans = await mergeWithin(transaction, pushesFor(space, 'd2'));
        log.push('second has loaded');
        return plans.get(space)?.before.head;
      });
      for (const device of ['d1', 'd2', 'd3']) {
        await mergeInto(world.store, pushesFor(elsewhere, device));
      }
      expect(log).toEqual([]);
      leave.open();
      await first;
      expect(await second).toBe(1);
      expect(log).toEqual(['first ends', 'second has loaded']);
    });
  });
}

function describeMarking(world: StoreWorld): void {
  test('a space that is being merged does not keep another one from being marked as announced', async () => {
    const [busy, free] = [await world.space(), await world.space()];
    for (const space of [busy, free]) await mergeInto(world.store, pushesFor(space, 'd1'));
    const waiting = async () => (await world.store.unannounced(MANY)).map(({ space }) => space);
    const [entered, leave] = [gate(), gate()];
    const merging = world.store.transact([busy], async (transaction) => {
      await mergeWithin(transaction, pushesFor(busy, 'd2'));
      entered.open();
      await leave.opened;
    });
    await entered.opened;
    const versions = [busy, world.nowhere(), free].map((space) => [space, 2] as const);
    const marking = world.store.markAnnounced(new Map(versions));
    await eventually(async () => expect(await waiting()).not.toContain(free));
    leave.open();
    await Promise.all([merging, marking]);
    expect(await waiting()).not.toContain(busy);
  });
}
