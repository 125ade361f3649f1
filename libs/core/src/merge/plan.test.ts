import { createHash } from 'node:crypto';
import type { Access } from '../access';
import type { Change } from '../changes';
import { type HlcTime, msOf } from '../clock';
import { collectionName, CONFLICTS, recordId } from '../ids';
import { DEFAULT_LIMITS } from '../limits';
import {
  bytesOf,
  chainOf,
  contents,
  create,
  inWords,
  NOTES,
  NOW_MS,
  outcomesOf,
  OWNER,
  patch,
  pushOf,
  remove,
  rulesOf,
  testSpace,
  type TestSpace,
  textOf,
  update,
} from '../space.test-fixtures';
import { mergeKeys } from './facts';
import { seenNeeded } from './needs';
import { planMerge } from './plan';

describe('numbers', () => {
  test('a repeated change gets its first outcome and leaves no trace', () => {
    const space = testSpace();
    const push = pushOf('d', 1, [create('a', { n: 1 })]);
    const [first] = outcomesOf(space.merge(push));
    const again = space.merge(push);
    expect(outcomesOf(again)).toEqual([{ ...first, repeated: true }]);
    expect(again).toMatchObject({ records: [], history: [], receipts: [], after: again.before });
  });

  test('the same push twice in one batch takes effect once, and both get the outcome', () => {
    const space = testSpace();
    space.push('x', create('a', { n: 1 }, { atMs: 9 }));
    const push = pushOf('d', 1, [create('a', { n: 2 }), create('b', {})]);
    const plan = space.merge(push, push);
    expect(outcomesOf(plan, 1)).toEqual(
      outcomesOf(plan, 0).map((outcome) => ({ ...outcome, repeated: true })),
    );
    expect(plan.receipts).toHaveLength(2);
  });

  test('another change under a used number is refused and not stored, also inside one batch', () => {
    const space = testSpace();
    const plan = space.merge(
      pushOf('d', 1, [create('a', { n: 1 })]),
      pushOf('d', 1, [create('a', { n: 2 })]),
    );
    const later = space.merge(pushOf('d', 1, [create('a', { n: 3 })]));
    expect([outcomesOf(plan, 1), outcomesOf(later)].flat().map(inWords)).toEqual(
      Array(2).fill('REJECTED CHANGE_NUMBER_REUSED repeated'),
    );
    expect(contents(space.records.values())).toEqual({ a: '{"n":1}' });
  });

  test('a repeat whose receipt is forgotten was taken', () => {
    const space = testSpace();
    space.push('d', create('a', { n: 1 }));
    space.forgetReceipts();
    const [outcome] = outcomesOf(space.merge(pushOf('d', 1, [create('a', { n: 1 })])));
    expect(outcome).toMatchObject({ status: 'APPLIED', version: 0, repeated: true, record: null });
  });

  test('a push may repeat its beginning and go on', () => {
    const space = testSpace();
    space.push('d', create('a', {}));
    const outcomes = outcomesOf(space.merge(pushOf('d', 1, [create('a', {}), create('b', {})])));
    expect(outcomes.map(inWords)).toEqual(['APPLIED repeated', 'APPLIED']);
  });

  test.each([
    ['a gap', [3], { reason: 'CHANGE_NUMBER_GAP', facts: { expected: '2', got: '3' } }],
    ['a gap inside', [2, 4], { reason: 'CHANGE_NUMBER_GAP', facts: { expected: '3', got: '4' } }],
    ['numbers backwards', [2, 1], { reason: 'CHANGE_NUMBER_GAP', facts: { expected: '3', got: '1' } }],
    ['number 0', [0], { reason: 'INVALID_ARGUMENT' }],
    ['a fraction', [1.5], { reason: 'INVALID_ARGUMENT' }],
    ['no change at all', [], { reason: 'INVALID_ARGUMENT' }],
    ['too many changes', [2, 3, 4, 5], { reason: 'PUSH_TOO_LARGE', facts: { limit: 'push_changes_max' } }],
  ])('%s refuses the whole push and uses up nothing', (_what, numbers, refusal) => {
    const space = testSpace({ limits: { pushChangesMax: 3 } });
    space.push('d', create('a', {}));
    const changes = numbers.map((number) => create(`r${number}`, {}, { number }));
    const plan = space.merge({ ...pushOf('d', 1, []), changes });
    expect(plan.results).toMatchObject([{ kind: 'refused', refusal }]);
    expect(plan).toMatchObject({ records: [], receipts: [], lastNumbers: new Map() });
    expect(space.push('d', create('b', {})).map(inWords)).toEqual(['APPLIED']);
  });

  test('a rejected change uses up its number, and those behind it go on', () => {
    const space = testSpace();
    const outcomes = space.push('d', patch('none', 0, {}), create('a', {}));
    expect(outcomes.map(inWords)).toEqual(['REJECTED RECORD_NOT_FOUND', 'APPLIED']);
    expect(outcomes.map(({ number }) => number)).toEqual([1, 2]);
  });

  test('what is not served rejects the change that relies on it, by name, and no other', () => {
    const space = testSpace();
    const reliesOn = { seen: [], dependencies: new Map(), artifacts: [new Uint8Array(32)] };
    const outcomes = space.push('d', { ...create('a', {}), reliesOn }, create('b', {}));
    expect(outcomes.map(inWords)).toEqual(['REJECTED UNSUPPORTED_CHANGE', 'APPLIED']);
    expect(outcomes[0]!.message).toContain('artifacts');
    expect(contents(space.records.values())).toEqual({ b: '{}' });
  });

  test('one refused push does not touch the others of its batch', () => {
    const space = testSpace();
    const plan = space.merge(
      pushOf('d', 5, [create('a', {})]),
      pushOf('x', 1, [create('b', {})]),
      pushOf('d', 1, [create('c', {})]),
    );
    expect(plan.results.map(({ kind }) => kind)).toEqual(['refused', 'outcomes', 'outcomes']);
    expect(Object.keys(contents(space.records.values()))).toEqual(['b', 'c']);
  });
});

