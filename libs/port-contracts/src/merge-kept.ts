import {
  type CrdtEngine,
  type DataType,
  encodeUtf8,
  type Kept,
  type OtType,
  type PastRequest,
  pastKey,
  type Policy,
  policyRegistry,
  type PolicyRegistry,
  readRule,
  recordId,
  recordKey,
  type Sibling,
  type SpaceKey,
} from '@syncline/core';
import { change, type ChangeGiven, NOTES, readJson, rulesOf } from './change-fixtures';
import { CORE_REGISTRY } from './merge-fixtures';
import type { StoreWorld } from './store-under-test';
import { wholeSpace } from './whole-space';

/** Records of sets of words, to which updates add; and of sums, to which operations add. */
const words: CrdtEngine = {
  name: 'words',
  merge(state, update) {
    const had = (readJson(state) ?? []) as string[];
    const all = [...new Set([...had, ...(readJson(update) as string[])])].sort();
    return { ok: true, state: json(all), view: json({ words: all }) };
  },
};

const sum: OtType = {
  name: 'sum',
  effort: () => 1,
  start: (payload) => ({ ok: true, snapshot: payload }),
  check: (operation) => ({ ok: true, operation }),
  apply: (snapshot, operation) => ({
    ok: true,
    snapshot: json({ sum: (readJson(snapshot) as { sum: number }).sum + (readJson(operation) as number) }),
  }),
  transform: (operation) => ({ ok: true, operation, collisions: 0 }),
  compose: (first, next) => ({
    ok: true,
    operation: json((readJson(first) as number) + (readJson(next) as number)),
  }),
};

const json = (value: unknown): Uint8Array => encodeUtf8(JSON.stringify(value));

const policyOf = (name: string, data: DataType): Policy => ({
  name,
  readsPayload: true,
  needsBase: false,
  parseRule: (declared) => readRule(declared, () => ({})),
  orderFree: () => false,
  remember: () => null,
  resolve: () => ({ take: 'neither', why: 'A person decides.' }),
  dataType: () => data,
});

const REGISTRY: PolicyRegistry = policyRegistry(
  [
    ...CORE_REGISTRY.values(),
    policyOf('of-words', { kind: 'crdt', engine: words }),
    policyOf('of-sums', { kind: 'operational-transform', type: sum, late: 'ask' }),
  ],
  CORE_REGISTRY.readJsonSchema,
);

export function describeMergeKept(world: StoreWorld): void {
  describe('what a record holds beside its payload', () => describeKept(world));
  describe('what was done to a record', () => describePast(world));
}

async function keptOf({ store }: StoreWorld, space: SpaceKey): Promise<Kept | undefined> {
  const id = recordId('a');
  const records = await store.records(space, [{ collection: NOTES, id, key: recordKey(NOTES, id) }]);
  const read = (await wholeSpace(store, space)).rows.find((row) => row.collection === NOTES);
  const kept = records!.get(recordKey(NOTES, id))?.kept;
  expect(read?.kept).toEqual(kept);
  return kept;
}

async function spaceWith(world: StoreWorld, policy: string) {
  const space = await world.space();
  await world.store.declare(space, rulesOf(NOTES, { policy }));
  return { space, device: (id: string) => world.device(space, id, { registry: REGISTRY }) };
}

function describeKept(world: StoreWorld): void {
  test('is every content that is kept, to the byte, and is gone when one is left', async () => {
    const { space, device } = await spaceWith(world, 'multi-value');
    await device('c').one(change.create('a', 0));
    await device('x').one(change.update('a', 'é"\n', { baseVersion: 1, atMs: 1 }));
    await device('y').one(change.delete('a', { baseVersion: 1, atMs: 2 }));
    const kept = await keptOf(world, space);
    const told = ({ device: by, number, user, payload, deleted, version }: Sibling) => [
      ...[by, number, user, readJson(payload), deleted, version],
    ];
    expect(kept?.kind === 'siblings' && kept.siblings.map(told)).toEqual([
      ['x', 1, 'user of x', 'é"\n', false, 2],
      ['y', 1, 'user of y', null, true, 3],
    ]);
    const { head } = (await world.store.state(space))!;
    await device('z').one(change.update('a', 'one', { baseVersion: head }));
    expect(await keptOf(world, space)).toBeUndefined();
  });

  test('is the state of its data type, with what led to it', async () => {
    const { space, device } = await spaceWith(world, 'of-words');
    const put = (word: string, given: ChangeGiven = {}) => change.operations('a', 'words', [word], given);
    await device('x').one(put('one'));
    expect(await keptOf(world, space)).toEqual({
      ...{ kind: 'data', type: 'words', state: json(['one']), recent: [] },
    });
    await device('y').one(put('two', { baseVersion: 1 }));
    expect(await keptOf(world, space)).toEqual({
      ...{
        kind: 'data',
        type: 'words',
        state: json(['one', 'two']),
        recent: [{ from: 1, operations: json(['two']) }],
      },
    });
  });
}

function describePast(world: StoreWorld): void {
  const pastOf = async (space: SpaceKey, since: number, id = 'a') => {
    const request: PastRequest = { collection: NOTES, id: recordId(id), since };
    const found = await world.store.transact([space], (transaction) =>
      transaction.past(new Map([[space, [request]]])),
    );
    return (found.get(space)?.get(pastKey(request)) ?? []).map(
      ({ version, previousVersion, device, number, operations }) => [
        ...[previousVersion, version, `${device} ${number}`],
        ...(operations === null ? [null] : [readJson(operations.committed), readJson(operations.sent)]),
      ],
    );
  };
  const add = (count: number, given: ChangeGiven) => change.operations('a', 'sum', count, given);

  test('is told above a version in its order, with the operations that did it', async () => {
    const { space, device } = await spaceWith(world, 'of-sums');
    const x = device('x');
    await x.push(change.create('a', { sum: 0 }), change.create('b', { sum: 0 }));
    await x.one(add(1, { baseVersion: 1 }));
    await device('y').one(add(2, { baseVersion: 1 }));
    await x.one(change.update('a', { sum: 9 }, { baseVersion: 4 }));
    expect(await pastOf(space, 0)).toEqual([
      [0, 1, 'x 1', null],
      [1, 3, 'x 3', 1, 1],
      [3, 4, 'y 1', 2, 2],
      [4, 5, 'x 4', null],
    ]);
    expect((await pastOf(space, 3)).map(([, version]) => version)).toEqual([4, 5]);
    expect(await pastOf(space, 5)).toEqual([]);
    expect(await pastOf(space, 0, 'none')).toEqual([]);
  });

  test('is what a later operation is made to fit', async () => {
    const { space, device } = await spaceWith(world, 'of-sums');
    const x = device('x');
    await x.one(change.create('a', { sum: 0 }));
    await x.one(add(1, { baseVersion: 1 }));
    const merged = await device('y').one(add(2, { baseVersion: 1 }));
    expect([merged.status, readJson(merged.record?.payload)]).toEqual(['MERGED', { sum: 3 }]);
    expect(await keptOf(world, space)).toMatchObject({
      kind: 'data',
      state: null,
      recent: [
        { from: 1, operations: json(1) },
        { from: 2, operations: json(2) },
      ],
    });
  });
}
