import { CONFLICTS, decodeLedger, DEFAULT_LIMITS, external, recordId, recordKey } from '@syncline/core';
import { memoryAnnouncements, memoryStore, type MemoryStore, thisMachine } from '@syncline/memory';
import { change, NOTES, pushOf, rulesOf } from '@syncline/port-contracts';
import { createMetrics, noTraces } from '@syncline/telemetry';
import { createMerge } from '../merge';
import { mergeMetrics } from '../merge-metrics';
import { HOME, recordedLog, REGISTRY, saidOf, WORK } from '../merge.test-fixtures';
import { deciding, type FakeResolver, fakeResolver, type Reply } from './resolver.test-fixtures';
import { startResolving } from './start-resolving';

const QUICK = { lookEveryMs: 20, pauseMs: 20, pauseMsMax: 40, breakerFailures: 1_000 };
const ending: { close(): unknown }[] = [];

afterEach(async () => {
  for (const each of ending.splice(0).reverse()) await each.close();
});

async function resolverAt(reply: () => Reply, port?: number): Promise<FakeResolver> {
  const resolver = await fakeResolver(port);
  resolver.reply = reply;
  ending.push(resolver);
  return resolver;
}

async function storeWith(endpoint: string, rule: object = {}): Promise<MemoryStore> {
  const store = memoryStore();
  const declared = { endpoint, plaintext: true, ...rule };
  if (!external.parseRule(declared).ok) throw new Error('the rule is not one');
  for (const space of [HOME, WORK]) {
    await store.createSpace(space, null);
    await store.declare(space, rulesOf(NOTES, { policy: 'external', rule: declared }));
  }
  return store;
}

/** An instance of merge that asks resolvers. */
function instance(store: MemoryStore, settings: Partial<typeof QUICK> = {}) {
  const machine = thisMachine();
  const metrics = createMetrics({ withProcess: false });
  const log = recordedLog();
  const counts = mergeMetrics(metrics);
  const shared = { ...machine, store, limits: DEFAULT_LIMITS, log };
  const resolvers = startResolving({
    ...shared,
    access: {
      resolverHosts: [],
      resolverPlaintextHosts: ['127.0.0.1'],
      resolverTokens: [],
      resolverCaFile: null,
    },
    push: (push) => merge.push(push),
    metrics: counts.resolvers,
    settings: { ...QUICK, ...settings },
  });
  const merge = createMerge({
    ...shared,
    announcements: memoryAnnouncements(),
    policies: REGISTRY,
    metrics: counts,
    traces: noTraces,
    committed: resolvers.committed,
  });
  const close = async () => {
    await resolvers.close();
    await merge.close();
  };
  ending.push({ close });
  return { merge, close, metrics, log };
}

async function conflictIn(merge: ReturnType<typeof instance>['merge'], space = HOME): Promise<string> {
  await merge.push({
    space,
    push: pushOf('x', [change.create('a', { n: 1 }), change.update('a', { n: 2 })]),
  });
  const held = pushOf('d', [change.update('a', { n: 3 }, { baseVersion: 1 })]);
  return saidOf(await merge.push({ space, push: held }));
}

async function entryIn(store: MemoryStore, space = HOME) {
  const id = recordId(`${NOTES}/d/1`);
  const name = { collection: CONFLICTS, id, key: recordKey(CONFLICTS, id) };
  const record = (await store.records(space, [name]))?.get(name.key);
  return record?.payload == null ? null : decodeLedger(record.payload);
}

