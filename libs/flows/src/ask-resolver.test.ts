import { CORE_POLICIES, NO_RESOLVER_HOSTS, policyRegistry } from '@syncline/core';
import { change, NOTES, payload, readJson, rulesOf } from '@syncline/port-contracts';
import { askResolver, type ResolverEnd } from './ask-resolver';
import { ALL_CONFLICTS } from './conflict-filter';
import { conflictWorld, deciding, ID, reasonOf, valueOf } from './conflict-world.test-fixtures';
import { dryRunPolicy } from './dry-run-policy';
import { ANN, HOME, HOME_KEY, identityOf } from './flows.test-fixtures';
import type { ResolverAnswer, ResolverAsked, ResolverQuestion } from './resolver-question';

const RULE = { endpoint: 'resolver.example.org:7500', settings: '{"n":1.50}' };
const ann = identityOf(ANN);
const answered = (answer: ResolverAnswer): ResolverAsked => ({ kind: 'answered', answer });
const take = (what: 'stored' | 'incoming' | 'neither' | 'delete', why = 'As the wards agreed.') =>
  answered({ take: what, why });
const merged = (value: unknown, asked: readonly string[] = []) =>
  answered({ take: 'merged', payload: payload(value), asked, why: 'Both of it.' });
const FAILED: ResolverAsked = { kind: 'failed', problem: 'cannot be reached' };

/** A resolver that answers as it is told, each time the next one, and remembers what it was asked. */
async function resolverWorld(
  answers: readonly ResolverAsked[],
  given: { readonly rule?: object; readonly rules?: Parameters<typeof rulesOf>[1] } = {},
) {
  const rules = { policy: 'external', rule: { ...RULE, ...given.rule }, ...given.rules };
  const world = await conflictWorld(rules);
  const asked: ResolverQuestion[] = [];
  const meanwhile = { act: (): Promise<unknown> => Promise.resolve() };
  const ask = async (question: ResolverQuestion): Promise<ResolverAsked> => {
    asked.push(question);
    await meanwhile.act();
    return answers[asked.length - 1] ?? FAILED;
  };
  const resolve = askResolver({ ...world, ask });
  return {
    ...world,
    asked,
    meanwhile,
    askAgain: (): Promise<ResolverEnd> => resolve({ space: HOME_KEY, id: ID }),
    told: async () => valueOf(await world.find(ann, { space: HOME, id: ID })),
    waiting: () => world.store.waitingForResolver(null, 10),
  };
}

