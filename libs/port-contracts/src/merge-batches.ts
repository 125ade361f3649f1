import {
  type Change,
  type CollectionName,
  type CollectionRules,
  decodeUtf8,
  type Push,
  type PushResult,
  recordId,
  type SchemaStep,
  type SpaceKey,
  type StoredRecord,
} from '@syncline/core';
import { BASE_MS, change, NOTES, numbered, pushOf, rulesOf } from './change-fixtures';
import { mergeInto } from './merge-fixtures';
import type { StoreWorld } from './store-under-test';
import { storedRecords } from './whole-space';

const STEP: SchemaStep = {
  toVersion: 2,
  up: [
    { kind: 'rename', field: 'f0', to: 'g0' },
    { kind: 'convert', field: 'f1', to: 'array', values: [] },
    { kind: 'default', field: 'g1', value: '0' },
  ],
  down: [],
};
const COLLECTIONS = [
  rulesOf(NOTES),
  rulesOf('fields', { policy: 'field-merge' }),
  rulesOf('held', { policy: 'manual' }),
  rulesOf('kept', { policy: 'server-wins', deletes: 'resurrect' }),
  rulesOf('shaped', { policy: 'client-wins', schema: { oldest: 1, current: 2, steps: [STEP] } }),
];
const DEVICES = ['d1', 'd2', 'd3'];
const IDS = ['a', 'b'];
/** The last two build on changes of unknown shape that are held, which few others do. */
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 118, 251];
const ROUNDS = 12;
const UPKEEP_ROUNDS = 5;
const HISTORY_MAX = 4;

/** Numbers that look like chance and are the same in every run. */
function numbersFrom(seed: number): (below: number) => number {
  const state = { value: seed };
  return (below) => {
    state.value = (Math.imul(state.value, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state.value / 0x100000000) * below);
  };
}

interface Chances {
  readonly below: (max: number) => number;
  readonly collections: readonly CollectionRules[];
}

/** Every other world has a single collection, where devices meet on the same records all the time. */
function chancesOf(seed: number): Chances {
  const single = COLLECTIONS[(seed / 2) % COLLECTIONS.length];
  return { below: numbersFrom(seed), collections: single === undefined ? COLLECTIONS : [single] };
}

function someChange({ below, collections }: Chances, head: number, number: number): Change {
  const { collection } = collections[below(collections.length)]!;
  const id = IDS[below(IDS.length)]!;
  const given = {
    collection,
    baseVersion: below(3) === 0 ? head : below(head + 1),
    // Names a change of its own that may be about this record, and may be of this very batch.
    after: below(2) === 0 ? 0 : Math.max(0, number - 1 - below(4)),
    atMs: below(50),
    schemaVersion: collection === 'shaped' ? below(4) : 0,
    // Names a conflict that may exist, may be open, and may be about this record.
    resolves: [recordId(`${collection}/${DEVICES[below(DEVICES.length)]!}/${1 + below(30)}`)],
  };
  const value = { [`f${below(3)}`]: below(9), [`f${below(3)}`]: below(9) };
  switch (below(6)) {
    case 0:
      return change.create(id, value, { ...given, baseVersion: 0 });
    case 1:
      return change.delete(id, given);
    case 2:
    case 3:
      return change.patch(id, value, [`f${below(3)}`], given);
    default:
      return change.update(id, value, given);
  }
}

/**
 * Pushes of one batch: every device may come several times, on bases that were there before the batch, and may
 * send a push again.
 */
function someBatch(chances: Chances, head: number, last: Map<string, number>): Push[] {
  const { below } = chances;
  const pushes: Push[] = [];
  for (let count = 1 + below(5); count > 0; count--) {
    if (pushes.length > 0 && below(6) === 0) {
      pushes.push(pushes[below(pushes.length)]!);
      continue;
    }
    const device = DEVICES[below(DEVICES.length)]!;
    const first = (last.get(device) ?? 0) + 1;
    const changes = Array.from({ length: 1 + below(3) }, (_, index) =>
      someChange(chances, head, first + index),
    );
    last.set(device, first + changes.length - 1);
    pushes.push({ ...pushOf(device, []), changes: numbered(changes, first) });
  }
  return pushes;
}

/**
 * Group commit must not be visible: pushes end in the same records, outcomes and history whether they are merged
 * in one transaction or each in its own. In one, the plan itself knows what devices sent; in the other, only
 * the store does.
 */
export function describeMergeBatches(world: StoreWorld): void {
  const openSpace = async (): Promise<SpaceKey> => {
    const space = await world.space();
    for (const rules of COLLECTIONS) await world.store.declare(space, rules);
    return space;
  };
  const mergeAll = async (space: SpaceKey, pushes: readonly Push[]): Promise<readonly PushResult[]> =>
    (await mergeInto(world.store, new Map([[space, pushes]]))).get(space)!.results;

  const tidy = async (space: SpaceKey): Promise<void> => {
    const { head } = (await world.store.state(space))!;
    await world.store.raiseFloor(space, Math.floor(head / 2));
    await world.store.pruneHistory(space, HISTORY_MAX, BASE_MS + 1, Number.MAX_SAFE_INTEGER);
  };

  describe('batches', () => {
    test.each(SEEDS)('leave no trace in what they do (seed %d)', async (seed) => {
      const chances = chancesOf(seed);
      const [together, apart] = [await openSpace(), await openSpace()];
      const last = new Map<string, number>();
      for (let round = 0; round < ROUNDS; round++) {
        if (round % UPKEEP_ROUNDS === 0) for (const space of [together, apart]) await tidy(space);
        const { head } = (await world.store.state(together))!;
        const pushes = someBatch(chances, head, last);
        const resultsTogether = await mergeAll(together, pushes);
        const resultsApart: PushResult[] = [];
        for (const push of pushes) resultsApart.push(...(await mergeAll(apart, [push])));
        expect(plain(resultsTogether)).toEqual(plain(resultsApart));
        const [stored, others] = [
          await storedRecords(world.store, together),
          await storedRecords(world.store, apart),
        ];
        expect(plain(stored)).toEqual(plain(others));
        await expectSameHistory(world, together, apart, head, stored);
      }
    });
  });
}

/** Bytes as text: Jest takes long to compare them one by one. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_name, part: unknown) => (part instanceof Uint8Array ? decodeUtf8(part) : part)),
  );
}

async function expectSameHistory(
  world: StoreWorld,
  left: SpaceKey,
  right: SpaceKey,
  head: number,
  rows: readonly StoredRecord[],
): Promise<void> {
  const names = new Map<string, CollectionName>();
  for (const { collection, id, version } of rows)
    if (version > head) names.set(`${collection}/${id}`, collection);
  for (const [name, collection] of names) {
    const id = recordId(name.slice(collection.length + 1));
    const [entries, others] = await Promise.all(
      [left, right].map((space) => world.store.ofRecord(space, collection, id, null, 50)),
    );
    expect(plain(entries)).toEqual(plain(others));
  }
}
