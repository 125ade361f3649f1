import type { CollectionRules } from '@syncline/core';
import { change, NOTES, readJson, rulesOf } from '@syncline/port-contracts';
import {
  BOB,
  type ConflictWorld,
  conflictWorld,
  deciding,
  filterOf,
  OPERATOR,
  reasonOf,
  valueOf,
} from './conflict-world.test-fixtures';
import { ANN, HOME, HOME_KEY, identityOf } from './flows.test-fixtures';

const ann = identityOf(ANN);

const trying = (rules: Partial<CollectionRules>, given: object = {}) => ({
  tenant: null,
  space: HOME,
  rules: rulesOf(NOTES, rules),
  description: '',
  filter: filterOf({}),
  conflictsMax: null,
  examplesMax: null,
  ...given,
});

/** Conflicts of `a` and `b` where the later write is the stored one and the sent one, and of `c` where each changed another field. */
async function withThree(rules: Partial<CollectionRules>, limits = {}): Promise<ConflictWorld> {
  const world = await conflictWorld(rules, limits);
  const meet = async (id: string, stored: unknown, sent: unknown, atMs: number) => {
    const base = (await world.head()) + 1;
    await world
      .device(`x-${id}`)
      .push(change.create(id, { n: 1, m: 1 }), change.update(id, stored, { atMs: 5 }));
    await world.device(`d-${id}`).one(change.update(id, sent, { baseVersion: base, atMs }));
  };
  await meet('a', { n: 2, m: 1 }, { n: 3, m: 1 }, 3);
  await meet('b', { n: 2, m: 1 }, { n: 3, m: 1 }, 9);
  await meet('c', { n: 2, m: 1 }, { n: 1, m: 2 }, 9);
  return world;
}

const counts = { tried: 3, same: 0, different: 0, open: 0, skipped: 0 };

describe('trying other rules on recorded conflicts', () => {
  test.each([
    ['last-write-wins', 'last-write-wins', { same: 3 }, []],
    ['last-write-wins', 'server-wins', { same: 1, different: 2 }, ['c', 'b']],
    ['last-write-wins', 'client-wins', { same: 2, different: 1 }, ['a']],
    ['last-write-wins', 'field-merge', { same: 2, different: 1 }, ['c']],
    ['field-merge', 'last-write-wins', { same: 2, different: 1 }, ['c']],
    ['last-write-wins', 'manual', { open: 3 }, ['c', 'b', 'a']],
    ['manual', 'manual', { open: 3 }, []],
    ['manual', 'server-wins', { different: 3 }, ['c', 'b', 'a']],
  ])('what %s decided and %s would', async (policy, other, expected, records) => {
    const world = await withThree({ policy });
    const { examples, ...told } = valueOf(await world.dryRun(ann, trying({ policy: other })));
    expect(told).toEqual({ ...counts, ...expected });
    expect(examples.map(({ conflict }) => conflict.record)).toEqual(records);
  });

  test('shows what would stand instead', async () => {
    const world = await withThree({ policy: 'server-wins' });
    const { examples } = valueOf(await world.dryRun(ann, trying({ policy: 'field-merge' })));
    expect(
      examples.map((example) => [example.resolution, example.status, readJson(example.payload)]),
    ).toEqual([
      ['merged', 'MERGED', { m: 2, n: 2 }],
      ['incoming', 'APPLIED', { n: 3, m: 1 }],
    ]);
    expect(examples[0]?.conflict.resolution).toBe('stored');
    expect(examples[0]?.why).toContain('Merged by field');
  });

  test('names the fields that would wait', async () => {
    const world = await withThree({ policy: 'server-wins' });
    const rule = { default: { kind: 'ask' } };
    const told = valueOf(await world.dryRun(ann, trying({ policy: 'field-merge', rule })));
    expect([told.open, told.different]).toEqual([2, 1]);
    expect(told.examples.map(({ asked }) => asked)).toEqual([[], ['n'], ['n']]);
  });

  test('compares with what the policy decided, whatever persons made of it since', async () => {
    const world = await withThree({ policy: 'server-wins' });
    const id = valueOf(await world.list()).conflicts[0]!.id;
    valueOf(await world.undo(ann, { space: HOME, id, overwriteNewer: false }));
    valueOf(await world.resolve(ann, deciding({ kind: 'delete' }, { id })));
    expect(valueOf(await world.dryRun(ann, trying({ policy: 'server-wins' })))).toMatchObject({
      tried: 3,
      same: 3,
    });
  });

  test('changes nothing', async () => {
    const world = await withThree({ policy: 'server-wins' });
    const before = await world.store.state(HOME_KEY);
    await world.dryRun(ann, trying({ policy: 'client-wins' }));
    expect(await world.store.state(HOME_KEY)).toEqual(before);
    expect((await world.store.collections(HOME_KEY))?.rules.get(NOTES)?.policy).toBe('server-wins');
  });

  test('goes by a filter, up to a number, with as many examples as are wanted', async () => {
    const world = await withThree({ policy: 'server-wins' });
    const run = async (given: object) => {
      const { tried, examples } = valueOf(await world.dryRun(ann, trying({ policy: 'client-wins' }, given)));
      return [tried, examples.map(({ conflict }) => conflict.record)];
    };
    expect(await run({ filter: filterOf({ record: 'b' as never }) })).toEqual([1, ['b']]);
    expect(await run({ conflictsMax: 2 })).toEqual([2, ['c', 'b']]);
    expect(await run({ examplesMax: 1 })).toEqual([3, ['c']]);
    expect(await run({ filter: filterOf({ collections: [rulesOf('tasks').collection] }) })).toEqual([0, []]);
  });

  test('skips what is not known any more', async () => {
    const world = await withThree({ policy: 'server-wins' }, { ledgerSideBytesMax: 4 });
    for (const id of ['a', 'b'])
      await world.device(`y-${id}`).push(change.update(id, { late: 1 }, { baseVersion: await world.head() }));
    await world.store.pruneHistory(HOME_KEY, 1, Number.MAX_SAFE_INTEGER, await world.head());
    expect(valueOf(await world.dryRun(ann, trying({ policy: 'client-wins' })))).toMatchObject({
      tried: 1,
      different: 1,
      skipped: 2,
    });
  });

  test('needs what the device had seen only for rules that do', async () => {
    const world = await withThree({ policy: 'server-wins' });
    await world.store.pruneHistory(HOME_KEY, 1, Number.MAX_SAFE_INTEGER, await world.head());
    const [plain, merging] = await Promise.all(
      ['client-wins', 'field-merge'].map((policy) => world.dryRun(ann, trying({ policy }))),
    );
    expect([valueOf(plain!), valueOf(merging!)]).toMatchObject([{ tried: 3 }, { tried: 0, skipped: 3 }]);
  });

  test('is for owners and operators, and for rules that could be declared', async () => {
    const world = await withThree({ policy: 'server-wins' });
    await world.allow({ role: 'editor', collections: new Map() });
    expect(reasonOf(await world.dryRun(identityOf(BOB), trying({})))).toBe('PERMISSION_DENIED');
    expect(reasonOf(await world.dryRun(OPERATOR, trying({})))).toBe('OK');
    expect(reasonOf(await world.dryRun(ann, trying({ policy: 'none' })))).toBe('POLICY_INVALID');
  });
});
