import { deviceId, type MergePlan, type SpaceKey } from '@syncline/core';
import { change, pushOf, readJson } from './change-fixtures';
import { lookingDuring } from './eventually';
import { mergeInto, mergeWithin, planWithin } from './merge-fixtures';
import type { StoreWorld } from './store-under-test';
import { expectConsistent, readSpace, wholeSpace } from './whole-space';

const createOf = (device: string, id: string, first = 1) =>
  pushOf(device, [change.create(id, { by: device })], { first });

export function describeMergeTransactions(world: StoreWorld): void {
  describe('transactions', () => {
    describeSaving(world);
    describeRejecting(world);
    describePlans(world);
    describeLocking(world);
  });
}

function describeSaving(world: StoreWorld): void {
  test('what was saved is there when the transaction resolves', async () => {
    const space = await world.space();
    const result = await world.store.transact([space], async (transaction) => {
      await mergeWithin(transaction, new Map([[space, [createOf('d1', 'a')]]]));
      return 'the result of the work';
    });
    expect(result).toBe('the result of the work');
    const { rows, state } = await wholeSpace(world.store, space);
    expect(rows.map(({ id, version }) => [id, version])).toEqual([['a', 1]]);
    expect(state.head).toBe(1);
  });

  test('plans for several spaces are saved together', async () => {
    const [left, right] = [await world.space(), await world.space()];
    await mergeInto(world.store, new Map([left, right].map((space) => [space, [createOf('d1', 'a')]])));
    for (const space of [left, right]) expect((await wholeSpace(world.store, space)).state.head).toBe(1);
  });

  test('a transaction that saves nothing writes nothing', async () => {
    const space = await world.space();
    await world.store.transact([space], (transaction) =>
      planWithin(transaction, new Map([[space, [createOf('d1', 'a')]]])),
    );
    expect((await wholeSpace(world.store, space)).state.head).toBe(0);
  });

  test('a space that does not exist is missing from what is loaded, and the others are there', async () => {
    const [space, nowhere] = [await world.space(), world.nowhere()];
    const plans = await mergeInto(
      world.store,
      new Map([space, nowhere].map((each) => [each, [createOf('d1', 'a')]])),
    );
    expect([...plans.keys()]).toEqual([space]);
    expect(await world.store.state(nowhere)).toBeNull();
  });

  test('readers see the changes of a push all together, whenever they look', async () => {
    const space = await world.space();
    const device = world.device(space, 'd1');
    const mergeAll = async () => {
      for (let round = 0; round < 10; round++) {
        const kind = round === 0 ? change.create : change.update;
        await device.push(...[1, 2, 3, 4, 5, 6].map((n) => kind(`r${n}`, { round })));
      }
    };
    await lookingDuring(mergeAll(), async () => {
      const snapshot = await readSpace(world.store, space);
      expectConsistent(snapshot);
      expect(snapshot.state.head % 6).toBe(0);
      expect(new Set(snapshot.rows.map((row) => JSON.stringify(readJson(row.payload)))).size).toBeLessThan(2);
    });
    expect((await wholeSpace(world.store, space)).state.head).toBe(60);
  });
}

function describeRejecting(world: StoreWorld): void {
  const failing = async (spaces: readonly SpaceKey[], failure: Error) =>
    world.store.transact(spaces, async (transaction) => {
      await mergeWithin(transaction, new Map(spaces.map((space) => [space, [createOf('d1', 'a')]])));
      throw failure;
    });

  test('when the work rejects, nothing is written and the same error comes out', async () => {
    const spaces = [await world.space(), await world.space()];
    const failure = new Error('the work failed after it had saved');
    await expect(failing(spaces, failure)).rejects.toBe(failure);
    for (const space of spaces) {
      const { state, rows, clock } = await wholeSpace(world.store, space);
      expect({ head: state.head, rows, numbers: clock.size }).toEqual({ head: 0, rows: [], numbers: 0 });
      expect(await world.store.atVersion(space, 1)).toBeNull();
    }
  });

  test('when the work rejects, the spaces are free again', async () => {
    const space = await world.space();
    await expect(failing([space], new Error('on purpose'))).rejects.toThrow('on purpose');
    const plans = await mergeInto(world.store, new Map([[space, [createOf('d1', 'a')]]]));
    expect(plans.get(space)?.after.head).toBe(1);
  });
}