describe('changes that are not possible', () => {
  const reader: Access = { role: 'reader', collections: new Map() };
  const narrowed: Access = { role: 'owner', collections: new Map([[NOTES, 'read']]) };
  const json = rulesOf({ collection: collectionName('json'), json: true });
  const fields = rulesOf({ collection: collectionName('fields'), policy: 'field-merge' });
  const secret = rulesOf({ collection: collectionName('secret'), encrypted: true, json: false });
  const rules = [rulesOf(), json, fields, secret];
  const at = (collection: string) => ({ collection: collection as typeof NOTES });

  test.each([
    ['system collection', create('a', {}, at('sys.conflicts')), OWNER, 'COLLECTION_RESERVED'],
    ['collection name', create('a', {}, at('No')), OWNER, 'INVALID_ID'],
    ['empty id', create('a', {}, { ...at('notes') }), OWNER, 'INVALID_ID'],
    ['reader', create('a', {}), reader, 'PERMISSION_DENIED'],
    ['narrowed writer', create('a', {}), narrowed, 'PERMISSION_DENIED'],
    ['time', create('a', {}, { time: Number.NaN as HlcTime }), OWNER, 'INVALID_ARGUMENT'],
    ['negative base', update('a', -1, {}), OWNER, 'BASE_VERSION_UNKNOWN'],
    ['base above the head', update('a', 1, {}), OWNER, 'BASE_VERSION_UNKNOWN'],
    ['size', create('a', 'x'.repeat(DEFAULT_LIMITS.recordBytesMax)), OWNER, 'RECORD_TOO_LARGE'],
    ['no JSON', create('a', bytesOf(new Uint8Array([0xff])), at('json')), OWNER, 'INVALID_PAYLOAD'],
    ['no object', create('a', [1], at('fields')), OWNER, 'INVALID_PAYLOAD'],
    [
      'double name',
      create('a', new TextEncoder().encode('{"a":1,"a":2}'), at('fields')),
      OWNER,
      'INVALID_PAYLOAD',
    ],
    ['patch of opaque bytes', patch('a', 0, {}, [], at('secret')), OWNER, 'UNSUPPORTED_CHANGE'],
    ['patch that is no object', patch('a', 0, [1]), OWNER, 'INVALID_PAYLOAD'],
    ['update of nothing', update('a', 0, {}), OWNER, 'RECORD_NOT_FOUND'],
  ])('%s', (what, change, access, reason) => {
    const space = testSpace({ rules });
    const sent = what === 'empty id' ? { ...change, id: recordId('x').slice(1) as typeof change.id } : change;
    const plan = space.merge(pushOf('d', 1, [sent], access));
    expect(outcomesOf(plan)).toMatchObject([{ status: 'REJECTED', reason, version: 0, conflict: null }]);
    expect(plan.after).toEqual(plan.before);
    expect(plan.lastNumbers.get(pushOf('d', 1, []).device)).toBe(1);
  });

  test('operations', () => {
    const change = { ...create('a', {}), kind: 'operations', type: 'yjs', operations: bytesOf(1) } as const;
    expect(testSpace().push('d', change).map(inWords)).toEqual(['REJECTED UNSUPPORTED_CHANGE']);
  });

  test('patch of a record that is no JSON object', () => {
    const space = testSpace({ rules: [rulesOf({ json: false })] });
    expect(space.push('d', create('a', [1]), patch('a', 0, { n: 1 })).map(inWords)).toEqual([
      'APPLIED',
      'REJECTED INVALID_PAYLOAD',
    ]);
  });

  test('nothing that a store could not look for is asked of it', () => {
    const [nul, half] = ['a\u0000b', 'a\ud800'].map((id) => ({ ...create('x', {}), id: id as never }));
    const pushes = [
      pushOf('d', 1, [nul!, half!, { ...create('x', {}), collection: 'NO' as never }]),
      pushOf('x', 1, [patch('a', Number.NaN, {}), patch('b', 1.5, {}), patch('c', 2 ** 53, {})]),
      {
        ...pushOf('y', 1, []),
        changes: [create('z', {}, { number: Number.NaN, resolves: ['\u0000' as never] })],
      },
    ];
    const keys = mergeKeys(pushes, CONFLICTS);
    expect(keys.records.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'z']);
    expect(keys.receipts.every(({ number }) => Number.isSafeInteger(number))).toBe(true);
    expect(seenNeeded(testSpace().facts(pushes), pushes)).toEqual([]);
  });
});

