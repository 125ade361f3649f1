import { lastWriteWins } from '../policies/last-write-wins';
import type { Policy, Side } from '../policies/policy';
import {
  chainOf,
  contents,
  create,
  inWords,
  outcomesOf,
  pushOf,
  remove,
  rulesOf,
  testSpace,
  textOf,
  update,
} from '../space.test-fixtures';

const POISON = '{"poison":true}';

const spit = ({ payload }: Side): void => {
  if (textOf(payload) === POISON) throw new TypeError('cannot stomach this');
};

/** Lets the last write win, and throws where it is asked about the poison. */
const delicate = (throwsIn: 'resolve' | 'remember'): Policy<never> =>
  ({
    ...lastWriteWins,
    name: 'delicate',
    resolve(conflict) {
      if (throwsIn === 'resolve') [conflict.stored, conflict.incoming].forEach(spit);
      return lastWriteWins.resolve(conflict);
    },
    remember(write) {
      if (throwsIn === 'remember') spit(write.incoming);
      return lastWriteWins.remember(write);
    },
  }) as Policy<never>;

const spaceWith = (throwsIn: 'resolve' | 'remember') =>
  testSpace({ rules: [rulesOf({ policy: 'delicate' })], policies: [delicate(throwsIn)] });

const poison = JSON.parse(POISON) as unknown;
/** Than what it meets. */
const LATER = { atMs: 1 };
const REJECTED = 'REJECTED UNSUPPORTED_CHANGE';

test('a change at which the policy fails in a conflict is rejected, and the changes behind it go on', () => {
  const space = spaceWith('resolve');
  space.push('x', create('a', { n: 1 }));
  const plan = space.merge(
    pushOf('d', 1, [
      create('b', { n: 1 }),
      update('a', 0, poison, LATER),
      update('a', 0, { n: 2 }, LATER),
      create('c', {}),
    ]),
    pushOf('y', 1, [create('e', {})]),
  );
  expect(outcomesOf(plan).map(inWords)).toEqual([
    'APPLIED',
    REJECTED,
    expect.stringMatching(/^APPLIED UPDATE_UPDATE/),
    'APPLIED',
  ]);
  expect(outcomesOf(plan, 1).map(inWords)).toEqual(['APPLIED']);
  expect(outcomesOf(plan)[1]?.message).toMatch(/policy delicate failed at this change/);
  expect(contents(space.records.values())).toEqual({ a: '{"n":2}', b: '{"n":1}', c: '{}', e: '{}' });
});

test('a change at which it fails in its bookkeeping is rejected, in a conflict or not', () => {
  const space = spaceWith('remember');
  space.push('x', create('a', { n: 1 }));
  const changes = [create('b', poison), update('a', 0, poison, LATER), create('c', {})];
  expect(space.push('d', ...changes).map(inWords)).toEqual([REJECTED, REJECTED, 'APPLIED']);
  expect(contents(space.records.values())).toEqual({ a: '{"n":1}', c: '{}' });
});

test('nothing is left of it: no version, no history, no conflict; and its number is used up', () => {
  const space = spaceWith('resolve');
  space.push('x', create('a', { n: 1 }));
  const plan = space.merge(pushOf('d', 1, [update('a', 0, poison, LATER)]));
  expect(plan).toMatchObject({ records: [], history: [], after: plan.before });
  expect([...plan.lastNumbers]).toEqual([['d', 1]]);
  const again = space.merge(pushOf('d', 1, [update('a', 0, poison, LATER)]));
  expect(outcomesOf(again).map(inWords)).toEqual([`${REJECTED} repeated`]);
});

test('what its device made on top of it stands without it', () => {
  const space = spaceWith('remember');
  space.push('x', create('a', { n: 1 }));
  const chain = chainOf(1, [update('a', 1, poison), update('a', 1, { n: 3 })]);
  expect(outcomesOf(space.merge(pushOf('d', 1, chain))).map(inWords)).toEqual([REJECTED, 'APPLIED']);
  expect(contents(space.records.values())).toEqual({ a: '{"n":3}' });
});

test('a policy that fails at a delete of what is deleted rejects the delete', () => {
  const failing = {
    ...delicate('resolve'),
    resolve: () => {
      throw new Error('always');
    },
  } as unknown as Policy;
  const space = testSpace({ rules: [rulesOf({ policy: 'delicate' })], policies: [failing] });
  space.write('x', create('a', {}), remove('a', 0));
  expect(space.push('d', remove('a', 1), create('b', {})).map(inWords)).toEqual([REJECTED, 'APPLIED']);
});

test('the same facts give the same plan, also where a policy fails', () => {
  const plans = [1, 2].map(() => {
    const space = spaceWith('resolve');
    space.push('x', create('a', { n: 1 }));
    return space.merge(pushOf('d', 1, [update('a', 0, poison, LATER), create('b', {})]));
  });
  expect(plans[0]).toEqual(plans[1]);
});