function describePlans(world: StoreWorld): void {
  test('a plan that does not continue what is stored is not saved, nor is anything beside it', async () => {
    const [space, other] = [await world.space(), await world.space()];
    const stale = await world.store.transact([space], (transaction) =>
      planWithin(transaction, new Map([[space, [createOf('d1', 'a')]]])),
    );
    await mergeInto(world.store, new Map([[space, [createOf('d2', 'b')]]]));
    const saving = world.store.transact([space, other], async (transaction) => {
      const sound = await planWithin(transaction, new Map([[other, [createOf('d1', 'a')]]]));
      await transaction.save([...sound.values(), ...stale.values()]);
    });
    await expect(saving).rejects.toThrow(Error);
    expect((await wholeSpace(world.store, other)).state.head).toBe(0);
    const { rows } = await wholeSpace(world.store, space);
    expect(rows.map(({ id }) => id)).toEqual(['b']);
  });

  test.each(['epoch', 'floor', 'records', 'bytes'] as const)(
    'nor is one that has another %s before it than what is stored',
    async (field) => {
      const space = await world.space();
      const saving = savingInstead(space, (plan) => ({
        ...plan,
        before: { ...plan.before, [field]: plan.before[field] + 1 },
        after: { ...plan.after, [field]: plan.after[field] + 1 },
      }));
      await expect(saving).rejects.toThrow(Error);
      expect((await wholeSpace(world.store, space)).state.head).toBe(0);
    },
  );

  test('nor is one that takes a number again', async () => {
    const space = await world.space();
    await mergeInto(world.store, new Map([[space, [createOf('d1', 'a')]]]));
    const saving = savingInstead(space, (plan) => ({
      ...plan,
      receipts: [],
      lastNumbers: new Map([[deviceId('d1'), 1]]),
    }));
    await expect(saving).rejects.toThrow(Error);
    expect((await wholeSpace(world.store, space)).state.head).toBe(1);
  });

  const savingInstead = (space: SpaceKey, doctored: (plan: MergePlan) => MergePlan): Promise<void> =>
    world.store.transact([space], async (transaction) => {
      const plans = await planWithin(transaction, new Map([[space, [createOf('d2', 'b')]]]));
      await transaction.save([...plans.values()].map(doctored));
    });
}

function describeLocking(world: StoreWorld): void {
  test('transactions that share a space run one after the other', async () => {
    const space = await world.space();
    const log: string[] = [];
    const devices = ['d1', 'd2', 'd3', 'd4', 'd5'];
    await Promise.all(
      devices.map((device) =>
        world.store.transact([space], async (transaction) => {
          const pushes = new Map([[space, [createOf(device, device)]]]);
          await planWithin(transaction, pushes);
          log.push(`${device} begins`);
          await planWithin(transaction, pushes);
          await mergeWithin(transaction, pushes);
          log.push(`${device} ends`);
        }),
      ),
    );
    const pairs = log.flatMap((_, index) => (index % 2 === 0 ? [log.slice(index, index + 2)] : []));
    expect(pairs.map(([begin, end]) => [begin?.split(' ')[0], end])).toEqual(
      pairs.map(([begin]) => [begin?.split(' ')[0], `${begin?.split(' ')[0]} ends`]),
    );
    const { rows } = await wholeSpace(world.store, space);
    expect(rows.map(({ id }) => id).sort()).toEqual(devices);
  });

  test('transactions that name the same spaces in any order all come to an end', async () => {
    const [left, right] = [await world.space(), await world.space()];
    await Promise.all(
      Array.from({ length: 12 }, (_, index) => {
        const spaces = index % 2 === 0 ? [left, right] : [right, left];
        const device = `d${index}`;
        const pushes = new Map(spaces.map((space) => [space, [createOf(device, device)]]));
        return world.store.transact(spaces, (transaction) => mergeWithin(transaction, pushes));
      }),
    );
    for (const space of [left, right]) expect((await wholeSpace(world.store, space)).state.head).toBe(12);
  });

  test('a space named twice is held once', async () => {
    const space = await world.space();
    const plans = await world.store.transact([space, space], (transaction) =>
      mergeWithin(transaction, new Map([[space, [createOf('d1', 'a')]]])),
    );
    expect(plans.get(space)?.after.head).toBe(1);
  });
}
