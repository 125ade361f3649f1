import { deviceId, type SpaceKey, userId } from '@syncline/core';
import type { SyncEntry, SyncsRequest } from '@syncline/ports';
import { type MakeStore, type StoreWorld, storeWorld } from './store-under-test';

const NOON = 1_700_000_000_000;

const syncEntry = (given: Partial<SyncEntry> = {}): SyncEntry => ({
  device: deviceId('d1'),
  user: userId('ann'),
  startedAtMs: NOON,
  durationMs: 40,
  fromVersion: 3,
  toVersion: 9,
  mode: 'bidirectional',
  pushedCount: 2,
  receivedCount: 5,
  sentBytes: 120,
  receivedBytes: 2 ** 33,
  conflictCount: 1,
  reason: null,
  reset: false,
  traceId: '0af7651916cd43dd8448eb211c80319c',
  ...given,
});

export function describeSyncLogContract(name: string, make: MakeStore): void {
  describe(`${name} keeps the contract of a log of syncs`, () => {
    const world = storeWorld(make);
    const listed = (space: SpaceKey, given: Partial<SyncsRequest> = {}) =>
      world.store.syncs({
        space,
        user: null,
        device: null,
        fromMs: null,
        toMs: null,
        after: null,
        limit: 100,
        ...given,
      });
    const noted = async (...entries: readonly SyncEntry[]): Promise<SpaceKey> => {
      const space = await world.space();
      await world.store.noteSyncs(entries.map((entry) => ({ space, entry })));
      return space;
    };
    const tools: Tools = { listed, noted };
    describeNoting(world, tools);
    describeListing(tools);
    describeForgetting(world, tools);
  });
}

interface Tools {
  readonly listed: (space: SpaceKey, given?: Partial<SyncsRequest>) => Promise<readonly SyncEntry[]>;
  readonly noted: (...entries: readonly SyncEntry[]) => Promise<SpaceKey>;
}

const at = (ms: number, given: Partial<SyncEntry> = {}) => syncEntry({ startedAtMs: NOON + ms, ...given });

function describeNoting(world: StoreWorld, { listed, noted }: Tools): void {
  test('entries come back as they were noted', async () => {
    const poor = syncEntry({
      startedAtMs: NOON - 1,
      mode: null,
      reason: 'SLOW_CONSUMER',
      reset: true,
      traceId: '',
    });
    const space = await noted(syncEntry(), poor);
    expect(await listed(space)).toEqual([syncEntry(), poor]);
  });

  test('an entry that is told twice is kept once', async () => {
    const space = await noted(syncEntry());
    await world.store.noteSyncs([
      { space, entry: syncEntry() },
      { space, entry: syncEntry({ durationMs: 41 }) },
    ]);
    expect((await listed(space)).map(({ durationMs }) => durationMs)).toEqual([41, 40]);
  });
}

function describeListing({ listed, noted }: Tools): void {
  test('they come newest first, part by part, whatever began at the same moment', async () => {
    const devices = ['a', 'é', '\u{1f600}', '\uff5e'].map((id) => at(5, { device: deviceId(id) }));
    const space = await noted(at(1), at(9), ...devices, at(5, { device: deviceId('a'), durationMs: 50 }));
    const all = await listed(space);
    expect(
      all.map(({ startedAtMs, device, durationMs }) => [startedAtMs - NOON, device, durationMs]),
    ).toEqual([
      [9, 'd1', 40],
      [5, '\u{1f600}', 40],
      [5, '\uff5e', 40],
      [5, 'é', 40],
      [5, 'a', 50],
      [5, 'a', 40],
      [1, 'd1', 40],
    ]);
    const parts: SyncEntry[] = [];
    while (parts.length < all.length) {
      const part = await listed(space, { after: parts.at(-1) ?? null, limit: 2 });
      expect(part.length).toBeGreaterThan(0);
      parts.push(...part);
    }
    expect(parts).toEqual(all);
    expect(await listed(space, { after: parts.at(-1)! })).toEqual([]);
  });

  test('those of a user, of a device, and of a time are found', async () => {
    const bob = { user: userId('bob'), device: deviceId('d2') };
    const space = await noted(at(1), at(2, bob), at(3, { device: deviceId('d3') }), at(4, bob));
    const times = async (given: Partial<SyncsRequest>) =>
      (await listed(space, given)).map(({ startedAtMs }) => startedAtMs - NOON);
    expect(await times({ user: userId('ann') })).toEqual([3, 1]);
    expect(await times({ device: deviceId('d2') })).toEqual([4, 2]);
    expect(await times({ user: userId('ann'), device: deviceId('d2') })).toEqual([]);
    expect(await times({ fromMs: NOON + 2, toMs: NOON + 4 })).toEqual([3, 2]);
    expect(await times({ user: userId('bob'), toMs: NOON + 4 })).toEqual([2]);
  });
}

function describeForgetting(world: StoreWorld, { listed, noted }: Tools): void {
  test('they are forgotten by age, in their own space', async () => {
    const [space, other] = [await noted(at(1), at(2), at(3)), await noted(at(1))];
    expect(await world.store.forgetSyncs(space, NOON + 3)).toEqual({ forgotten: 2 });
    expect(await world.store.forgetSyncs(space, NOON + 3)).toEqual({ forgotten: 0 });
    expect(await listed(space)).toEqual([at(3)]);
    expect(await listed(other)).toHaveLength(1);
  });

  test('nothing is noted in a space that does not exist', async () => {
    const nowhere = world.nowhere();
    const space = await world.space();
    await world.store.noteSyncs([nowhere, space].map((each) => ({ space: each, entry: syncEntry() })));
    expect(await listed(nowhere)).toEqual([]);
    expect(await listed(space)).toHaveLength(1);
    expect(await world.store.forgetSyncs(nowhere, NOON)).toEqual({ forgotten: 0 });
    await world.store.noteSyncs([]);
  });
}
