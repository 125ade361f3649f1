import { collectionName, type CollectionRules, type SpaceKey, undeclaredRules } from '@syncline/core';
import { type MemoryStore, memoryStore } from '@syncline/memory';
import { knownShapes } from './known-shapes';

const HOME = 'acme/home' as SpaceKey;
const NOTES = collectionName('notes');

const rulesOf = (current: number): CollectionRules => ({
  ...undeclaredRules(NOTES),
  json: true,
  schema: {
    current,
    oldest: 0,
    steps: Array.from({ length: current }, (_, index) => ({ toVersion: index + 1, up: [], down: [] })),
  },
});

async function world() {
  const store: MemoryStore = memoryStore();
  await store.createSpace(HOME, null);
  const asked: SpaceKey[] = [];
  const shapesOf = knownShapes({
    deltas: {
      collections: (space) => {
        asked.push(space);
        return store.collections(space);
      },
    },
  });
  const bounds = { after: 0, collections: [], recordsMax: 1, bytesMax: 1, clockAfter: 0 };
  const read = async () => (await store.changes({ space: HOME, ...bounds }))!;
  const current = async (...of: Parameters<typeof shapesOf>) => (await shapesOf(...of)).get(NOTES)?.current;
  return { store, asked, read, current };
}

test('shapes are looked up once, until something is declared', async () => {
  const { store, asked, read, current } = await world();
  expect([await current(await read()), await current(await read())]).toEqual([undefined, undefined]);
  expect(asked).toHaveLength(1);
  await store.declare(HOME, rulesOf(1));
  expect([await current(await read()), await current(await read())]).toEqual([1, 1]);
  expect(asked).toHaveLength(2);
  await store.takeBack(HOME, NOTES);
  expect(await current(await read())).toBeUndefined();
});

test('what was read before a declaration is converted by the rules that whoever asks knows of', async () => {
  const { store, asked, read, current } = await world();
  const before = await read();
  expect(await current(before)).toBeUndefined();
  await store.declare(HOME, rulesOf(2));
  expect(await current(before)).toBeUndefined();
  const { rulesChanges } = (await store.collections(HOME))!;
  expect(await current(before, rulesChanges)).toBe(2);
  expect(await current(before)).toBe(2);
  expect(asked).toHaveLength(2);
});

test('shapes of an epoch that has ended are of no use, nor are those of a space that is gone', async () => {
  const { store, read, current } = await world();
  await store.declare(HOME, rulesOf(1));
  const before = await read();
  expect(await current(before)).toBe(1);
  await store.newEpoch(HOME);
  expect((await read()).state.epoch).toBeGreaterThan(before.state.epoch);
  expect(await current(await read())).toBe(1);
  const nowhere = { rulesChanges: 0, state: { space: 'acme/none' as SpaceKey, epoch: 1 } };
  expect(await current(nowhere)).toBeUndefined();
});
