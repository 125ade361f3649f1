import type { Change } from '../changes';
import { deviceId } from '../ids';
import type { Outcome } from '../outcomes';
import type { StoredRecord } from '../records';
import {
  bytesOf,
  create,
  patch,
  remove,
  rulesOf,
  testSpace,
  type SpaceGiven,
  type TestSpace,
  textOf,
  update,
} from '../space.test-fixtures';

const keeping = (given: Parameters<typeof rulesOf>[0] = {}, more: SpaceGiven = {}) =>
  testSpace({ ...more, rules: [rulesOf({ policy: 'multi-value', ...given })] });

/** The contents of the record `a`, each as `device number: payload`. */
function contentsOf(space: TestSpace): string[] {
  const record = space.record('a');
  if (record === undefined || record.deleted) return [];
  if (record.kept?.kind !== 'siblings') return [said(record)];
  return record.kept.siblings.map(said);
}

function said({ device, number, payload }: Pick<StoredRecord, 'device' | 'number' | 'payload'>): string {
  return `${device} ${number}: ${textOf(payload) ?? 'deleted'}`;
}

const told = ({ status, conflict }: Outcome): string =>
  conflict === null ? status : `${status} ${conflict.kind}`;

const replacing = (change: Change, ...dots: readonly (readonly [string, number])[]): Change => ({
  ...change,
  reliesOn: {
    seen: dots.map(([device, number]) => ({ device: deviceId(device), number })),
    dependencies: new Map(),
    artifacts: [],
  },
});

/** One content that two devices have changed without knowing of each other. */
function disagreeing(given: Parameters<typeof rulesOf>[0] = {}): TestSpace {
  const space = keeping(given);
  space.push('c', create('a', 0));
  space.push('x', update('a', 1, 'x', { atMs: 1 }));
  space.push('y', update('a', 1, 'y', { atMs: 2 }));
  return space;
}

test('what was written without knowledge of each other is kept, the later write first', () => {
  const space = keeping();
  space.push('c', create('a', 0));
  expect(space.push('x', update('a', 1, 'x', { atMs: 1 })).map(told)).toEqual(['APPLIED']);
  const [second] = space.push('y', update('a', 1, 'y', { atMs: 2 }));
  expect(second).toMatchObject({
    status: 'MERGED',
    conflict: { kind: 'UPDATE_UPDATE', state: 'open' },
    record: { kept: { kind: 'siblings' } },
  });
  expect(contentsOf(space)).toEqual(['y 1: "y"', 'x 1: "x"']);
  expect(textOf(space.record('a')!.payload)).toBe('"y"');
  expect(space.ledger('notes/y/1')).toMatchObject({ resolution: 'both', state: 'open' });
  expect(space.history.find(({ conflict }) => conflict === 'notes/y/1')).toMatchObject({
    incoming: bytesOf('y'),
  });
});

test('the order in which they arrive makes no difference', () => {
  const space = keeping();
  space.push('c', create('a', 0));
  space.push('y', update('a', 1, 'y', { atMs: 2 }));
  space.push('x', update('a', 1, 'x', { atMs: 1 }));
  expect(contentsOf(space)).toEqual(contentsOf(disagreeing()));
});

test('a write that has seen all of them takes their place, and closes the conflict that it names', () => {
  const space = disagreeing();
  const conflict = space.ledger('notes/y/1');
  expect(conflict?.state).toBe('open');
  const resolves = { resolves: ['notes/y/1' as never] };
  const [outcome] = space.write('z', update('a', 0, 'both', resolves));
  expect([outcome!.status, outcome!.conflict]).toEqual(['APPLIED', null]);
  expect(contentsOf(space)).toEqual(['z 1: "both"']);
  expect(space.record('a')!.kept).toBeUndefined();
  expect(space.ledger('notes/y/1')).toMatchObject({ state: 'resolved', resolution: 'replaced' });
});

test('a write that names a conflict leaves it open for as long as what it was about stays beside', () => {
  const space = disagreeing();
  const resolves = { resolves: ['notes/y/1' as never] };
  // Made on version 2, where only x was.
  space.push('z', update('a', 2, 'z', { atMs: 3, ...resolves }));
  expect(contentsOf(space)).toEqual(['z 1: "z"', 'y 1: "y"']);
  expect(space.ledger('notes/y/1')).toMatchObject({ state: 'open' });
  space.push('w', replacing(update('a', 0, 'w', { atMs: 4, ...resolves }), ['y', 1]));
  expect(contentsOf(space)).toEqual(['w 1: "w"', 'z 1: "z"']);
  expect(space.ledger('notes/y/1')).toMatchObject({ state: 'resolved' });
});

test('a write that has seen some of them replaces just those', () => {
  const space = disagreeing();
  // Made on version 2, where only x was.
  expect(space.push('z', update('a', 2, 'z', { atMs: 3 })).map(told)).toEqual(['MERGED UPDATE_UPDATE']);
  expect(contentsOf(space)).toEqual(['z 1: "z"', 'y 1: "y"']);
});

test('a write that names some of them replaces just those, whatever its copy holds', () => {
  const space = disagreeing();
  const head = space.record('a')!.version;
  expect(space.push('z', replacing(update('a', head, 'z', { atMs: 3 }), ['y', 1])).map(told)).toEqual([
    'MERGED UPDATE_UPDATE',
  ]);
  expect(contentsOf(space)).toEqual(['z 1: "z"', 'x 1: "x"']);
  const named = replacing(update('a', head, 'one', { after: 1 }), ['z', 1], ['x', 1]);
  expect(space.push('z', named).map(told)).toEqual(['APPLIED']);
  expect(contentsOf(space)).toEqual(['z 2: "one"']);
});

