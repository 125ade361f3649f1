import { collectionName, CONFLICTS } from '../ids';
import {
  create,
  inWords,
  NOTES,
  NOW_MS,
  outcomesOf,
  patch,
  pushOf,
  remove,
  rulesOf,
  testSpace,
  type TestSpace,
  textOf,
  update,
} from '../space.test-fixtures';
import { encodeUtf8 } from '../utf8';

const MANUAL = [rulesOf({ policy: 'manual' })];

/** x changed `a` at version 2; d's change of version 1 is held. */
function withOpenConflict(): TestSpace {
  const space = testSpace({ rules: MANUAL });
  space.write('x', create('a', { n: 1 }), update('a', 0, { n: 2 }));
  space.push('d', update('a', 1, { n: 3 }));
  return space;
}

const stateOf = (space: TestSpace, id = 'notes/d/1') => space.ledger(id)?.state;

describe('an entry', () => {
  test('tells who met what, what was decided, and why', () => {
    const space = testSpace();
    space.write('x', create('a', { n: 1 }), update('a', 0, { n: 2 }, { atMs: 5 }));
    const [outcome] = space.push('d', update('a', 1, { n: 3 }, { trace: '00-t' }));
    expect(outcome?.conflict?.id).toBe('notes/d/1');
    expect(space.ledger('notes/d/1')).toEqual({
      kind: 'UPDATE_UPDATE',
      collection: 'notes',
      id: 'a',
      policy: 'last-write-wins',
      rulesVersion: 0,
      baseVersion: 1,
      after: 0,
      stored: {
        version: 2,
        deleted: false,
        device: 'x',
        number: 2,
        user: 'user of x',
        time: space.record('a')?.time,
        schemaVersion: 0,
        bytes: 7,
        json: { n: 2 },
      },
      incoming: {
        version: 0,
        deleted: false,
        device: 'd',
        number: 1,
        user: 'user of d',
        time: expect.any(Number) as number,
        schemaVersion: 0,
        bytes: 7,
        json: { n: 3 },
      },
      resolution: 'stored',
      asked: [],
      why: 'The stored record is the later write.',
      state: 'resolved',
      resultVersion: 0,
      device: 'd',
      user: 'user of d',
      number: 1,
      trace: '00-t',
      detectedAtMs: NOW_MS,
    });
    expect(outcome?.version).toBe(space.record('notes/d/1', CONFLICTS)?.version);
  });

  test('has JSON as it was written', () => {
    const written = '{ "big": 12345678901234567890.10, "é": "\\u00e9" }';
    const space = testSpace({ rules: MANUAL });
    space.write('x', create('a', encodeUtf8(written)), update('a', 0, 1));
    space.write('x', update('a', 0, encodeUtf8(written)));
    space.push('d', update('a', 1, 3));
    const entry = textOf(space.record('notes/d/1', CONFLICTS)?.payload)!;
    expect(entry).toContain(`"json":${written}`);
    const resolves = [space.record('notes/d/1', CONFLICTS)!.id];
    space.write('x', update('a', 0, 4, { resolves }));
    expect(textOf(space.record('notes/d/1', CONFLICTS)?.payload)).toContain(`"json":${written}`);
    expect(stateOf(space)).toBe('resolved');
  });

  test.each([0, 1, 2, 3, 256])('has other bytes in base64 (%d bytes)', (length) => {
    const bytes = Uint8Array.from({ length }, (_, index) => 255 - (index % 256));
    const space = testSpace({ rules: [rulesOf({ policy: 'manual', json: false })] });
    space.write('x', create('a', 1), update('a', 0, 2));
    space.push('d', update('a', 1, bytes));
    const incoming = space.ledger('notes/d/1')!.incoming;
    expect([incoming.base64, incoming.json, incoming.bytes]).toEqual([
      Buffer.from(bytes).toString('base64'),
      undefined,
      length,
    ]);
  });

  test('leaves out what is too long, which the history has', () => {
    const space = testSpace({ rules: MANUAL, limits: { ledgerSideBytesMax: 10 } });
    space.write('x', create('a', 'xxxxxxxx'), update('a', 0, 'xxxxxxxx'));
    space.push('d', update('a', 1, 'ddddddddd'));
    const { stored, incoming } = space.ledger('notes/d/1')!;
    expect([stored.json, incoming.json, incoming.bytes]).toEqual(['xxxxxxxx', undefined, 11]);
    const told = space.history.find(({ collection }) => collection === CONFLICTS);
    expect([textOf(told?.incoming), told?.about]).toEqual(['"ddddddddd"', { collection: NOTES, id: 'a' }]);
  });

  test('keeps what lost, what was merged away, and what was overwritten', () => {
    const space = testSpace({ rules: [rulesOf({ policy: 'field-merge' })] });
    space.write('x', create('a', { p: 1 }), update('a', 0, { p: 2 }));
    space.push('d', update('a', 1, { p: 3, q: 1 }, { atMs: -9 }));
    const merged = space.history.find(({ version }) => version === 3);
    expect([textOf(merged?.payload), textOf(merged?.incoming)]).toEqual(['{"p":2,"q":1}', '{"p":3,"q":1}']);
    expect(space.ledger('notes/d/1')).toMatchObject({
      stored: { json: { p: 2 } },
      incoming: { json: { p: 3, q: 1 } },
      resolution: 'merged',
      resultVersion: 3,
    });
  });
});