describe('a chain of own changes', () => {
  const rules = [rulesOf({ policy: 'field-merge', rule: { fields: { c: 'counter' } } })];
  const ways = ['one push', 'pushes of one batch', 'batches'];

  function pushed(space: TestSpace, how: string, changes: readonly Change[]): string[] {
    const chain = chainOf(1, changes);
    const split = chain.map((change) => pushOf('d', change.number, [change]));
    if (how === 'one push') return outcomesOf(space.merge(pushOf('d', 1, chain))).map(inWords);
    if (how === 'batches') return split.map((push) => inWords(outcomesOf(space.merge(push))[0]!));
    const plan = space.merge(...split);
    return split.map((_push, index) => inWords(outcomesOf(plan, index)[0]!));
  }

  test.each(ways)('meets itself nowhere: %s', (how) => {
    const space = testSpace({ rules });
    space.write('x', create('a', { c: 1 }));
    const outcomes = pushed(space, how, [
      update('a', 1, { c: 2 }),
      patch('a', 1, { c: 3 }),
      remove('a', 1),
      { ...create('a', { c: 9 }), baseVersion: 1 },
    ]);
    expect(outcomes).toEqual(Array(4).fill('APPLIED'));
    expect(contents(space.records.values())).toEqual({ a: '{"c":9}' });
  });

  test.each(ways)('counts once under a conflict: %s', (how) => {
    const space = testSpace({ rules });
    space.write('x', create('a', { c: 10 }), update('a', 0, { c: 15 }));
    const outcomes = pushed(space, how, [
      update('a', 1, { c: 11 }),
      update('a', 1, { c: 13 }),
      patch('a', 2, { c: 14 }),
    ]);
    expect(outcomes).toEqual([16, 18, 19].map((c) => `MERGED UPDATE_UPDATE resolved {"c":${c}}`));
  });

  test.each(ways)('passes over what was rejected: %s', (how) => {
    const space = testSpace({ rules, limits: { recordBytesMax: 30 } });
    space.write('x', create('a', { c: 1 }), update('a', 0, { c: 2 }));
    const outcomes = pushed(space, how, [
      update('a', 1, { c: 2 }),
      update('a', 1, { c: 3, d: 'x'.repeat(30) }),
      patch('a', 1, { d: 'x'.repeat(30) }),
      update('a', 1, { c: 4 }),
      remove('a', 2),
    ]);
    expect(outcomes).toEqual([
      'MERGED UPDATE_UPDATE resolved {"c":3}',
      'REJECTED RECORD_TOO_LARGE',
      'REJECTED RECORD_TOO_LARGE',
      'MERGED UPDATE_UPDATE resolved {"c":5}',
      'APPLIED DELETE_UPDATE resolved',
    ]);
  });

  test.each(ways)('that was rejected at its start leaves the copy as what was seen: %s', (how) => {
    const space = testSpace({ rules, limits: { recordBytesMax: 30 } });
    space.write('x', create('a', { c: 1 }));
    const outcomes = pushed(space, how, [update('a', 1, { d: 'x'.repeat(30) }), update('a', 1, { c: 2 })]);
    expect(outcomes).toEqual(['REJECTED RECORD_TOO_LARGE', 'APPLIED']);
  });

  test.each(ways)('that won a conflict as a whole has no conflict with itself: %s', (how) => {
    const space = testSpace();
    space.write('x', create('a', 'x1'), update('a', 0, 'x2'));
    const outcomes = pushed(space, how, [
      update('a', 1, 'd1', { atMs: 5 }),
      update('a', 1, 'd2', { atMs: 6 }),
      remove('a', 1),
    ]);
    expect(outcomes).toEqual(['APPLIED UPDATE_UPDATE resolved', 'APPLIED', 'APPLIED']);
    expect(space.ledger('notes/d/1')).toMatchObject({ stored: { json: 'x2' }, incoming: { json: 'd1' } });
  });

  test.each(ways)('on a record that others had created and deleted before is clean: %s', (how) => {
    const space = testSpace();
    space.write('x', create('a', 1), remove('a', 0));
    expect(pushed(space, how, [create('a', 2), update('a', 0, 3), remove('a', 0)])).toEqual(
      Array(3).fill('APPLIED'),
    );
  });

  test.each(ways)('that deletes and creates anew what was deleted meanwhile is clean: %s', (how) => {
    const space = testSpace({ rules: [rulesOf({ deletes: 'delete-wins' })] });
    space.write('x', create('a', 1), remove('a', 0));
    const again = { ...create('a', 2), baseVersion: 1 };
    expect(pushed(space, how, [remove('a', 1), again])).toEqual(['APPLIED', 'APPLIED']);
    expect(contents(space.records.values())).toEqual({ a: '2' });
  });

  test.each(ways)('that lost goes on losing, also when its copy has caught up: %s', (how) => {
    const space = testSpace({ rules });
    space.write('x', create('a', { p: 1, q: 1 }), update('a', 0, { p: 2, q: 2 }, { atMs: 50 }));
    // In its view p is 9 and q still 1, for its own change hides what came.
    const outcomes = pushed(space, how, [
      update('a', 1, { p: 9, q: 1 }),
      update('a', 2, { p: 10, q: 1 }, { atMs: 60 }),
    ]);
    expect(outcomes).toEqual([
      'LOST UPDATE_UPDATE resolved {"p":2,"q":2}',
      'MERGED UPDATE_UPDATE resolved {"p":10,"q":2}',
    ]);
  });

  test.each(ways)('of patches on what lost stands without it where whole records win: %s', (how) => {
    const space = testSpace();
    space.write('x', create('a', { p: 1, q: 1 }), update('a', 0, { p: 2, q: 2 }, { atMs: 50 }));
    const outcomes = pushed(space, how, [
      patch('a', 1, { p: 9 }),
      patch('a', 2, { r: 3 }, [], { atMs: 60 }),
      patch('a', 2, { r: 4 }, [], { atMs: 60 }),
    ]);
    expect(outcomes).toEqual(['LOST UPDATE_UPDATE resolved {"p":2,"q":2}', 'APPLIED', 'APPLIED']);
    expect(contents(space.records.values())).toEqual({ a: '{"p":2,"q":2,"r":4}' });
  });

  test.each(ways)('of patches on what lost brings nothing of it back when it wins: %s', (how) => {
    const space = testSpace();
    space.write('x', create('a', { p: 1 }), update('a', 0, { p: 2 }, { atMs: 50 }));
    const outcomes = pushed(space, how, [patch('a', 1, { p: 9 }), patch('a', 1, { r: 3 }, [], { atMs: 60 })]);
    expect(outcomes).toEqual(['LOST UPDATE_UPDATE resolved {"p":2}', 'APPLIED UPDATE_UPDATE resolved']);
    expect(contents(space.records.values())).toEqual({ a: '{"p":1,"r":3}' });
  });

  test('that was merged is seen only by who saw the merge', () => {
    const space = testSpace({ rules });
    space.write('x', create('a', { p: 0, q: 0 }), patch('a', 0, { q: 1 }));
    const [merged] = space.push('d', update('a', 1, { p: 1, q: 0 }));
    expect(inWords(merged!)).toBe('MERGED UPDATE_UPDATE resolved {"p":1,"q":1}');
    const after = space.push('d', update('a', 2, { p: 2, q: 0 }, { after: 1 }));
    expect(after.map(inWords)).toEqual(['MERGED UPDATE_UPDATE resolved {"p":2,"q":1}']);
    const { version } = space.record('a')!;
    expect(space.push('d', update('a', version, { p: 4, q: 0 })).map(inWords)).toEqual(['APPLIED']);
  });

  test.each(ways)('on a held change builds on what was held: %s', (how) => {
    const space = testSpace({ rules: [rulesOf({ policy: 'manual' })] });
    space.write('x', create('a', { n: 1 }), update('a', 0, { n: 2 }));
    const outcomes = pushed(space, how, [update('a', 1, { d: 1 }), patch('a', 1, { e: 2 })]);
    expect(outcomes).toEqual(Array(2).fill('HELD UPDATE_UPDATE open {"n":2}'));
    expect(space.ledger('notes/d/2')?.incoming.json).toEqual({ d: 1, e: 2 });
  });

  test.each([Number.NaN, -1, 1, 2, 0.5])('cannot come after %d', (after) => {
    expect(
      testSpace()
        .push('d', create('a', 1, { after }))
        .map(inWords),
    ).toEqual(['REJECTED INVALID_ARGUMENT']);
  });

  test('that lost builds on it where what won is deleted by now', () => {
    const space = testSpace();
    space.write('x', create('a', { n: 1 }, { atMs: 100 }));
    expect(space.push('d', create('a', { m: 1 }, { atMs: -100 })).map(inWords)).toEqual([
      'LOST CREATE_CREATE resolved {"n":1}',
    ]);
    space.write('x', remove('a', 0));
    const [outcome] = space.push('d', patch('a', 0, { k: 2 }, [], { after: 1, atMs: 300 }));
    expect(inWords(outcome!)).toBe('APPLIED UPDATE_DELETE resolved');
    expect(textOf(space.record('a')!.payload)).toBe('{"k":2,"m":1}');
  });

  test('may name what never was, or was of another record, and gains nothing by it', () => {
    const space = testSpace({ rules });
    space.write('d', create('b', { c: 1 }));
    space.write('x', create('a', { c: 1 }), update('a', 0, { c: 5 }));
    const outcomes = space.push('d', create('other', {}), update('a', 2, { c: 2 }, { after: 1 }));
    expect(outcomes[1]).toMatchObject({ conflict: { kind: 'UPDATE_UPDATE' } });
  });
});