async function until(what: () => Promise<boolean>): Promise<void> {
  for (let looks = 0; !(await what()); looks++) {
    if (looks > 300) throw new Error('it did not come to be');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const decided = (store: MemoryStore, space = HOME) =>
  until(async () => (await entryIn(store, space))?.state === 'resolved');

test('a held change is decided right behind its commit, whatever the rounds of looking', async () => {
  const resolver = await resolverAt(() => deciding({ $case: 'takeIncoming', takeIncoming: {} }));
  const store = await storeWith(resolver.endpoint);
  const { merge, metrics } = instance(store, { lookEveryMs: 600_000 });
  expect(await conflictIn(merge)).toBe('HELD');
  await decided(store);
  expect(await entryIn(store)).toMatchObject({ resolution: 'incoming', resultVersion: 4, why: 'So.' });
  expect(resolver.asked).toHaveLength(1);
  expect(await metrics.text()).toContain('syncline_merge_resolver_conflicts_total{end="resolver"} 1');
});

test('a resolver that comes back is asked again, without anybody doing anything', async () => {
  const gone = await fakeResolver();
  const port = Number(gone.endpoint.split(':')[1]);
  gone.close();
  const store = await storeWith(gone.endpoint);
  const { merge, metrics } = instance(store);
  await conflictIn(merge);
  await until(async () => /conflicts_total\{end="waits"\} [2-9]/.test(await metrics.text()));
  expect(await entryIn(store)).toMatchObject({ state: 'open', waitsFor: 'resolver' });
  expect(await metrics.text()).toContain('syncline_merge_resolver_conflicts_unanswered 1');
  await resolverAt(() => deciding({ $case: 'takeStored', takeStored: {} }), port);
  await decided(store);
  expect(await entryIn(store)).toMatchObject({ resolution: 'stored' });
  await until(async () => (await metrics.text()).includes('syncline_merge_resolver_conflicts_unanswered 0'));
});

test('what an instance leaves open when it ends, the next one finds', async () => {
  const resolver = await resolverAt(() => null);
  const store = await storeWith(resolver.endpoint, { deadlineMs: 30_000 });
  const first = instance(store, { lookEveryMs: 600_000 });
  await conflictIn(first.merge);
  await until(async () => resolver.asked.length === 1);
  await first.close();
  expect(await entryIn(store)).toMatchObject({ state: 'open', waitsFor: 'resolver' });
  resolver.reply = () => deciding({ $case: 'takeDelete', takeDelete: {} });
  instance(store);
  await decided(store);
  expect(await entryIn(store)).toMatchObject({ resolution: 'deleted' });
  expect(new Set(resolver.asked.map(({ questionId }) => questionId)).size).toBe(1);
});

test('of two instances one looks, and when it ends the other one does', async () => {
  const resolver = await resolverAt(() => null);
  const store = await storeWith(resolver.endpoint, { deadlineMs: 20 });
  const [first, second] = [instance(store), instance(store)];
  await conflictIn(first.merge);
  const looks = async (each: typeof first) =>
    (await each.metrics.text()).includes('syncline_merge_resolver_conflicts_unanswered 1');
  await until(async () => (await looks(first)) || (await looks(second)));
  await new Promise((resolve) => setTimeout(resolve, 100));
  const [looking, other] = (await looks(first)) ? [first, second] : [second, first];
  expect([await looks(looking), await looks(other)]).toEqual([true, false]);
  await looking.close();
  await until(() => looks(other));
});

test('two that ask about the same conflict decide it once', async () => {
  const resolver = await resolverAt(() => null);
  const store = await storeWith(resolver.endpoint, { deadlineMs: 30_000 });
  const raising = instance(store, { lookEveryMs: 600_000 });
  await conflictIn(raising.merge);
  await until(async () => resolver.asked.length === 1);
  // The one that looks asks as well, and is answered; the first goes on waiting.
  resolver.reply = () => deciding({ $case: 'takeIncoming', takeIncoming: {} });
  instance(store);
  await decided(store);
  expect(resolver.asked.map(({ questionId }) => questionId)).toEqual(Array(2).fill(`${HOME}/${NOTES}/d/1@2`));
  await raising.close();
  expect((await store.state(HOME))!.head).toBe(5);
});

test('a resolver that answers nothing does not hold up the conflicts of others, nor their pushes', async () => {
  const [dead, alive] = [
    await resolverAt(() => null),
    await resolverAt(() => deciding({ $case: 'takeIncoming', takeIncoming: {} })),
  ];
  const store = await storeWith(dead.endpoint, { deadlineMs: 30_000 });
  await store.declare(
    WORK,
    rulesOf(NOTES, { policy: 'external', rule: { endpoint: alive.endpoint, plaintext: true } }),
  );
  const { merge } = instance(store);
  await conflictIn(merge);
  await until(async () => dead.asked.length === 1);
  expect(await conflictIn(merge, WORK)).toBe('HELD');
  await decided(store, WORK);
  const next = pushOf('y', [change.create('b', {})]);
  expect(saidOf(await merge.push({ space: HOME, push: next }))).toBe('APPLIED');
});