describe('an open conflict', () => {
  test('is closed by a change of its record that names it', () => {
    const space = withOpenConflict();
    const entry = space.record('notes/d/1', CONFLICTS)!;
    expect(space.write('y', update('a', 0, { n: 4 }, { resolves: [entry.id] })).map(inWords)).toEqual([
      'APPLIED',
    ]);
    expect(space.ledger('notes/d/1')).toMatchObject({
      state: 'resolved',
      resolution: 'replaced',
      resolvedBy: { device: 'y', user: 'user of y', number: 1 },
      resolvedAtMs: NOW_MS,
      resultVersion: 4,
      standing: 4,
      incoming: { json: { n: 3 } },
    });
    expect(space.record('notes/d/1', CONFLICTS)).toMatchObject({
      createdVersion: entry.version,
      previousVersion: entry.version,
    });
  });

  test('is closed once, however often it is named', () => {
    const space = withOpenConflict();
    const { id } = space.record('notes/d/1', CONFLICTS)!;
    space.write(
      'y',
      update('a', 0, { n: 4 }, { resolves: [id, id] }),
      update('a', 0, { n: 5 }, { resolves: [id] }),
    );
    expect(space.ledger('notes/d/1')?.resolvedBy?.number).toBe(1);
    expect(space.state.head).toBe(6);
  });

  test('is not closed by a change of another record, by one that names another, or by one that is itself held', () => {
    const space = withOpenConflict();
    const { id } = space.record('notes/d/1', CONFLICTS)!;
    space.write('y', create('b', {}, { resolves: [id] }));
    space.write('y', update('a', 0, {}, { resolves: ['notes/d/9' as typeof id] }));
    space.push('z', update('a', 1, {}, { resolves: [id] }));
    expect(stateOf(space)).toBe('open');
  });

  test('is closed by a change that meets another conflict and takes effect all the same', () => {
    const space = testSpace({ rules: [rulesOf({ deletes: 'ask' })] });
    space.write('x', create('a', 1), update('a', 0, 2, { atMs: 1 }));
    space.push('d', remove('a', 1));
    expect(stateOf(space)).toBe('open');
    const { id } = space.record('notes/d/1', CONFLICTS)!;
    const [outcome] = space.push('z', update('a', 1, 3, { atMs: 9, resolves: [id] }));
    expect(inWords(outcome!)).toBe('APPLIED UPDATE_UPDATE resolved');
    expect(stateOf(space)).toBe('resolved');
  });

  test('of a delete can be settled by agreeing to it', () => {
    const space = testSpace({ rules: [rulesOf({ deletes: 'ask' })] });
    space.write('x', create('a', 1), remove('a', 0));
    space.push('d', update('a', 1, 2));
    const { id, version } = space.record('notes/d/1', CONFLICTS)!;
    const [outcome] = space.push('d', remove('a', 2, { resolves: [id] }));
    expect(outcome).toMatchObject({ status: 'APPLIED', version: version + 1 });
    expect(space.ledger('notes/d/1')).toMatchObject({
      state: 'resolved',
      resolution: 'deleted',
      resultVersion: 0,
      standing: 2,
    });
  });

  test('can be closed in the batch in which it was opened', () => {
    const space = testSpace({ rules: MANUAL });
    space.write('x', create('a', 1), update('a', 0, 2));
    const resolves = ['notes/d/1' as never];
    space.merge(pushOf('d', 1, [update('a', 1, 3)]), pushOf('y', 1, [update('a', 2, 4, { resolves })]));
    expect(stateOf(space)).toBe('resolved');
  });
});