test('a device replaces its own earlier content, which its copy does not show yet', () => {
  const space = disagreeing();
  space.push('y', update('a', 1, 'y again', { atMs: 3, after: 1 }));
  expect(contentsOf(space)).toEqual(['y 2: "y again"', 'x 1: "x"']);
});

test('a content that another device gave it counts as seen', () => {
  const space = disagreeing();
  const change = update('a', 1, 'z', { atMs: 3 });
  const dependencies = new Map([[deviceId('x'), 1]]);
  space.push('z', { ...change, reliesOn: { seen: [], dependencies, artifacts: [] } });
  expect(contentsOf(space)).toEqual(['z 1: "z"', 'y 1: "y"']);
});

test('the same content twice is kept once', () => {
  const space = disagreeing();
  expect(space.push('z', update('a', 1, 'x')).map(told)).toEqual(['LOST UPDATE_UPDATE']);
  expect(contentsOf(space)).toEqual(['y 1: "y"', 'x 1: "x"']);
  // It has seen x, and comes to what y says: one content is left.
  const [settled] = space.push('w', update('a', 2, 'y'));
  expect(settled).toMatchObject({ status: 'MERGED', conflict: { state: 'resolved' } });
  expect(contentsOf(space)).toHaveLength(1);
});

describe('a delete', () => {
  test('is kept beside what it did not see, and alone it deletes', () => {
    const space = disagreeing();
    expect(space.push('z', remove('a', 2)).map(told)).toEqual(['MERGED DELETE_UPDATE']);
    expect(contentsOf(space)).toEqual(['y 1: "y"', 'z 1: deleted']);
    expect(space.write('w', remove('a', 0)).map(told)).toEqual(['APPLIED']);
    expect(space.record('a')).toMatchObject({ deleted: true, payload: null });
    expect(space.record('a')!.kept).toBeUndefined();
  });

  test('that nobody contradicts any more deletes the record', () => {
    const space = disagreeing();
    space.push('z', remove('a', 2));
    // It has seen y, and nothing else.
    space.push('w', replacing(remove('a', 3), ['y', 1]));
    expect(space.record('a')).toMatchObject({ deleted: true });
    expect(space.state.records).toBe([...space.records.values()].filter(({ deleted }) => !deleted).length);
  });

  test('met by an update that did not see it stays as one of two', () => {
    const space = keeping();
    space.push('c', create('a', 0));
    space.push('x', remove('a', 1));
    expect(space.push('y', update('a', 1, 'y')).map(told)).toEqual(['MERGED UPDATE_DELETE']);
    expect(contentsOf(space)).toEqual(['y 1: "y"', 'x 1: deleted']);
    expect(space.record('a')!.resurrected).toBe(true);
  });

  test('whose tombstone is gone wins: the record stays deleted', () => {
    const space = keeping();
    space.push('c', create('a', 0));
    space.push('x', remove('a', 1));
    space.records.clear();
    expect(space.push('y', update('a', 1, 'y')).map(told)).toEqual(['LOST UPDATE_DELETE']);
    expect(space.record('a')).toBeUndefined();
  });

  test('is settled by the rule for deletes where there is one', () => {
    const space = disagreeing({ deletes: 'delete-wins' });
    expect(space.push('z', remove('a', 2)).map(told)).toEqual(['APPLIED DELETE_UPDATE']);
    expect(space.record('a')!.deleted).toBe(true);
  });
});

test('beyond the most that are kept a person decides, and the content stays in the ledger', () => {
  const space = keeping({ rule: { siblingsMax: 2 } });
  space.push('c', create('a', 0));
  for (const name of ['x', 'y']) space.push(name, update('a', 1, name));
  const [held] = space.push('z', update('a', 1, 'z'));
  expect([held!.status, held!.conflict!.state]).toEqual(['HELD', 'open']);
  expect(contentsOf(space)).toHaveLength(2);
  expect(space.ledger(held!.conflict!.id)).toMatchObject({ incoming: { json: 'z' } });
});

test('contents that are too large together are not kept together', () => {
  const space = keeping({}, { limits: { recordBytesMax: 20 } });
  space.push('c', create('a', 0));
  space.push('x', update('a', 1, '0123456789'));
  expect(space.push('y', update('a', 1, 'abcdefghij')).map(told)).toEqual(['HELD UPDATE_UPDATE']);
});

test('quotas count every content', () => {
  const space = disagreeing();
  const [record, ledger] = [space.record('a')!, space.record('notes/y/1', 'sys.conflicts' as never)!];
  expect(textOf(record.payload)).toBe('"y"');
  expect(space.state.bytes).toBe('"x""y"'.length + ledger.payload!.length);
});

test('patches, and contents to choose from elsewhere, are refused', () => {
  const several = disagreeing();
  expect(several.write('z', patch('a', 0, { n: 1 }))).toMatchObject([
    { status: 'REJECTED', reason: 'UNSUPPORTED_CHANGE' },
  ]);
  const single = testSpace();
  single.push('c', create('a', 0));
  expect(single.write('z', replacing(update('a', 0, 1), ['c', 1]))).toMatchObject([
    { status: 'REJECTED', reason: 'UNSUPPORTED_CHANGE' },
  ]);
});
