import * as fc from 'fast-check';
import {
  type Access,
  type CollectionRight,
  givesMore,
  mayRead,
  mayWrite,
  readableKey,
  rightTo,
  type Role,
} from './access';
import { collectionName, CONFLICTS, recordId } from './ids';

const NOTES = collectionName('notes');
const TASKS = collectionName('tasks');
const access = (role: Role, rights: Record<string, CollectionRight> = {}): Access => ({
  role,
  collections: new Map(Object.entries(rights).map(([name, right]) => [collectionName(name), right])),
});

describe('a collection narrows what a role allows, and never widens it', () => {
  test.each<[Role, CollectionRight | null, CollectionRight]>([
    ['owner', null, 'write'],
    ['owner', 'read', 'read'],
    ['owner', 'none', 'none'],
    ['editor', null, 'write'],
    ['editor', 'write', 'write'],
    ['reader', null, 'read'],
    ['reader', 'write', 'read'],
    ['reader', 'none', 'none'],
  ])('%s with %s has %s', (role, right, expected) => {
    const given = access(role, right === null ? {} : { notes: right });
    expect(rightTo(given, NOTES)).toBe(expected);
    expect(mayWrite(given, NOTES)).toBe(expected === 'write');
    expect(mayRead(given, NOTES, recordId('a'))).toBe(expected !== 'none');
    expect(rightTo(given, TASKS)).toBe(role === 'reader' ? 'read' : 'write');
  });
});

test('collections of the system are read at most', () => {
  for (const role of ['owner', 'editor', 'reader'] as const) {
    expect(rightTo(access(role, { 'sys.conflicts': 'write' }), CONFLICTS)).toBe('read');
    expect(mayWrite(access(role), collectionName('sys.anything'))).toBe(false);
  }
});

test('a ledger entry is as readable as the collection that it is about', () => {
  const given = access('owner', { notes: 'none', tasks: 'read' });
  expect(
    ['notes/d/1', 'tasks/d/1', 'other/notes/1'].map((id) => mayRead(given, CONFLICTS, recordId(id))),
  ).toEqual([false, true, true]);
  expect(mayRead(access('owner', { 'sys.conflicts': 'none' }), CONFLICTS, recordId('tasks/d/1'))).toBe(false);
});

test('cursors are shared by those who may read the same', () => {
  const key = (role: Role, rights: Record<string, CollectionRight> = {}) => readableKey(access(role, rights));
  expect(key('owner')).toBe(key('reader', { notes: 'read', tasks: 'write' }));
  expect(key('owner', { notes: 'none', tasks: 'none' })).toBe(
    key('reader', { tasks: 'none', notes: 'none' }),
  );
  expect(key('owner', { notes: 'none' })).not.toBe(key('owner', { tasks: 'none' }));
});

describe('laws', () => {
  const RIGHTS: readonly CollectionRight[] = ['none', 'read', 'write'];
  const NAMES = ['notes', 'tasks', 'sys.conflicts'];
  const rights = fc.dictionary(fc.constantFrom(...NAMES), fc.constantFrom(...RIGHTS));
  const roles = fc.constantFrom<Role>('owner', 'editor', 'reader');
  const names = fc.constantFrom(...NAMES).map(collectionName);

  test('naming a collection never gives more than the role alone', () => {
    fc.assert(
      fc.property(roles, rights, names, (role, given, name) => {
        const narrowed = RIGHTS.indexOf(rightTo(access(role, given), name));
        expect(narrowed).toBeLessThanOrEqual(RIGHTS.indexOf(rightTo(access(role), name)));
      }),
    );
  });

  test('one gives more than another exactly where it outranks it, or some collection shows it', () => {
    fc.assert(
      fc.property(roles, rights, roles, rights, (role, given, otherRole, others) => {
        const [one, other] = [access(role, given), access(otherRole, others)];
        const order: readonly Role[] = ['reader', 'editor', 'owner'];
        const shown = [...NAMES, 'unnamed'].some(
          (name) =>
            RIGHTS.indexOf(rightTo(one, collectionName(name))) >
            RIGHTS.indexOf(rightTo(other, collectionName(name))),
        );
        expect(givesMore(one, other)).toBe(order.indexOf(role) > order.indexOf(otherRole) || shown);
        expect(givesMore(one, one)).toBe(false);
      }),
    );
  });

  test('who may write may read, and cursors are shared exactly by those who may read the same', () => {
    fc.assert(
      fc.property(roles, rights, roles, rights, (role, given, otherRole, others) => {
        const [one, other] = [access(role, given), access(otherRole, others)];
        const reads = (who: Access) =>
          NAMES.map((name) => mayRead(who, collectionName(name), recordId('notes/d/1'))).join() +
          NAMES.map((name) => mayRead(who, collectionName(name), recordId('tasks/d/1'))).join();
        for (const name of NAMES.map(collectionName)) {
          if (mayWrite(one, name)) expect(mayRead(one, name, recordId('a'))).toBe(true);
        }
        if (readableKey(one) === readableKey(other)) expect(reads(one)).toBe(reads(other));
      }),
    );
  });
});