describe('a change of unknown shape', () => {
  const rules = [
    rulesOf({ schema: { oldest: 2, current: 3, steps: [] }, collection: collectionName('notes') }),
  ];

  test.each([1, 4])('is held, whatever it meets (schema %d)', (schemaVersion) => {
    const space = testSpace({ rules });
    const of = { schemaVersion };
    space.write('x', create('a', { n: 1 }, { schemaVersion: 2 }));
    const outcomes = space.push(
      'd',
      create('new', { n: 0 }, of),
      update('a', 1, { n: 2 }, of),
      patch('a', 1, { m: 3 }, [], { ...of, after: 2 }),
      update('gone', 1, { n: 4 }, of),
    );
    expect(outcomes.map(inWords)).toEqual([
      'HELD SCHEMA open',
      'HELD SCHEMA open {"n":1}',
      'HELD SCHEMA open {"n":1}',
      'HELD SCHEMA open',
    ]);
    expect(['1', '2', '3', '4'].map((number) => space.ledger(`notes/d/${number}`)?.incoming.json)).toEqual([
      { n: 0 },
      { n: 2 },
      { n: 2, m: 3 },
      { n: 4 },
    ]);
    expect(space.ledger('notes/d/1')?.why).toContain(`schema version ${schemaVersion}`);
  });

  test('that cannot be made whole is rejected: a ledger without its content would lose it', () => {
    const space = testSpace({ rules });
    expect(space.push('d', patch('none', 0, { n: 1 }, [], { schemaVersion: 1 })).map(inWords)).toEqual([
      'REJECTED RECORD_NOT_FOUND',
    ]);
  });

  test('does not keep a delete from being taken', () => {
    const space = testSpace({ rules });
    space.write('x', create('a', { n: 1 }, { schemaVersion: 2 }), remove('a', 0, { schemaVersion: 9 }));
    expect(space.record('a')?.deleted).toBe(true);
  });
});

test('ledger ids tell collection, device and number apart whatever a device is called', () => {
  const space = testSpace({ rules: MANUAL });
  space.write('x', create('a', 1), update('a', 0, 2));
  for (const device of ['d', 'd/1', 'd/1/1', '1', '/']) {
    expect(outcomesOf(space.merge(pushOf(device, 1, [update('a', 1, device)])))[0]?.status).toBe('HELD');
  }
  const entries = [...space.records.values()].filter(({ collection }) => collection === CONFLICTS);
  expect(entries.map(({ id }) => id)).toEqual([
    'notes/d/1',
    'notes/d/1/1',
    'notes/d/1/1/1',
    'notes/1/1',
    'notes///1',
  ]);
});
