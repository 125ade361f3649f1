import type { Change } from '../changes';
import { deviceId, type Version } from '../ids';
import {
  create,
  type Given,
  patch,
  remove,
  rulesOf,
  testSpace,
  type TestSpace,
  update,
} from '../space.test-fixtures';
import { classify } from './classify';

const D = 'd';

const SPACES = {
  absent: () => testSpace(),
  /** Device x made it and changed it. */
  live: () => writtenBy('x', create('r', { n: 1 }), update('r', 0, { n: 2 })),
  tombstone: () => writtenBy('x', create('r', { n: 1 }), update('r', 0, { n: 2 }), remove('r', 0)),
  purged() {
    const space = writtenBy('x', create('r', { n: 1 }), update('r', 0, { n: 2 }), remove('r', 0));
    space.raiseFloor(3);
    return space;
  },
  /** d itself made it at 1 under number 1, and changed it at 2 under number 2. */
  own: () => writtenBy(D, create('r', { n: 1 }), update('r', 0, { n: 2 })),
  ownTombstone: () => writtenBy(D, create('r', { n: 1 }), remove('r', 0)),
  /** What d sent under number 2 on base 1 was merged at 3 with what x did at 2. */
  ownMerged() {
    const space = writtenBy(D, create('r', { p: 1 }));
    space.write('x', update('r', 0, { p: 1, q: 1 }));
    space.push(D, update('r', 1, { p: 2 }));
    return space;
  },
  /** What d sent under number 2 on base 1 lost against what x did at 2. */
  ownLost() {
    const space = writtenBy(D, create('r', { n: 1 }));
    space.write('x', update('r', 0, { n: 2 }, { atMs: 50 }));
    space.push(D, update('r', 1, { n: 3 }));
    return space;
  },
} satisfies Record<string, () => TestSpace>;

function writtenBy(device: string, ...changes: Change[]): TestSpace {
  const space = testSpace({ rules: [rulesOf({ policy: 'field-merge' })] });
  space.write(device, ...changes);
  return space;
}

const CHANGES: ((base: Version, given: Given) => Change)[] = [
  (base, given) => ({ ...create('r', {}, given), baseVersion: base }),
  (base, given) => update('r', base, {}, given),
  (base, given) => patch('r', base, {}, [], given),
  (base, given) => remove('r', base, given),
];

describe('what a change meets', () => {
  test.each<[keyof typeof SPACES, Version, number, string, string, string, string]>([
    // what stands   base after create             update             patch              delete
    ['absent', 0, 0, 'create', 'missing', 'missing', 'gone'],
    ['absent', 7, 0, 'UPDATE_DELETE', 'UPDATE_DELETE', 'UPDATE_DELETE', 'gone'],
    ['purged', 0, 0, 'create', 'missing', 'missing', 'gone'],
    ['purged', 2, 0, 'UPDATE_DELETE', 'UPDATE_DELETE', 'UPDATE_DELETE', 'gone'],
    ['purged', 3, 0, 'UPDATE_DELETE', 'UPDATE_DELETE', 'UPDATE_DELETE', 'gone'],
    ['live', 0, 0, 'CREATE_CREATE', 'UPDATE_UPDATE', 'UPDATE_UPDATE', 'DELETE_UPDATE'],
    ['live', 1, 0, 'CREATE_CREATE', 'UPDATE_UPDATE', 'UPDATE_UPDATE', 'DELETE_UPDATE'],
    ['live', 1, 1, 'CREATE_CREATE', 'UPDATE_UPDATE', 'UPDATE_UPDATE', 'DELETE_UPDATE'],
    ['live', 2, 0, 'clean', 'clean', 'clean', 'clean'],
    ['live', 9, 0, 'clean', 'clean', 'clean', 'clean'],
    ['tombstone', 0, 0, 'clean', 'UPDATE_DELETE', 'UPDATE_DELETE', 'gone'],
    ['tombstone', 2, 0, 'UPDATE_DELETE', 'UPDATE_DELETE', 'UPDATE_DELETE', 'gone'],
    ['tombstone', 2, 1, 'clean', 'UPDATE_DELETE', 'UPDATE_DELETE', 'gone'],
    ['purged', 2, 1, 'create', 'UPDATE_DELETE', 'UPDATE_DELETE', 'gone'],
    ['tombstone', 3, 0, 'clean', 'clean', 'missing', 'gone'],
    ['own', 0, 2, 'clean', 'clean', 'clean', 'clean'],
    ['own', 1, 2, 'clean', 'clean', 'clean', 'clean'],
    ['own', 2, 0, 'clean', 'clean', 'clean', 'clean'],
    ['own', 0, 1, 'CREATE_CREATE', 'UPDATE_UPDATE', 'UPDATE_UPDATE', 'DELETE_UPDATE'],
    ['own', 1, 0, 'CREATE_CREATE', 'UPDATE_UPDATE', 'UPDATE_UPDATE', 'DELETE_UPDATE'],
    ['ownTombstone', 1, 2, 'clean', 'clean', 'missing', 'gone'],
    ['ownMerged', 1, 2, 'CREATE_CREATE', 'UPDATE_UPDATE', 'UPDATE_UPDATE', 'DELETE_UPDATE'],
    ['ownMerged', 2, 2, 'CREATE_CREATE', 'UPDATE_UPDATE', 'UPDATE_UPDATE', 'DELETE_UPDATE'],
    ['ownMerged', 3, 0, 'clean', 'clean', 'clean', 'clean'],
    ['ownLost', 1, 2, 'CREATE_CREATE', 'UPDATE_UPDATE', 'UPDATE_UPDATE', 'DELETE_UPDATE'],
    // Its copy has what x did, but its own change hid it.
    ['ownLost', 2, 2, 'CREATE_CREATE', 'UPDATE_UPDATE', 'UPDATE_UPDATE', 'DELETE_UPDATE'],
    ['ownLost', 2, 0, 'clean', 'clean', 'clean', 'clean'],
  ])('%s, on base %d after %d', (stands, base, after, ...expected) => {
    const stored = SPACES[stands]().record('r');
    const met = CHANGES.map((change) => {
      const meeting = classify(change(base, { after, number: 9 }), deviceId(D), stored);
      return meeting.kind === 'conflict' ? meeting.of : meeting.kind;
    });
    expect(met).toEqual(expected);
  });
});