describe('deletes', () => {
  test.each([
    ['delete-wins', 'LOST UPDATE_DELETE resolved', 'APPLIED DELETE_UPDATE resolved'],
    ['resurrect', 'APPLIED UPDATE_DELETE resolved', 'LOST DELETE_UPDATE resolved 2'],
    ['ask', 'HELD UPDATE_DELETE open', 'HELD DELETE_UPDATE open 2'],
  ] as const)('%s decides whatever the times say', (deletes, update_, delete_) => {
    for (const atMs of [-50, 50]) {
      const deleted = testSpace({ rules: [rulesOf({ deletes })] });
      deleted.write('x', create('a', 1), remove('a', 0));
      expect(deleted.push('d', update('a', 1, 3, { atMs })).map(inWords)).toEqual([update_]);
      const updated = testSpace({ rules: [rulesOf({ deletes })] });
      updated.write('x', create('a', 1), update('a', 0, 2));
      expect(updated.push('d', remove('a', 1, { atMs })).map(inWords)).toEqual([delete_]);
    }
  });

  test.each(['last-write-wins', 'server-wins', 'field-merge'])(
    'under %s a record stays deleted when even its tombstone is gone, whatever a device says later',
    (policy) => {
      const space = testSpace({ rules: [rulesOf({ policy })] });
      space.write('x', create('a', { n: 1 }), remove('a', 0));
      space.raiseFloor(2);
      const outcomes = space.push('d', update('a', 1, { n: 2 }, { atMs: 50_000 }), patch('a', 1, { n: 3 }));
      expect(outcomes.map(inWords)).toEqual(Array(2).fill('LOST UPDATE_DELETE resolved'));
      expect(contents(space.records.values())).toEqual({});
      expect(space.ledger('notes/d/1')).toMatchObject({
        stored: { version: 0, deleted: true },
        incoming: { json: { n: 2 } },
      });
    },
  );

  test('what comes back after a concurrent delete is marked, until it is changed again', () => {
    const space = testSpace({ rules: [rulesOf({ deletes: 'resurrect' })] });
    space.write('x', create('a', 1), remove('a', 0));
    space.push('d', update('a', 1, 2));
    expect(space.record('a')).toMatchObject({ resurrected: true, createdVersion: 1, deleted: false });
    space.push('d', update('a', 3, 3));
    expect(space.record('a')?.resurrected).toBe(false);
  });

  test('a record that is created anew keeps the version at which it first was', () => {
    const space = testSpace();
    space.write('x', create('a', 1), remove('a', 0), create('a', 2));
    expect(space.record('a')).toMatchObject({
      createdVersion: 1,
      previousVersion: 2,
      version: 3,
      resurrected: false,
    });
    space.push('x', remove('a', 3));
    space.raiseFloor(4);
    space.push('x', create('a', 3));
    expect(space.record('a')).toMatchObject({ createdVersion: 5, previousVersion: 0 });
  });

  test('deleting twice is no conflict and takes no version', () => {
    const space = testSpace();
    space.write('x', create('a', 1), remove('a', 0));
    const [outcome] = space.push('d', remove('a', 1));
    expect(outcome).toMatchObject({ status: 'APPLIED', version: 2, conflict: null });
    expect(space.state.head).toBe(2);
  });
});

