import { collectionName } from '@syncline/core';
import type { Declaration } from '@syncline/ports';
import { administrationWorld, ANN, type MakeAdministration } from './administration-fixtures';
import { BASE_MS, NOTES, rulesOf } from './change-fixtures';

const declarationOf = (collection: string, given: Partial<Declaration> = {}): Declaration => ({
  rules: rulesOf(collection),
  description: '',
  declaredAtMs: BASE_MS,
  declaredBy: ANN,
  ...given,
});

export function describeDeclarationsContract(name: string, make: MakeAdministration): void {
  describe(`${name} keeps the contract of declarations`, () => {
    const world = administrationWorld(make);

    test('rules come back with who declared them, and when', async () => {
      const { store } = world;
      const space = await world.space();
      const declaration = declarationOf('notes', { description: 'für alle' });
      const first = { ...declaration, rules: { ...declaration.rules, rulesVersion: 1 } };
      expect(await store.declareSeen(space, declaration, null)).toEqual(first);
      expect(await store.declaration(space, NOTES, null)).toEqual(first);
      expect((await store.collections(space))?.rules.get(NOTES)).toEqual(first.rules);
      expect(await store.declaration(space, collectionName('other'), null)).toBeNull();
      expect(await store.declaration(world.nowhere(), NOTES, null)).toBeNull();
      await expect(store.declareSeen(world.nowhere(), declaration, null)).rejects.toThrow(Error);
    });

    test('whoever reads on is told when something was declared or taken back', async () => {
      const { store } = world;
      const space = await world.space();
      const bounds = { after: 0, collections: [], recordsMax: 1, bytesMax: 1, clockAfter: 0 };
      const changes = async () => (await store.changes({ space, ...bounds }))!.rulesChanges;
      const counts = [await changes()];
      await store.declareSeen(space, declarationOf('notes'), null);
      counts.push(await changes(), await changes());
      await store.declareSeen(space, declarationOf('notes', { description: 'again' }), null);
      counts.push(await changes());
      await store.takeBack(space, NOTES);
      counts.push(await changes());
      await store.takeBack(space, NOTES);
      counts.push(await changes());
      const [none, first, still, second, back, nothing] = counts;
      expect([still, nothing]).toEqual([first, back]);
      expect(new Set([none, first, second, back]).size).toBe(4);
    });

    test('only who saw the rules that stand may change them', async () => {
      const { store } = world;
      const space = await world.space();
      await store.declareSeen(space, declarationOf('notes'), 0);
      const [one, two] = await Promise.all([
        store.declareSeen(space, declarationOf('notes', { description: 'one' }), 1),
        store.declareSeen(space, declarationOf('notes', { description: 'two' }), 1),
      ]);
      expect([one, two].filter((each) => each === null)).toHaveLength(1);
      const won = one ?? two;
      expect(won?.rules.rulesVersion).toBe(2);
      expect(await store.declaration(space, NOTES, null)).toEqual(won);
      expect(await store.declareSeen(space, declarationOf('notes'), 3)).toBeNull();
      expect(await store.declareSeen(space, declarationOf('other'), 1)).toBeNull();
    });

    describeEarlierRules(world);
  });
}

function describeEarlierRules(world: ReturnType<typeof administrationWorld>): void {
  test('earlier rules can be read by their version, those that the directory declared as well', async () => {
    const { store } = world;
    const space = await world.space();
    await store.declare(space, rulesOf('notes', { policy: 'server-wins', json: false }));
    await store.declareSeen(space, declarationOf('notes', { description: 'second' }), 1);
    expect(await store.declaration(space, NOTES, 1)).toMatchObject({
      rules: { policy: 'server-wins', rulesVersion: 1 },
      declaredBy: null,
    });
    expect(await store.declaration(space, NOTES, 2)).toMatchObject({ description: 'second' });
    expect(await store.declaration(space, NOTES, 3)).toBeNull();
  });

  test('a declaration can be taken back, and its versions go on growing', async () => {
    const { store } = world;
    const space = await world.space();
    await store.declareSeen(space, declarationOf('zebra'), null);
    await store.declareSeen(space, declarationOf('notes'), null);
    expect((await store.declarations(space)).map(({ rules }) => rules.collection)).toEqual([
      'notes',
      'zebra',
    ]);
    expect(await store.takeBack(space, NOTES)).toBe(true);
    expect(await store.takeBack(space, NOTES)).toBe(false);
    expect(await store.declaration(space, NOTES, null)).toBeNull();
    expect(await store.declaration(space, NOTES, 1)).not.toBeNull();
    expect((await store.collections(space))?.rules.has(NOTES)).toBe(false);
    expect((await store.declareSeen(space, declarationOf('notes'), 0))?.rules.rulesVersion).toBe(2);
    await store.takeBack(space, NOTES);
    expect(await store.declare(space, rulesOf('notes'))).toBe(3);
    expect(await store.takeBack(world.nowhere(), NOTES)).toBe(false);
    expect(await store.declarations(world.nowhere())).toEqual([]);
  });
}
