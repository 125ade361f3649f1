import type { PushResult, SpaceKey } from '@syncline/core';
import { hmacCursorKeys, memoryAnnouncements, memoryStore } from '@syncline/memory';
import { change, manualTime, pushOf, readJson, rulesOf } from '@syncline/port-contracts';
import { flowWorld, HOME_KEY } from './flows.test-fixtures';

const WORK_KEY = 'acme/work' as SpaceKey;

async function world(limits = {}) {
  const store = memoryStore();
  const keys = hmacCursorKeys([{ id: 1, secret: new Uint8Array(16) }]);
  const flows = await flowWorld(
    { store, announcements: memoryAnnouncements(), clock: manualTime(), keys },
    limits,
  );
  await store.createSpace(WORK_KEY, null);
  return { store, ...flows };
}

const statuses = (result: PushResult) =>
  result.kind === 'outcomes' ? result.outcomes.map(({ status }) => status) : result.refusal.reason;

test('what is pushed is stored when the outcome is there', async () => {
  const { store, push } = await world();
  const { results, plans } = await push([
    { space: HOME_KEY, push: pushOf('d', [change.create('a', { n: 1 })]) },
  ]);
  expect(results).toMatchObject([
    { kind: 'outcomes', outcomes: [{ number: 1, status: 'APPLIED', version: 1 }] },
  ]);
  expect(plans.map(({ after }) => after.head)).toEqual([1]);
  expect(await store.state(HOME_KEY)).toMatchObject({ head: 1, records: 1 });
});

test('one batch serves several spaces; one that is not there refuses its own pushes only', async () => {
  const { push, store } = await world();
  const batch = [
    { space: WORK_KEY, push: pushOf('d', [change.create('a', 1)]) },
    { space: 'acme/none' as SpaceKey, push: pushOf('d', [change.create('a', 1)]) },
    { space: HOME_KEY, push: pushOf('d', [change.create('a', 1)]) },
    { space: WORK_KEY, push: pushOf('b', [change.create('a', 2)]) },
    { space: HOME_KEY, push: pushOf('x', [change.create('b', 2)], { first: 7 }) },
  ];
  const { results, plans } = await push(batch);
  expect(results.map(statuses)).toEqual([
    ['APPLIED'],
    'SPACE_NOT_FOUND',
    ['APPLIED'],
    ['LOST'],
    'CHANGE_NUMBER_GAP',
  ]);
  expect(plans.map(({ before }) => before.space).sort()).toEqual([HOME_KEY, WORK_KEY]);
  expect([(await store.state(HOME_KEY))?.head, (await store.state(WORK_KEY))?.head]).toEqual([1, 2]);
});

test('an empty batch does nothing', async () => {
  const { push } = await world();
  expect(await push([])).toMatchObject({ results: [], plans: [] });
});

test('the same push object twice is answered twice', async () => {
  const { push } = await world();
  const once = { space: HOME_KEY, push: pushOf('d', [change.create('a', 1)]) };
  const { results } = await push([once, once]);
  expect(results.map(statuses)).toEqual([['APPLIED'], ['APPLIED']]);
});

test('the same push object in two spaces is answered by each', async () => {
  const { push } = await world();
  const one = pushOf('d', [change.create('a', 1)]);
  await push([{ space: HOME_KEY, push: one }]);
  const { results } = await push([
    { space: HOME_KEY, push: one },
    { space: WORK_KEY, push: one },
  ]);
  expect(results.map((result) => result.kind === 'outcomes' && result.outcomes[0]?.repeated)).toEqual([
    true,
    false,
  ]);
});

test('what devices saw is asked of the history where a policy wants it', async () => {
  const { pushOne, store } = await world();
  await store.declare(
    HOME_KEY,
    rulesOf('notes', { policy: 'field-merge', rule: { fields: { c: 'counter' } } }),
  );
  await pushOne(pushOf('x', [change.create('a', { c: 1 })]));
  await pushOne(pushOf('x', [change.update('a', { c: 5 }, { baseVersion: 1 })], { first: 2 }));
  const result = await pushOne(pushOf('d', [change.update('a', { c: 3 }, { baseVersion: 1 })]));
  expect(result.kind === 'outcomes' && readJson(result.outcomes[0]?.record?.payload)).toEqual({ c: 7 });
});

test('when the store fails, nothing has happened and the same pushes can come again', async () => {
  const { pushOne, store } = await world();
  const push = pushOf('d', [change.create('a', 1)]);
  const transact = jest.spyOn(store, 'transact').mockRejectedValueOnce(new Error('lost connection'));
  await expect(pushOne(push)).rejects.toThrow('lost connection');
  transact.mockRestore();
  expect(await pushOne(push)).toMatchObject({ outcomes: [{ status: 'APPLIED', repeated: false }] });
});

test('ids that no store could hold are rejected and block nobody', async () => {
  const { push } = await world();
  const bad = { ...change.create('a', 1), id: 'a\u0000' as never };
  const { results } = await push([
    { space: HOME_KEY, push: pushOf('d', [bad, change.create('b', 1)]) },
    { space: HOME_KEY, push: pushOf('x', [change.create('c', 1)]) },
  ]);
  expect(results.map(statuses)).toEqual([['REJECTED', 'APPLIED'], ['APPLIED']]);
});