describe('the resolver of a tenant', () => {
  test('is told what the device saw, what stands and what came in', async () => {
    const world = await resolverWorld([take('stored')]);
    await world.withConflict();
    await world.askAgain();
    const [question] = world.asked;
    expect(question).toMatchObject({
      id: `${HOME_KEY}/${ID}@2`,
      space: HOME_KEY,
      collection: NOTES,
      record: 'a',
      kind: 'UPDATE_UPDATE',
      stored: { version: 2, deleted: false, device: 'x' },
      incoming: { deleted: false, device: 'd', number: 1 },
      rule: { settings: '{"n":1.50}', deadlineMs: 2_000 },
    });
    const contents = [question!.base, question!.stored, question!.incoming].map((side) =>
      readJson(side?.payload),
    );
    expect(contents).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  });

  test.each<[string, ResolverAsked, unknown, string, string]>([
    ['that what stands stays', take('stored'), { n: 2 }, 'stored', 'resolved'],
    ['for what came in', take('incoming'), { n: 3 }, 'incoming', 'resolved'],
    ['for something else', merged({ n: 23 }), { n: 23 }, 'merged', 'resolved'],
    ['to delete it', take('delete'), null, 'deleted', 'resolved'],
    ['but for some fields', merged({ n: 2, m: 1 }, ['n']), { n: 2, m: 1 }, 'merged', 'open'],
  ])('decides %s, as a policy does', async (_what, answer, stands, resolution, state) => {
    const world = await resolverWorld([answer]);
    await world.withConflict();
    expect(await world.askAgain()).toBe('resolver');
    expect(await world.content()).toEqual(stands);
    expect(await world.told()).toMatchObject({
      state,
      resolution,
      policy: 'external',
      decidedBy: 'policy',
      decidedByUser: null,
      asked: state === 'open' ? ['n'] : [],
    });
    expect(await world.waiting()).toEqual([]);
    expect(await world.askAgain()).toBe('gone');
    expect(world.asked).toHaveLength(1);
  });

  test('writes in the name of the user whose change it was, even after that user has left the space', async () => {
    const world = await resolverWorld([take('incoming')]);
    await world.withConflict();
    const user = (await world.told()).incoming.record.user!;
    await world.store.setAccess(HOME_KEY, user, null);
    expect(await world.askAgain()).toBe('resolver');
    const [entry] = [...(await world.store.writtenAt(HOME_KEY, [4])).values()];
    expect(entry).toMatchObject({ id: 'a', user, device: 'sys.service' });
  });

  test('can leave it to a person, and is not asked again', async () => {
    const world = await resolverWorld([take('neither', 'Two doses: ask the ward.')]);
    await world.withConflict();
    expect(await world.askAgain()).toBe('person');
    expect(await world.told()).toMatchObject({
      state: 'open',
      resolution: 'none',
      decidedBy: null,
      why: 'Two doses: ask the ward.',
    });
    expect([await world.content(), await world.waiting(), await world.askAgain()]).toEqual([
      { n: 2 },
      [],
      'gone',
    ]);
    expect(reasonOf(await world.resolve(ann, deciding({ kind: 'keep-incoming' })))).toBe('OK');
    expect(await world.told()).toMatchObject({ decidedBy: 'user', decidedByUser: ANN });
  });

  test('is asked again about what stands by then, where that has changed meanwhile', async () => {
    const world = await resolverWorld([take('incoming'), take('stored')]);
    await world.withConflict();
    world.meanwhile.act = async () => {
      world.meanwhile.act = () => Promise.resolve();
      await world.device('y').push(change.update('a', { n: 7 }, { baseVersion: 2 }));
    };
    expect(await world.askAgain()).toBe('resolver');
    expect(world.asked.map(({ id }) => id)).toEqual([`${HOME_KEY}/${ID}@2`, `${HOME_KEY}/${ID}@4`]);
    expect(await world.content()).toEqual({ n: 7 });
  });

  test('does not decide what a person has decided meanwhile', async () => {
    const world = await resolverWorld([take('incoming')]);
    await world.withConflict();
    world.meanwhile.act = () => world.resolve(ann, deciding({ kind: 'delete' }));
    expect(await world.askAgain()).toBe('gone');
    expect([await world.content(), (await world.told()).decidedBy]).toEqual([null, 'user']);
  });

  test('of two that are asked at once, one decides', async () => {
    const world = await resolverWorld([take('incoming'), take('delete')]);
    await world.withConflict();
    const ends = await Promise.all([world.askAgain(), world.askAgain()]);
    expect(ends.sort()).toEqual(['gone', 'resolver']);
    expect(await world.head()).toBe(5);
  });

  test('is not asked where both sides hold the same by now', async () => {
    const world = await resolverWorld([]);
    await world.withConflict();
    await world.device('y').push(change.update('a', { n: 3 }, { baseVersion: 2 }));
    expect(await world.askAgain()).toBe('resolver');
    expect([world.asked, await world.told()]).toMatchObject([
      [],
      { resolution: 'stored', state: 'resolved' },
    ]);
  });

  test('is not asked where the collection has another policy by now: a person decides', async () => {
    const world = await resolverWorld([]);
    await world.withConflict();
    await world.store.declare(HOME_KEY, rulesOf(NOTES, { policy: 'manual' }));
    expect(await world.askAgain()).toBe('person');
    expect([world.asked, (await world.told()).why]).toEqual([
      [],
      'The collection does not ask a resolver any more.',
    ]);
  });

  test('undoing its decision brings back what stood before it', async () => {
    const world = await resolverWorld([merged({ n: 23 })]);
    await world.withConflict();
    await world.device('y').push(change.update('a', { n: 7 }, { baseVersion: 2 }));
    await world.askAgain();
    expect(await world.content()).toEqual({ n: 23 });
    expect(reasonOf(await world.undo(ann, { space: HOME, id: ID, overwriteNewer: false }))).toBe('OK');
    expect([await world.content(), await world.waiting()]).toEqual([{ n: 7 }, []]);
  });

  test('is asked about bytes that nobody here can read', async () => {
    const world = await resolverWorld([take('incoming')], { rules: { encrypted: true, json: false } });
    await world.withConflict();
    expect(await world.askAgain()).toBe('resolver');
    expect(await world.content()).toEqual({ n: 3 });
  });
});

