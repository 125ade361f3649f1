import { SERVICE_DEVICE } from '../ids';
import {
  create,
  inWords,
  outcomesOf,
  pushOf,
  remove,
  testSpace,
  textOf,
  update,
} from '../space.test-fixtures';
import type { Change } from '../changes';

const byService = (...changes: readonly Change[]) =>
  ({ ...pushOf(SERVICE_DEVICE, 1, changes), byService: true }) as const;

test('changes of the service are numbered where they are decided, whatever number they came with', () => {
  const space = testSpace();
  const plans = ['a', 'b'].map((id) => space.merge(byService(create(id, {}))));
  expect(plans.flatMap((plan) => outcomesOf(plan)).map(({ number, status }) => [number, status])).toEqual([
    [1, 'APPLIED'],
    [2, 'APPLIED'],
  ]);
  const both = space.merge(byService(create('c', {})), byService(create('d', {}), create('e', {})));
  expect(both.receipts.map(({ device, number }) => [device, number])).toEqual(
    [3, 4, 5].map((number) => [SERVICE_DEVICE, number]),
  );
});

test('each counts only on the version of its record that it names', () => {
  const space = testSpace();
  space.push('d', create('a', { n: 1 }));
  const version = space.records.get([...space.records.keys()][0]!)!.version;
  const [early] = outcomesOf(space.merge(byService(update('a', version - 1, { n: 2 }))));
  expect(inWords(early!)).toBe('REJECTED CHANGED_MEANWHILE');
  const [taken, again] = [1, 2].map(
    () => outcomesOf(space.merge(byService(update('a', version, { n: 3 }))))[0]!,
  );
  expect([taken, again].map((outcome) => inWords(outcome!))).toEqual([
    'APPLIED',
    'REJECTED CHANGED_MEANWHILE',
  ]);
  expect([...space.records.values()].map(({ payload }) => textOf(payload))).toEqual(['{"n":3}']);
});

test('a delete, and what brings the record back, as well', () => {
  const space = testSpace();
  space.push('d', create('a', { n: 1 }));
  const versionOf = () => [...space.records.values()][0]!.version;
  const [gone] = outcomesOf(space.merge(byService(remove('a', versionOf()))));
  const [late] = outcomesOf(space.merge(byService({ ...create('a', {}), baseVersion: versionOf() - 1 })));
  const [back] = outcomesOf(space.merge(byService({ ...create('a', { n: 1 }), baseVersion: versionOf() })));
  expect([gone, late, back].map((outcome) => inWords(outcome!))).toEqual([
    'APPLIED',
    'REJECTED CHANGED_MEANWHILE',
    'APPLIED',
  ]);
  const [unknown] = outcomesOf(space.merge(byService({ ...create('b', {}), baseVersion: 1 })));
  expect(inWords(unknown!)).toBe('REJECTED CHANGED_MEANWHILE');
});