describe('clocks', () => {
  test('a time too far ahead is cut off and flagged, and the change counts', () => {
    const space = testSpace();
    const limit = DEFAULT_LIMITS.clockSkewMsMax;
    const outcomes = space.push(
      'd',
      create('a', 1, { atMs: limit }),
      create('b', 1, { atMs: limit + 3_000 }),
    );
    expect(outcomes.map(({ status, aheadMs }) => [status, aheadMs])).toEqual([
      ['APPLIED', 0],
      ['APPLIED', 3_000],
    ]);
    expect(msOf(space.record('b')!.time)).toBe(NOW_MS + limit);
    // Its device holds another time, so its version alone would not do.
    expect([space.record('a')?.asSent, space.record('b')?.asSent]).toEqual([true, false]);
  });

  test('a repeat is recognised although its time is cut off at another moment', () => {
    const space = testSpace();
    const push = pushOf('d', 1, [create('a', 1, { atMs: 1e9 })]);
    space.merge(push);
    space.nowMs += 5_000;
    expect(outcomesOf(space.merge(push)).map(inWords)).toEqual(['APPLIED repeated']);
  });
});

describe('limits', () => {
  const big = (length: number) => 'x'.repeat(length);

  test('a patch or a merge must not make a record too large', () => {
    const rule = { fields: { s: 'set-union' } };
    const space = testSpace({
      rules: [rulesOf({ policy: 'field-merge', rule })],
      limits: { recordBytesMax: 100 },
    });
    const value = (mark: string) => ({ s: [mark.repeat(60)] });
    space.write('x', create('a', { s: [] }), update('a', 0, value('x')));
    const outcomes = space.push('d', update('a', 1, value('d')), patch('a', 2, { t: big(60) }));
    expect(outcomes.map(inWords)).toEqual(Array(2).fill('REJECTED RECORD_TOO_LARGE'));
    expect(space.state.head).toBe(2);
  });

  test('a quota stops growth and nothing else', () => {
    const space = testSpace({ quota: { recordsMax: 2, bytesMax: 20 } });
    const outcomes = space.write(
      'd',
      create('a', big(8)),
      create('b', big(4)),
      create('c', 1),
      update('b', 0, big(9)),
      update('a', 0, big(1)),
      update('b', 0, big(9)),
      remove('a', 0),
      create('c', 1),
    );
    expect(outcomes.map(inWords)).toEqual([
      'APPLIED',
      'APPLIED',
      'REJECTED QUOTA_EXCEEDED',
      'REJECTED QUOTA_EXCEEDED',
      'APPLIED',
      'APPLIED',
      'APPLIED',
      'APPLIED',
    ]);
    expect(space.state).toMatchObject({ records: 2, bytes: 12 });
  });

  test('where collections have to be declared, changes to others are rejected and those behind them go on', () => {
    const space = testSpace({ declaredOnly: true });
    const elsewhere = { ...create('a', 1), collection: collectionName('undeclared') };
    expect(space.push('d', elsewhere, create('a', 1)).map(inWords)).toEqual([
      'REJECTED COLLECTION_NOT_FOUND',
      'APPLIED',
    ]);
    expect(testSpace().push('d', elsewhere).map(inWords)).toEqual(['APPLIED']);
  });

  test('a change that loses needs no room', () => {
    const space = testSpace({ rules: [rulesOf({ policy: 'server-wins' })] });
    space.write('x', create('a', 1), update('a', 0, 2));
    space.setQuota({ recordsMax: 1, bytesMax: 1 });
    expect(space.push('d', update('a', 1, big(10))).map(inWords)).toEqual(['LOST UPDATE_UPDATE resolved 2']);
  });
});