describe('without an answer', () => {
  test('the change stays held, and the conflict goes on waiting', async () => {
    const world = await resolverWorld([FAILED, { kind: 'not-asked' }, take('incoming')]);
    await world.withConflict();
    expect([await world.askAgain(), await world.askAgain()]).toEqual(['waits', 'waits']);
    expect([await world.content(), (await world.waiting()).length, await world.head()]).toEqual([
      { n: 2 },
      1,
      3,
    ]);
    expect(await world.askAgain()).toBe('resolver');
  });

  test.each([
    ['last-write-wins', { n: 2 }, 'stored'],
    ['server-wins', { n: 2 }, 'stored'],
    ['client-wins', { n: 3 }, 'incoming'],
  ])('the fall-back %s decides, and says why', async (fallbackPolicy, stands, resolution) => {
    const world = await resolverWorld([FAILED], { rule: { fallbackPolicy } });
    await world.withConflict();
    expect(await world.askAgain()).toBe('fallback');
    expect(await world.content()).toEqual(stands);
    const told = await world.told();
    expect(told).toMatchObject({ resolution, state: 'resolved', decidedBy: 'policy', policy: 'external' });
    expect(told.why).toMatch(/^The tenant's resolver did not decide\. It cannot be reached\. .+\.$/);
  });

  test('the fall-back last-write-wins takes a later write that came in', async () => {
    const world = await resolverWorld([FAILED], { rule: { fallbackPolicy: 'last-write-wins' } });
    await world.device('x').push(change.create('a', { n: 1 }), change.update('a', { n: 2 }, { atMs: 3 }));
    await world.device('d').push(change.update('a', { n: 3 }, { baseVersion: 1, atMs: 5 }));
    expect([await world.askAgain(), await world.content()]).toEqual(['fallback', { n: 3 }]);
  });

  test('because nobody was asked here, no fall-back decides', async () => {
    const world = await resolverWorld([{ kind: 'not-asked' }], { rule: { fallbackPolicy: 'client-wins' } });
    await world.withConflict();
    expect([await world.askAgain(), await world.content()]).toEqual(['waits', { n: 2 }]);
  });
});

describe('an answer that does not fit', () => {
  const json = { rules: { json: true } };
  const noJson = answered({ take: 'merged', payload: new Uint8Array([0xff]), asked: [], why: 'Bytes.' });
  const tooLarge = merged('x'.repeat(1_100_000));
  const fieldsOfNothing = merged([1], ['n']);

  test.each([
    ['no JSON where it is promised', noJson],
    ['more than a record may have', tooLarge],
    ['fields of what is no object', fieldsOfNothing],
  ])('is not taken: %s', async (_what, answer) => {
    const world = await resolverWorld([answer], json);
    await world.withConflict();
    expect([await world.askAgain(), await world.content(), await world.head()]).toEqual([
      'waits',
      { n: 2 },
      3,
    ]);
  });

  test.each([
    ['no JSON where it is promised', noJson],
    ['more than a record may have', tooLarge],
    ['fields of what is no object', fieldsOfNothing],
  ])('has the fall-back decide: %s', async (_what, answer) => {
    const world = await resolverWorld([answer], { ...json, rule: { fallbackPolicy: 'client-wins' } });
    await world.withConflict();
    expect([await world.askAgain(), await world.content()]).toEqual(['fallback', { n: 3 }]);
    expect((await world.told()).why).toMatch(/^The tenant's resolver did not decide\. It/);
  });
});

test('a conflict that is not known is gone', async () => {
  const world = await resolverWorld([]);
  expect(await world.askAgain()).toBe('gone');
});

test('rules are tried without asking anyone: the conflict would have waited', async () => {
  const hosts = { ...NO_RESOLVER_HOSTS, withTls: ['resolver.example.org'] };
  const world = await conflictWorld({ policy: 'manual' });
  await world.withConflict();
  const policies = policyRegistry(Object.values(CORE_POLICIES), undefined, hosts);
  const rules = rulesOf(NOTES, { policy: 'external', rule: RULE });
  const call = { tenant: null, space: HOME, rules, description: '', filter: ALL_CONFLICTS };
  const tried = await dryRunPolicy({ ...world, policies })(ann, {
    ...call,
    conflictsMax: null,
    examplesMax: null,
  });
  expect(valueOf(tried)).toMatchObject({ tried: 1, open: 1, same: 0, different: 0 });
});
