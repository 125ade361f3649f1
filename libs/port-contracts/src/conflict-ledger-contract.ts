import {
  CONFLICTS,
  decodeFacts,
  deviceId,
  encodeDecision,
  hlcTime,
  type LedgerDecision,
  type Push,
  recordId,
  recordKey,
  type RecordId,
  type Seen,
  seenKey,
  SERVICE_DEVICE,
  type SpaceKey,
} from '@syncline/core';
import { BASE_MS, change, NOTES, OWNER, readJson, rulesOf, userOf } from './change-fixtures';
import { mergeInto } from './merge-fixtures';
import { type MakeStore, type StoreWorld, storeWorld } from './store-under-test';

const A = recordId('a');

export function describeConflictLedgerContract(name: string, make: MakeStore): void {
  describe(`${name} keeps the contract of a ledger of conflicts`, () => {
    const world = storeWorld(make);
    describeListing(world);
    describeReading(world);
    describeWaitingForResolvers(world);
  });
}

/** Record `a` and five conflicts of it, held at versions 3 to 7; the second and the fourth are settled at 8 and 9. */
async function spaceOfConflicts(world: StoreWorld): Promise<SpaceKey> {
  const space = await world.space();
  await world.store.declare(space, rulesOf(NOTES, { policy: 'manual' }));
  await world.device(space, 'd1').push(change.create('a', { n: 1 }), change.update('a', { n: 2 }));
  for (const device of ['c1', 'c2', 'c3', 'c4', 'c5'])
    await world.device(space, device).push(change.update('a', { by: device }, { baseVersion: 1 }));
  await decide(world, space, idOf('c2'), 4, 'resolved');
  await decide(world, space, idOf('c4'), 6, 'resolved');
  return space;
}

const idOf = (device: string) => recordId(`${NOTES}/${device}/1`);

async function decide(
  world: StoreWorld,
  space: SpaceKey,
  id: RecordId,
  baseVersion: number,
  state: LedgerDecision['state'],
): Promise<void> {
  const set = encodeDecision({ state, resolution: 'stored', standing: 2 });
  const patch = change.patch('a', {}, [], { collection: CONFLICTS, baseVersion });
  const push: Push = {
    device: SERVICE_DEVICE,
    user: userOf(SERVICE_DEVICE),
    access: OWNER,
    changes: [{ ...patch, id, kind: 'patch', patch: { set, remove: [] }, time: hlcTime(BASE_MS) }],
    byService: true,
  };
  const plans = await mergeInto(world.store, new Map([[space, [push]]]));
  expect(plans.get(space)?.results).toMatchObject([{ outcomes: [{ status: 'APPLIED' }] }]);
}

function describeListing(world: StoreWorld): void {
  const list = async (space: SpaceKey, waiting: boolean, before: number | null = null, limit = 10) =>
    (await world.store.conflicts({ space, before, waiting, limit })).map(({ id, version }) => [
      id.split('/')[1],
      version,
    ]);

  test('conflicts come the newest first, by when they were written last, and nothing else comes', async () => {
    const space = await spaceOfConflicts(world);
    const all = [
      ['c4', 9],
      ['c2', 8],
      ['c5', 7],
      ['c3', 5],
      ['c1', 3],
    ];
    expect(await list(space, false)).toEqual(all);
    expect(await list(space, false, 8)).toEqual(all.slice(2));
    expect(await list(space, false, 9, 2)).toEqual(all.slice(1, 3));
    expect(await list(space, false, 3)).toEqual([]);
  });

  test('those that wait come alone, and once more when they were opened again', async () => {
    const space = await spaceOfConflicts(world);
    const open = [
      ['c5', 7],
      ['c3', 5],
      ['c1', 3],
    ];
    expect(await list(space, true)).toEqual(open);
    expect(await list(space, true, 7, 1)).toEqual([['c3', 5]]);
    await decide(world, space, idOf('c2'), 8, 'reopened');
    expect(await list(space, true)).toEqual([['c2', 10], ...open]);
  });

  test('what they are looked for by comes with them', async () => {
    const space = await spaceOfConflicts(world);
    const rows = await world.store.conflicts({ space, before: 6, waiting: false, limit: 1 });
    expect(rows.map(({ facts }) => decodeFacts(facts))).toEqual([
      {
        state: 'open',
        kind: 'UPDATE_UPDATE',
        id: 'a',
        policy: 'manual',
        devices: ['d1', 'c3'],
        users: [userOf(deviceId('d1')), userOf(deviceId('c3'))],
        detectedAtMs: BASE_MS,
      },
    ]);
  });

  test('they are counted up to a number', async () => {
    const space = await spaceOfConflicts(world);
    expect(await world.store.countConflicts(space, 100)).toBe(5);
    expect(await world.store.countConflicts(space, 4)).toBe(4);
  });

  test('another space has none, and a space that does not exist neither', async () => {
    await spaceOfConflicts(world);
    for (const space of [await world.space(), world.nowhere()]) {
      expect(await list(space, false)).toEqual([]);
      expect(await list(space, true)).toEqual([]);
      expect(await world.store.countConflicts(space, 10)).toBe(0);
    }
  });
}