test('an outcome brings a record only to who may read it, also when it is asked for again', () => {
  const space = testSpace({ rules: [rulesOf({ policy: 'server-wins' })] });
  space.write('x', create('a', 'secret'), update('a', 0, 'more secret'));
  const changes = [update('a', 1, 'mine')];
  expect(textOf(outcomesOf(space.merge(pushOf('d', 1, changes)))[0]?.record?.payload)).toBe('"more secret"');
  const shutOut: Access = { role: 'owner', collections: new Map([[NOTES, 'none']]) };
  expect(outcomesOf(space.merge(pushOf('d', 1, changes, shutOut)))[0]).toMatchObject({
    status: 'LOST',
    record: null,
  });
});

test('the same facts and pushes give the same plan, and are left as they were', () => {
  const space = testSpace({ rules: [rulesOf({ policy: 'field-merge' })] });
  space.write('x', create('a', { p: 1 }), update('a', 0, { p: 2 }), create('b', {}));
  const pushes = [
    pushOf('d', 1, [update('a', 1, { p: 1, q: 1 }), remove('b', 3)]),
    pushOf('x', 4, [update('a', 2, { p: 3 }), update('b', 3, { n: 1 })]),
  ];
  const facts = space.facts(pushes);
  const before = printOf([facts, pushes]);
  const [left, right] = [planMerge(facts, pushes), planMerge(facts, pushes)];
  expect(printOf(left)).toBe(printOf(right));
  expect(printOf([facts, pushes])).toBe(before);
});

/** Of everything inside, maps and bytes as well. */
function printOf(value: unknown): string {
  const text = JSON.stringify(value, (_name, part: unknown) =>
    part instanceof Map ? [...(part as Map<unknown, unknown>)] : part,
  );
  return createHash('sha256').update(text).digest('hex');
}

test('a delete of nothing names the version at which there was nothing, so that its answer is not taken for a lost one', () => {
  const space = testSpace();
  space.write('x', create('a', 1));
  const push = pushOf('d', 1, [remove('b', 0)]);
  for (const repeated of [false, true]) {
    expect(outcomesOf(space.merge(push))).toMatchObject([{ status: 'APPLIED', version: 1, repeated }]);
  }
});
