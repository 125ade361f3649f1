import * as fc from 'fast-check';
import { fieldsOf } from '../json-fields';
import type { Version } from '../ids';
import {
  chainOf,
  create,
  patch,
  pushOf,
  rulesOf,
  testSpace,
  type TestSpace,
  update,
} from '../space.test-fixtures';

const RULES = [rulesOf({ policy: 'field-merge', rule: { fields: { c: 'counter' } } })];

/** A device that shows its copy with its own changes on top, as long as the copy does not have them. */
class Device {
  private copyVersion: Version = 1;
  private shown = 0;
  private last = 0;
  private number = 0;

  constructor(readonly name: string) {}

  /** Its copy moves on by a share of what it lacks. */
  read(space: TestSpace, share: number): void {
    const upTo = this.copyVersion + Math.floor((space.state.head - this.copyVersion) * share);
    const told = space.history.findLast(({ id, version }) => id === 'a' && version <= upTo)!;
    const ownInCopy = space.history.some(
      ({ about, device, number, version }) =>
        about.id === 'a' && device === this.name && number === this.last && version <= upTo,
    );
    this.copyVersion = Math.max(this.copyVersion, told.version);
    if (!ownInCopy && this.last > 0) return;
    this.last = 0;
    this.shown = Number(fieldsOf(told.payload!)!.get('c'));
  }

  add(space: TestSpace, amount: number, patched: boolean): void {
    this.shown += amount;
    this.number++;
    const given = { after: this.last };
    const value = { c: this.shown };
    const change = patched
      ? patch('a', this.copyVersion, value, [], given)
      : update('a', this.copyVersion, value, given);
    space.merge(pushOf(this.name, this.number, [change]));
    this.last = this.number;
  }
}

test('a counter ends at the sum of what everyone added, whoever had read what', () => {
  const adds = fc.array(
    fc.record({
      device: fc.nat(2),
      amount: fc.integer({ min: -5, max: 9 }),
      patched: fc.boolean(),
      reads: fc.constantFrom(0, 0, 0.3, 0.7, 1),
    }),
    { maxLength: 25, size: 'max' },
  );
  fc.assert(
    fc.property(adds, (script) => {
      const space = testSpace({ rules: RULES });
      space.write('maker', create('a', { c: 0 }));
      const devices = ['d1', 'd2', 'd3'].map((name) => new Device(name));
      let sum = 0;
      for (const { device, amount, patched, reads } of script) {
        devices[device]!.read(space, reads);
        devices[device]!.add(space, amount, patched);
        sum += amount;
      }
      expect(Number(fieldsOf(space.record('a')!.payload!)!.get('c'))).toBe(sum);
    }),
    { numRuns: 500 },
  );
});

test('the same for a chain that waits while others count', () => {
  const space = testSpace({ rules: RULES });
  space.write('x', create('a', { c: 0 }));
  const chain = chainOf(1, [update('a', 1, { c: 1 }), update('a', 1, { c: 3 }), update('a', 1, { c: 6 })]);
  space.write('x', update('a', 0, { c: 100 }));
  space.merge(pushOf('d', 1, chain.slice(0, 1)));
  space.write('x', update('a', 0, { c: 201 }));
  space.merge(pushOf('d', 2, chain.slice(1)));
  expect(Number(fieldsOf(space.record('a')!.payload!)!.get('c'))).toBe(206);
});
