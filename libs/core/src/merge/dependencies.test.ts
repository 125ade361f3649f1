import type { Change } from '../changes';
import type { DeviceId } from '../ids';
import {
  create,
  inWords,
  outcomesOf,
  patch,
  pushOf,
  remove,
  rulesOf,
  testSpace,
  textOf,
  update,
} from '../space.test-fixtures';
import { DEPENDENCIES_MAX } from './dependencies';

const building = (change: Change, on: Readonly<Record<string, number>>): Change => ({
  ...change,
  reliesOn: {
    seen: [],
    dependencies: new Map(Object.entries(on).map(([device, number]) => [device as DeviceId, number])),
    artifacts: [],
  },
});

describe('a change that builds on those of another device', () => {
  test('waits with its device until they are decided, and none of its push is taken before', () => {
    const space = testSpace();
    space.push('a', create('x', {}));
    const push = pushOf('b', 1, [create('y', {}), building(update('x', 0, { n: 2 }), { a: 2 })]);
    expect(space.merge(push).results).toMatchObject([
      {
        kind: 'refused',
        refusal: {
          reason: 'DEPENDENCY_MISSING',
          facts: { change: '2', device: 'a', number: '2', decided: '1' },
        },
      },
    ]);
    expect(space.record('y')).toBeUndefined();
    space.push('a', update('x', 1, { n: 1 }));
    expect(outcomesOf(space.merge(push)).map(inWords)).toEqual(['APPLIED', 'APPLIED']);
    expect(textOf(space.record('x')?.payload)).toBe('{"n":2}');
  });

  test('is decided in the same batch, where they come first', () => {
    const space = testSpace();
    const plan = space.merge(
      pushOf('a', 1, [create('x', { n: 1 })]),
      pushOf('b', 1, [building(patch('x', 0, { m: 1 }), { a: 1 })]),
    );
    expect(plan.results.flatMap((_, at) => outcomesOf(plan, at)).map(inWords)).toEqual([
      'APPLIED',
      'APPLIED',
    ]);
    expect(textOf(space.record('x')?.payload)).toBe('{"m":1,"n":1}');
  });

  test('meets no conflict with what its device got from the one that wrote it', () => {
    for (const change of [update('x', 0, { n: 9 }), create('x', { n: 9 }), remove('x', 0)]) {
      const space = testSpace({ rules: [rulesOf({ policy: 'manual' })] });
      space.push('a', create('x', { n: 1 }), create('other', {}));
      const [outcome] = space.push('b', building(change, { a: 2 }));
      expect(outcome).toMatchObject({ status: 'APPLIED', conflict: null });
    }
  });

  test('meets one with what that device, or another, has written since', () => {
    for (const writer of ['a', 'c']) {
      const space = testSpace({ rules: [rulesOf({ policy: 'manual' })] });
      space.push('a', create('x', { n: 1 }));
      space.write(writer, update('x', 0, { n: 2 }));
      const [outcome] = space.push('b', building(update('x', 0, { n: 9 }), { a: 1 }));
      expect(outcome).toMatchObject({ status: 'HELD', conflict: { kind: 'UPDATE_UPDATE' } });
    }
  });

  test('meets one with what was merged, which exists at the server alone', () => {
    const space = testSpace({ rules: [rulesOf({ policy: 'field-merge' })] });
    space.push('c', create('x', { n: 1, m: 1 }));
    space.push('c', update('x', 1, { n: 2, m: 1 }));
    expect(space.push('a', update('x', 1, { n: 1, m: 2 }))).toMatchObject([{ status: 'MERGED' }]);
    expect(space.push('b', building(update('x', 1, { n: 1, m: 3 }), { a: 1 }))).toMatchObject([
      { status: 'MERGED', conflict: { kind: 'UPDATE_UPDATE' } },
    ]);
  });

  test('gets its first outcome when it is sent again', () => {
    const space = testSpace();
    space.push('a', create('x', {}));
    const push = pushOf('b', 1, [building(update('x', 0, { n: 2 }), { a: 1 })]);
    const [first] = outcomesOf(space.merge(push));
    expect(outcomesOf(space.merge(push))).toEqual([{ ...first, repeated: true }]);
  });
});

test.each([
  ['a later change of its own', { b: 1 }],
  ['what is no change', { a: 0 }],
  ['what is no device', { 'a\u0000': 1 }],
  ['too many', Object.fromEntries(Array.from({ length: DEPENDENCIES_MAX + 1 }, (_, at) => [`d${at}`, 1]))],
])('on %s no change can depend: it is rejected, and those behind it go on', (_, on) => {
  const space = testSpace();
  const outcomes = space.push('b', building(create('x', {}), on), create('y', {}));
  expect(outcomes.map(inWords)).toEqual(['REJECTED INVALID_ARGUMENT', 'APPLIED']);
});

test('on earlier changes of its own each change depends in any case', () => {
  const space = testSpace();
  expect(space.push('b', create('x', {}), building(create('y', {}), { b: 1 })).map(inWords)).toEqual([
    'APPLIED',
    'APPLIED',
  ]);
});