function describeReading(world: StoreWorld): void {
  test('what devices saw is told, by base and by what they sent themselves', async () => {
    const space = await spaceOfConflicts(world);
    const request = (device: string, baseVersion: number, after: number, id = A) => ({
      collection: NOTES,
      id,
      device: deviceId(device),
      baseVersion,
      after,
    });
    const requests = [
      request('c1', 1, 0),
      request('c1', 2, 0),
      request('c1', 1, 1),
      request('c1', 1, 0, recordId('b')),
    ];
    const found = await world.store.seenBy(space, requests);
    const inWords = (seen: Seen | undefined) => (seen === undefined ? 'unknown' : readJson(seen.payload));
    expect(requests.map((each) => inWords(found.get(seenKey(each))))).toEqual([
      { n: 1 },
      { n: 2 },
      { by: 'c1' },
      'unknown',
    ]);
    expect((await world.store.seenBy(space, [])).size).toBe(0);
    expect((await world.store.seenBy(world.nowhere(), requests)).size).toBe(0);
  });

  test('what versions did is told, as far as it is known', async () => {
    const space = await spaceOfConflicts(world);
    const found = await world.store.writtenAt(space, [3, 1, 99, 3]);
    expect([...found.keys()].sort()).toEqual([1, 3]);
    expect([found.get(1)?.id, found.get(3)?.id]).toEqual(['a', idOf('c1')]);
    expect(readJson(found.get(3)?.incoming)).toEqual({ by: 'c1' });
    expect(found.get(3)).toEqual(await world.store.atVersion(space, 3));
    expect((await world.store.writtenAt(space, [])).size).toBe(0);
    expect((await world.store.writtenAt(world.nowhere(), [1])).size).toBe(0);
  });

  test('records are told by their versions, those that were deleted too', async () => {
    const space = await spaceOfConflicts(world);
    await world.device(space, 'd2').push(change.create('b', {}), change.delete('b'));
    const names = ['a', 'b', 'c'].map((id) => ({
      collection: NOTES,
      id: recordId(id),
      key: recordKey(NOTES, recordId(id)),
    }));
    const found = await world.store.recordVersions(space, names);
    expect(names.map(({ key }) => found.get(key))).toEqual([2, 11, undefined]);
    expect((await world.store.recordVersions(space, [])).size).toBe(0);
    expect((await world.store.recordVersions(world.nowhere(), names)).size).toBe(0);
  });
}

function describeWaitingForResolvers(world: StoreWorld): void {
  const rule = { endpoint: 'resolver.example.org:7500' };
  /** In a space with one conflict of each of two devices. */
  const asking = async (): Promise<SpaceKey> => {
    const space = await world.space();
    await world.store.declare(space, rulesOf(NOTES, { policy: 'external', rule }));
    await world.device(space, 'd1').push(change.create('a', { n: 1 }), change.update('a', { n: 2 }));
    for (const device of ['c2', 'c1'])
      await world.device(space, device).push(change.update('a', { by: device }, { baseVersion: 1 }));
    return space;
  };
  /** Other tests of the same store have left conflicts as well. */
  const walk = async (
    spaces: readonly SpaceKey[],
    limit: number,
  ): Promise<(readonly [SpaceKey, string])[]> => {
    const found: (readonly [SpaceKey, string])[] = [];
    let after: { readonly space: SpaceKey; readonly id: RecordId } | null = null;
    for (;;) {
      const page: readonly { readonly space: SpaceKey; readonly id: RecordId }[] =
        await world.store.waitingForResolver(after, limit);
      expect(page.length).toBeLessThanOrEqual(limit);
      found.push(...page.map(({ space, id }) => [space, id] as const));
      if (page.length === 0) return found.filter(([space]) => spaces.includes(space));
      after = page.at(-1)!;
    }
  };

  test('those that wait for a resolver are found in all spaces, in order, and no others', async () => {
    const spaces = [await asking(), await asking()].sort();
    await spaceOfConflicts(world);
    const all = spaces.flatMap((space) => ['c1', 'c2'].map((device) => [space, idOf(device)] as const));
    for (const limit of [1, 3, 100]) expect(await walk(spaces, limit)).toEqual(all);
  });

  test('one that was decided, or left to a person, does not wait for a resolver any more', async () => {
    const space = await asking();
    await decide(world, space, idOf('c1'), 4, 'resolved');
    await decide(world, space, idOf('c2'), 3, 'open');
    expect(await walk([space], 10)).toEqual([]);
    await decide(world, space, idOf('c1'), 5, 'reopened');
    expect(await walk([space], 10)).toEqual([]);
    expect((await world.store.conflicts({ space, before: null, waiting: true, limit: 9 })).length).toBe(2);
  });
}
