import { CONFLICTS, decodeUtf8, planMerge } from '@syncline/core';
import { CONTEST_CHANGES, contestOf, POLICY_NAMES } from './contest';

test.each(POLICY_NAMES)('every change of a contest by %s meets what its device has not seen', (name) => {
  const { facts, push, conflicts } = contestOf(name);
  const plan = planMerge(facts, [push]);
  expect(plan.records.filter(({ collection }) => collection === CONFLICTS)).toHaveLength(CONTEST_CHANGES);
  expect(conflicts).toHaveLength(CONTEST_CHANGES);
});

test('a record has eight fields, of which each side changed four, and two of these are the same', () => {
  const { conflicts, merged } = contestOf('field-merge');
  const fieldsOf = (payload: Uint8Array): Record<string, unknown> =>
    JSON.parse(decodeUtf8(payload)) as Record<string, unknown>;
  const changed = (
    { base, stored, incoming }: (typeof conflicts)[number],
    which: 'stored' | 'incoming',
  ): string[] => {
    const before = fieldsOf(base!.payload!);
    const after = fieldsOf((which === 'stored' ? stored : incoming).payload!);
    return Object.keys(after).filter((name) => JSON.stringify(after[name]) !== JSON.stringify(before[name]));
  };
  for (const [at, conflict] of conflicts.entries()) {
    const stored = changed(conflict, 'stored');
    const device = changed(conflict, 'incoming');
    expect([stored.length, device.length]).toEqual([4, 4]);
    const both = stored.filter((name) => device.includes(name));
    expect(both).toEqual(['due', 'color']);
    const [ours, theirs] = [fieldsOf(conflict.stored.payload!), fieldsOf(conflict.incoming.payload!)];
    for (const name of both) expect(ours[name]).not.toBe(theirs[name]);
    expect(Object.keys(fieldsOf(merged[at]!))).toHaveLength(8);
  }
});
